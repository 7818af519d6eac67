/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "cambi_score.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/log.h"
#include "engine/rows.h"
#include "engine/samples.h"
#include "memory.h"

#define UNIT (1. / 16777216.) /* of CambiSums.sum */

struct CambiScorer {
    CambiSetup setup;
    CambiPrepare prepare;   /* of the picture in work */
    void *memory;           /* all that follows but the map lies in it */
    uint32_t *column, *row; /* where samples are taken from; NULL: in place */
    uint16_t *plane[2];     /* of even scales from 2 on, and of odd ones */
    ptrdiff_t stride[2];
    void *scratch;
    size_t scratch_size;
    float *map; /* contrasts of a scale; made on first use */
    /* Scales whose sum needed the map in the frame before; they will again. */
    bool mapped[CAMBI_SCALES];
};

typedef struct Size {
    unsigned w, h;
} Size;

static unsigned half(unsigned n)
{
    return (n + 1) / 2;
}

static Size size_of(const CambiSetup *setup, unsigned scale)
{
    Size size = { setup->w, setup->h };
    for (unsigned i = setup->halve ? 0 : 1; i <= scale; i++)
        size = (Size){ half(size.w), half(size.h) };
    return size;
}

static unsigned ceil_log2(unsigned n)
{
    unsigned log = 0;
    while (log < 32 && (uint64_t)1 << log < n)
        log++;
    return log;
}

/* More of the 49 neighbours must be equal in larger pictures. */
static unsigned flat_threshold(unsigned w, unsigned h)
{
    const int log = (int)ceil_log2((w >> 6) * (h >> 6));
    return (unsigned)((49 + 3 * (log - 11) - 1) >> 1);
}

static CambiContrast describe(const CambiScorer *s, unsigned scale)
{
    const Size size = size_of(&s->setup, scale);
    CambiContrast c = {
        .prepare = scale ? NULL : &s->prepare,
        .plane = s->plane[scale % 2],
        .stride = s->stride[scale % 2],
        .w = size.w,
        .h = size.h,
        .steps = s->setup.steps,
        .radius = s->setup.window >> 1,
    };
    if (scale + 1 < CAMBI_SCALES) {
        c.next = s->plane[(scale + 1) % 2];
        c.next_stride = s->stride[(scale + 1) % 2];
    }
    return c;
}

static void take_plane(CambiScorer *s, Workspace *ws, unsigned scale)
{
    const Size size = size_of(&s->setup, scale);
    const size_t pitch = size.w + CAMBI_PAD;
    uint16_t *plane =
        workspace_take(ws, (CAMBI_PAD + pitch * size.h) * sizeof *plane);
    s->plane[scale % 2] = plane ? plane + CAMBI_PAD : NULL;
    s->stride[scale % 2] = (ptrdiff_t)(pitch * sizeof *plane);
}

static void lay_out(void *state, Workspace *ws)
{
    CambiScorer *s = state;
    const CambiSetup *setup = &s->setup;
    if (setup->w != setup->picture_w || setup->h != setup->picture_h) {
        s->column = workspace_take(ws, setup->w * sizeof *s->column);
        s->row = workspace_take(ws, setup->h * sizeof *s->row);
    }
    take_plane(s, ws, 1);
    take_plane(s, ws, 2);
    s->prepare = (CambiPrepare){
        .bpc = setup->bpc,
        .w = setup->w,
        .h = setup->h,
        .column = s->column,
        .row = s->row,
        .average = setup->average,
        .halve = setup->halve,
        .threshold = flat_threshold(setup->w, setup->h),
    };
    const CambiContrast contrast = describe(s, 0);
    s->scratch_size = setup->kernels->scratch_size(&contrast);
    s->scratch = workspace_take(ws, s->scratch_size);
}

/* Centres of `out` equal parts of an axis, by steps that add up in binary32. */
static void take_positions(uint32_t *position, unsigned in, unsigned out)
{
    if (!position)
        return;
    const float step = (float)in / (float)out;
    const float middle = step / 2;
    float at = (float)((double)middle - 0.5);
    for (unsigned i = 0; i < out; i++, at += step) {
        const uint32_t taken = (uint32_t)((double)at + 0.5);
        position[i] = taken < in ? taken : in - 1;
    }
}

