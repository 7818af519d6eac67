/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float ANSNR: how far the lightly smoothed reference stands out from its
 * difference to the strongly smoothed distorted picture.
 *
 * The kernel gives two binary32 sums per row; they are added up from top to
 * bottom, in binary32 again.
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "engine/extractor.h"
#include "engine/rows.h"
#include "float_scale.h"
#include "kernel/ansnr/ansnr.h"
#include "kernel/table.h"
#include "memory.h"

typedef struct FloatAnsnrState {
    const VmafContext *context;
    const AnsnrKernels *kernels;
    FloatScale scale;
    unsigned w, h;
    size_t scratch_size;
    void *memory; /* all that follows lies in it */
    void *scratch;
    AnsnrRow *row;
} FloatAnsnrState;

static const char *const features[] = { "float_ansnr", NULL };
static const char *const extras[] = { "float_anpsnr", NULL };

static void lay_out(void *state, Workspace *ws)
{
    FloatAnsnrState *s = state;
    s->scratch = workspace_take(ws, s->scratch_size);
    s->row = workspace_take(ws, s->h * sizeof(AnsnrRow));
}

static int float_ansnr_init(void *state, const PyvmafExtractorInit *init)
{
    FloatAnsnrState *s = state;
    int err = float_scale_init(&s->scale, "float_ansnr", init->bpc);
    if (err)
        return err;
    err = extractor_check_size(init, ANSNR_MIN_SIZE, "float_ansnr",
                               "its windows need");
    if (err)
        return err;
    s->w = init->w;
    s->h = init->h;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->ansnr;
    s->scratch_size = s->kernels->scratch_size(s->w);
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int float_ansnr_close(void *state)
{
    FloatAnsnrState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

static AnsnrRow measure(const FloatAnsnrState *s, const PyvmafFrame *frame)
{
    const Ansnr call = {
        .ref = frame->ref->data[0],
        .dist = frame->dist->data[0],
        .ref_stride = frame->ref->stride[0],
        .dist_stride = frame->dist->stride[0],
        .w = s->w,
        .h = s->h,
        .bpc = frame->ref->bpc,
        .row = s->row,
    };
    AnsnrRow sum = { 0.f, 0.f };
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->rows,
                             .call = &call,
                             .rows = s->h,
                             .scratch_size = s->scratch_size,
                             .scratch = s->scratch,
                         });
    for (unsigned y = 0; y < s->h; y++) {
        sum.signal += s->row[y].signal;
        sum.noise += s->row[y].noise;
    }
    return sum;
}

/* The first of both values is limited only where there is no noise at all. */
static int float_ansnr_extract(void *state, const PyvmafFrame *frame,
                               PyvmafScores *scores)
{
    const FloatAnsnrState *s = state;
    const FloatScale *scale = &s->scale;
    const AnsnrRow sum = measure(s, frame);
    const double noise = (double)sum.noise;
    const double energy = scale->peak * scale->peak * s->w * s->h;
    const double ansnr = sum.noise == 0.f
                             ? scale->cap
                             : 10. * log10((double)(sum.signal / sum.noise));
    const double anpsnr = 10. * log10(energy / (noise > 1e-10 ? noise : 1e-10));
    const int err = pyvmaf_scores_put(scores, 0, ansnr, frame->index);
    return extractor_first_error(
        err,
        pyvmaf_scores_put(scores, 1, anpsnr < scale->cap ? anpsnr : scale->cap,
                          frame->index));
}

const PyvmafExtractor extractor_float_ansnr = {
    .name = "float_ansnr",
    .help = "ratio of the smoothed reference to its difference from the "
            "smoothed distorted picture, in dB",
    .features = features,
    .extras = extras,
    .state_size = sizeof(FloatAnsnrState),
    .needs = { .unread_ref = PYVMAF_CHROMA, .unread_dist = PYVMAF_CHROMA },
    .init = float_ansnr_init,
    .extract = float_ansnr_extract,
    .close = float_ansnr_close,
};
