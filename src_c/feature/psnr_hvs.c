/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * PSNR-HVS: PSNR of DCT coefficients, weighted by contrast sensitivity and less
 * what the block's own texture masks, of each plane and of all.
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>

#include "engine/extractor.h"
#include "engine/log.h"
#include "engine/rows.h"
#include "kernel/psnr_hvs/psnr_hvs.h"
#include "kernel/table.h"
#include "memory.h"

/* Block rows whose terms are held at once when threads may share them. */
#define BAND 8
#define MAX_BPC 12

typedef struct PsnrHvsState {
    const VmafContext *context;
    const PsnrHvsKernels *kernels;
    PsnrHvsTable table[3];
    unsigned band; /* block rows */
    size_t stride; /* terms of each */
    float peak_squared;
    size_t scratch_size;
    void *memory; /* `scratch` and `terms` lie in it */
    void *scratch;
    float *terms;
} PsnrHvsState;

static const char *const features[] = {
    "psnr_hvs_y", "psnr_hvs_cb", "psnr_hvs_cr", "psnr_hvs", NULL,
};

static void lay_out(void *state, Workspace *ws)
{
    PsnrHvsState *s = state;
    s->scratch = workspace_take(ws, s->scratch_size);
    s->terms = workspace_take(ws, s->band * s->stride * sizeof(*s->terms));
}

static int check(const PyvmafExtractorInit *init)
{
    const unsigned shift_x = init->pix_fmt != VMAF_PIX_FMT_YUV444P;
    const unsigned shift_y = init->pix_fmt == VMAF_PIX_FMT_YUV420P;
    if (init->pix_fmt == VMAF_PIX_FMT_YUV400P) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "psnr_hvs: pixel format 4:0:0 has no chroma; it takes 4:2:0, "
                 "4:2:2 and 4:4:4");
        return -EINVAL;
    }
    if (init->bpc > MAX_BPC) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "psnr_hvs: bit depth %u; it takes 8 to %u bits", init->bpc,
                 MAX_BPC);
        return -EINVAL;
    }
    if (init->w >> shift_x < PSNR_HVS_SIZE ||
        init->h >> shift_y < PSNR_HVS_SIZE) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "psnr_hvs: picture of %ux%u; in this pixel format its blocks "
                 "need %ux%u or more",
                 init->w, init->h, PSNR_HVS_SIZE << shift_x,
                 PSNR_HVS_SIZE << shift_y);
        return -EINVAL;
    }
    return 0;
}

static int psnr_hvs_init(void *state, const PyvmafExtractorInit *init)
{
    PsnrHvsState *s = state;
    const unsigned peak = (1u << init->bpc) - 1;
    int err = check(init);
    if (err)
        return err;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->psnr_hvs;
    s->scratch_size = s->kernels->scratch_size(init->w);
    s->peak_squared = (float)(peak * peak);
    s->band = init->n_threads ? BAND : 1;
    for (unsigned p = 0; p < 3; p++)
        psnr_hvs_table(&s->table[p], p);
    s->stride = psnr_hvs_stride(init->w);
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int psnr_hvs_close(void *state)
{
    PsnrHvsState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

/* The sum of a plane's terms; in order, so a band at a time. */
static float measure(const PsnrHvsState *s, PsnrHvsTerms *call, unsigned rows)
{
    float total = 0.f;
    const PsnrHvsSum sum = {
        .terms = call->terms,
        .stride = call->stride,
        .blocks = psnr_hvs_blocks(call->w),
        .total = &total,
    };
    for (unsigned y = 0; y < rows; y += s->band) {
        RowCall band = {
            .run = s->kernels->terms,
            .call = call,
            .rows = rows - y < s->band ? rows - y : s->band,
            .scratch_size = s->scratch_size,
            .scratch = s->scratch,
        };
        call->first_row = y;
        rows_sum(s->context, &band);
        s->kernels->sum(&sum, &(Rows){ 0, band.rows, s->scratch }, NULL);
    }
    return total;
}

/* Mean squared error of plane p in units of the squared peak. */
static float plane_error(const PsnrHvsState *s, const PyvmafFrame *frame,
                         unsigned p)
{
    const VmafPicture *ref = frame->ref, *dist = frame->dist;
    PsnrHvsTerms call = {
        .ref = ref->data[p],
        .dist = dist->data[p],
        .ref_stride = ref->stride[p],
        .dist_stride = dist->stride[p],
        .w = ref->w[p],
        .bpc = ref->bpc,
        .table = &s->table[p],
        .terms = s->terms,
        .stride = psnr_hvs_stride(ref->w[p]),
    };
    const unsigned rows = psnr_hvs_blocks(ref->h[p]);
    const unsigned cnt = rows * psnr_hvs_blocks(call.w) * PSNR_HVS_COEFFICIENTS;
    return measure(s, &call, rows) / (float)cnt / s->peak_squared;
}

static double decibel(double error)
{
    return 10. * (-1. * log10(error));
}

static int psnr_hvs_extract(void *state, const PyvmafFrame *frame,
                            PyvmafScores *scores)
{
    const PsnrHvsState *s = state;
    double error[3], value[4];
    int err = 0;
    for (unsigned p = 0; p < 3; p++) {
        error[p] = (double)plane_error(s, frame, p);
        value[p] = decibel(error[p]);
    }
    value[3] = decibel(error[0] * 0.8 + 0.1 * (error[1] + error[2]));
    for (unsigned i = 0; i < 4; i++)
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, i, value[i], frame->index));
    return err;
}

const PyvmafExtractor extractor_psnr_hvs = {
    .name = "psnr_hvs",
    .help = "PSNR of masked and weighted DCT coefficients, in dB",
    .features = features,
    .state_size = sizeof(PsnrHvsState),
    .init = psnr_hvs_init,
    .extract = psnr_hvs_extract,
    .close = psnr_hvs_close,
};