CambiScorer *cambi_score_open(const CambiSetup *setup)
{
    CambiScorer *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->setup = *setup;
    s->memory = memory_alloc(lay_out, s);
    if (!s->memory) {
        free(s);
        return NULL;
    }
    take_positions(s->column, setup->picture_w, setup->w);
    take_positions(s->row, setup->picture_h, setup->h);
    return s;
}

void cambi_score_close(CambiScorer *s)
{
    if (!s)
        return;
    free(s->map);
    free(s->memory);
    free(s);
}

static CambiSums run_contrast(const CambiScorer *s,
                              const CambiContrast *contrast)
{
    CambiSums sums = { 0 };
    rows_sum(s->setup.context, &(RowCall){
                                   .run = s->setup.kernels->contrast,
                                   .call = contrast,
                                   .rows = contrast->h,
                                   .scratch_size = s->scratch_size,
                                   .scratch = s->scratch,
                                   .sums = (int64_t *)&sums,
                                   .sum_cnt = sizeof sums / sizeof(int64_t),
                               });
    return sums;
}

static int need_map(CambiScorer *s)
{
    const Size first = size_of(&s->setup, 0);
    const size_t n = (size_t)first.w * first.h;
    if (!s->map)
        s->map = malloc(n * sizeof *s->map);
    return s->map ? 0 : -ENOMEM;
}

/* K of n pixels are pooled. */
static size_t pooled_cnt(double topk, size_t n)
{
    const size_t k = (size_t)(topk * (double)n);
    return k < 1 ? 1 : k > n ? n : k;
}

/* The mean of the K greatest contrasts. If no more than K differ from 0, it is
 * their sum over K; the sum is free of order while it is exact. */
static int measure_scale(CambiScorer *s, unsigned scale,
                         const CambiFrame *frame, double *mean)
{
    CambiContrast contrast = describe(s, scale);
    const size_t n = (size_t)contrast.w * contrast.h;
    const size_t k = pooled_cnt(s->setup.topk, n);
    const bool mapped = frame->heatmap || s->mapped[scale];
    int err = mapped ? need_map(s) : 0;
    if (err)
        return err;
    contrast.map = mapped ? s->map : NULL;
    const CambiSums sums = run_contrast(s, &contrast);
    if (frame->heatmap)
        err = cambi_heatmap_write(
            frame->heatmap, &(CambiHeat){ scale, frame->index, s->map, n });
    if (err)
        return err;
    s->mapped[scale] =
        sums.sum >> CAMBI_EXACT_BITS || (uint64_t)sums.visible > k;
    *mean = (double)sums.sum * UNIT / (double)k;
    if (!s->mapped[scale])
        return 0;
    if (!mapped) {
        if ((err = need_map(s)))
            return err;
        contrast.map = s->map;
        contrast.next = NULL;
        run_contrast(s, &contrast);
    }
    *mean = s->setup.kernels->top(s->map, n, k) / (double)k;
    return 0;
}

int cambi_score(CambiScorer *s, const CambiFrame *frame, double *score)
{
    static const double weight[CAMBI_SCALES] = { 16., 8., 4., 2., 1. };
    double sum = 0.;
    /* A sample is where its table is looked into. */
    int err =
        frame->samples_checked
            ? 0
            : samples_check_plane(frame->picture, frame->side, frame->index, 0);
    if (err)
        return err;
    s->prepare.picture = frame->picture->data[0];
    s->prepare.picture_stride = frame->picture->stride[0];
    for (unsigned scale = 0; scale < CAMBI_SCALES; scale++) {
        double mean;
        if ((err = measure_scale(s, scale, frame, &mean)))
            return err;
        sum += mean * weight[scale];
    }
    *score = sum / (double)(s->setup.window * s->setup.window);
    return 0;
}
