/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CIEDE2000: the mean colour difference of a frame pair, on a scale like that
 * of PSNR.
 *
 * Chroma is repeated to the size of luma. A last column or row that a picture
 * of odd size has no chroma for takes that of its neighbour.
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>

#include "ciede_pairs.h"
#include "engine/extractor.h"
#include "engine/log.h"
#include "engine/rows.h"
#include "kernel/table.h"
#include "memory.h"

/* Rows whose differences are held at once; even, as two rows share chroma. */
#define BAND 32

typedef struct CiedeState {
    const VmafContext *context;
    const CiedeKernels *kernels;
    CiedeDelta call; /* but for the pictures and the row */
    unsigned h;
    CiedePairs *pairs; /* NULL: colours are computed */
    size_t scratch_size;
    void *memory; /* `scratch` and what `call` writes lie in it */
    void *scratch;
} CiedeState;

static const char *const features[] = { "ciede2000", NULL };

static void lay_out(void *state, Workspace *ws)
{
    CiedeState *s = state;
    CiedeDelta *c = &s->call;
    s->scratch = workspace_take(ws, s->scratch_size);
    c->delta = workspace_take(ws, BAND * c->stride * sizeof(*c->delta));
    c->cnt = workspace_take(ws, BAND * sizeof(*c->cnt));
}

static int check(const PyvmafExtractorInit *init)
{
    const unsigned bpc = init->bpc;
    if (init->pix_fmt == VMAF_PIX_FMT_YUV400P) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "ciede: pixel format 4:0:0 has no colour; it compares 4:2:0, "
                 "4:2:2 and 4:4:4");
        return -EINVAL;
    }
    if (bpc != 8 && bpc != 10 && bpc != 12 && bpc != 16) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "ciede: bit depth %u; it compares 8, 10, 12 and 16 bits", bpc);
        return -EINVAL;
    }
    return 0;
}

static int set_chroma(CiedeDelta *c, const PyvmafExtractorInit *init)
{
    c->shift_x = init->pix_fmt != VMAF_PIX_FMT_YUV444P;
    c->shift_y = init->pix_fmt == VMAF_PIX_FMT_YUV420P;
    c->chroma_w = init->w >> c->shift_x;
    c->chroma_h = init->h >> c->shift_y;
    if (c->chroma_w && c->chroma_h)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "ciede: picture of %ux%u has no chroma; this pixel format needs "
             "%ux%u or more",
             init->w, init->h, 1u << c->shift_x, 1u << c->shift_y);
    return -EINVAL;
}

static int ciede_close(void *state)
{
    CiedeState *s = state;
    free(s->memory);
    ciede_pairs_destroy(s->pairs);
    s->memory = NULL;
    s->pairs = NULL;
    return 0;
}

static int ciede_init(void *state, const PyvmafExtractorInit *init)
{
    CiedeState *s = state;
    int err = check(init);
    if (!err)
        err = set_chroma(&s->call, init);
    if (err)
        return err;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->ciede;
    s->scratch_size = s->kernels->scratch_size(init->w);
    s->h = init->h;
    s->call.w = init->w;
    s->call.bpc = init->bpc;
    s->call.stride = ciede_stride(init->w);
    s->memory = memory_alloc(lay_out, s);
    if (init->bpc == 8)
        s->pairs = ciede_pairs_create();
    if (!s->memory || (init->bpc == 8 && !s->pairs)) {
        ciede_close(s);
        return -ENOMEM;
    }
    return 0;
}

static CiedePicture describe(const VmafPicture *pic)
{
    CiedePicture p;
    for (unsigned i = 0; i < 3; i++) {
        p.plane[i] = pic->data[i];
        p.stride[i] = pic->stride[i];
    }
    return p;
}

/* The sum of all differences; in order, so a band at a time. */
static double measure(const CiedeState *s, CiedeDelta *call)
{
    double total = 0.;
    const CiedeSum sum = {
        .delta = call->delta,
        .stride = call->stride,
        .cnt = call->cnt,
        .total = &total,
    };
    for (unsigned y = 0; y < s->h; y += BAND) {
        RowCall band = {
            .run = s->kernels->delta,
            .call = call,
            .rows = s->h - y < BAND ? s->h - y : BAND,
            .scratch_size = s->scratch_size,
            .scratch = s->scratch,
        };
        call->first_row = y;
        rows_sum(s->context, &band);
        s->kernels->sum(&sum, &(Rows){ 0, band.rows, s->scratch }, NULL);
    }
    return total;
}

static int ciede_extract(void *state, const PyvmafFrame *frame,
                         PyvmafScores *scores)
{
    CiedeState *s = state;
    CiedeDelta call = s->call;
    call.ref = describe(frame->ref);
    call.dist = describe(frame->dist);
    if (s->pairs)
        call.pairs = ciede_pairs_of(s->pairs, s->kernels->shades, frame->ref,
                                    frame->dist, s->scratch);
    const double mean = measure(s, &call) / ((double)call.w * (double)s->h);
    return pyvmaf_scores_put(scores, 0, 45. - 20. * log10(mean), frame->index);
}

const PyvmafExtractor extractor_ciede = {
    .name = "ciede",
    .help = "mean CIEDE2000 colour difference, in a logarithmic measure",
    .features = features,
    .state_size = sizeof(CiedeState),
    .init = ciede_init,
    .extract = ciede_extract,
    .close = ciede_close,
};
