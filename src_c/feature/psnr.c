/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * PSNR: peak signal-to-noise ratio of each plane and, at the end, of the whole
 * sequence ("apsnr", from the total squared error, which is kept per frame).
 */
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/extractor.h"
#include "engine/log.h"
#include "engine/rows.h"
#include "kernel/psnr/psnr.h"
#include "kernel/table.h"
#include "smaller.h"

typedef struct PsnrState {
    bool enable_chroma, enable_mse, enable_apsnr, reduced_hbd_peak;
    double min_sse;
    const VmafContext *context;
    const PsnrKernels *kernels;
    unsigned plane_cnt;
    double peak_squared;
    double default_cap;  /* dB */
    uint64_t samples[3]; /* of each plane */
} PsnrState;

#define AT(field) offsetof(PsnrState, field)

static const PyvmafOption options[] = {
    { .name = "enable_chroma",
      .help = "score the chroma planes too",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(enable_chroma),
      .default_number = 1 },
    { .name = "enable_mse",
      .help = "also publish the mean squared error",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(enable_mse) },
    { .name = "enable_apsnr",
      .help = "also publish the PSNR of the whole sequence",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(enable_apsnr) },
    { .name = "reduced_hbd_peak",
      .help = "above 8 bits take 255 * 2^(depth - 8) as the peak",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(reduced_hbd_peak) },
    { .name = "min_sse",
      .help = "squared error of a plane that stands for the highest PSNR; "
              "0: the highest is 6 dB a bit and 12",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(min_sse),
      .min = 0,
      .max = DBL_MAX },
    { .name = NULL },
};

static const char *const features[] = { "psnr_y", "psnr_cb", "psnr_cr", NULL };
static const char *const extras[] = { "mse_y", "mse_cb", "mse_cr", NULL };
/* Squared errors have 64 bits: the high and the low half. */
static const char *const kept[] = { "sse_y high", "sse_cb high", "sse_cr high",
                                    "sse_y low",  "sse_cb low",  "sse_cr low",
                                    NULL };
/* Positions of the first plane's. */
enum { PSNR = 0, MSE = 3, SSE_HIGH = 6, SSE_LOW = 9 };
static const char *const apsnr_name[] = { "apsnr_y", "apsnr_cb", "apsnr_cr" };

static int psnr_init(void *state, const PyvmafExtractorInit *init)
{
    PsnrState *s = state;
    const unsigned bpc = init->bpc;
    if (bpc != 8 && bpc != 10 && bpc != 12 && bpc != 16) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "psnr: bit depth %u; it scores 8, 10, 12 and 16 bits", bpc);
        return -EINVAL;
    }
    const bool chroma =
        s->enable_chroma && init->pix_fmt != VMAF_PIX_FMT_YUV400P;
    s->plane_cnt = chroma ? 3 : 1;
    const double peak =
        s->reduced_hbd_peak ? 255u << (bpc - 8) : (1u << bpc) - 1;
    s->peak_squared = peak * peak;
    s->default_cap = 6 * bpc + 12;
    const unsigned across = init->pix_fmt != VMAF_PIX_FMT_YUV444P;
    const unsigned down = init->pix_fmt == VMAF_PIX_FMT_YUV420P;
    s->samples[0] = (uint64_t)init->w * init->h;
    s->samples[1] = s->samples[2] =
        (uint64_t)(init->w >> across) * (init->h >> down);
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->psnr;
    return 0;
}

static uint64_t squared_error(const PsnrState *s, const PyvmafFrame *frame,
                              unsigned p)
{
    const VmafPicture *ref = frame->ref, *dist = frame->dist;
    const PsnrSse plane = {
        .ref = ref->data[p],
        .dist = dist->data[p],
        .ref_stride = ref->stride[p],
        .dist_stride = dist->stride[p],
        .w = ref->w[p],
        .bpc = ref->bpc,
    };
    int64_t sse;
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->sse,
                             .call = &plane,
                             .rows = ref->h[p],
                             .sums = &sse,
                             .sum_cnt = 1,
                         });
    return (uint64_t)sse;
}

static int keep_error(const PsnrState *s, uint64_t sse, unsigned p,
                      unsigned index, PyvmafScores *scores)
{
    if (!s->enable_apsnr)
        return 0;
    const int err =
        pyvmaf_scores_put(scores, SSE_HIGH + p, (double)(sse >> 32), index);
    return err ? err
               : pyvmaf_scores_put(scores, SSE_LOW + p, (double)(uint32_t)sse,
                                   index);
}

static int append_plane(const PsnrState *s, const PyvmafFrame *frame,
                        unsigned p, PyvmafScores *scores)
{
    const uint64_t sse = squared_error(s, frame, p);
    const uint64_t samples = s->samples[p];
    const double mse = samples ? (double)sse / (double)samples : 0.;
    const double least = s->min_sse / (double)samples;
    const double cap = s->min_sse != 0.
                           ? ceil(10. * log10(s->peak_squared / least))
                           : s->default_cap;
    const double ratio = s->peak_squared / (mse > 1e-16 ? mse : 1e-16);
    int err = pyvmaf_scores_put(scores, PSNR + p,
                                smaller(10. * log10(ratio), cap), frame->index);
    if (s->enable_mse)
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, MSE + p, mse, frame->index));
    return extractor_first_error(err,
                                 keep_error(s, sse, p, frame->index, scores));
}

static int psnr_extract(void *state, const PyvmafFrame *frame,
                        PyvmafScores *scores)
{
    const PsnrState *s = state;
    int err = 0;
    for (unsigned p = 0; p < s->plane_cnt; p++)
        err = extractor_first_error(err, append_plane(s, frame, p, scores));
    return err;
}

/* The squared error of all frames, and how many there were. */
static uint64_t sum_errors(PyvmafScores *scores, unsigned p, uint64_t *frames)
{
    uint64_t sum = 0;
    unsigned i = pyvmaf_scores_next(scores, SSE_LOW + p, 0);
    for (*frames = 0; i != UINT_MAX; ++*frames) {
        double high = 0, low = 0;
        pyvmaf_scores_at(scores, SSE_HIGH + p, &high, i);
        pyvmaf_scores_at(scores, SSE_LOW + p, &low, i);
        sum += ((uint64_t)high << 32) + (uint64_t)low;
        i = pyvmaf_scores_next(scores, SSE_LOW + p, i + 1);
    }
    return sum;
}

/* The cap's product is made in double: in 64-bit integers it would wrap at 16
 * bits from 2^31 samples on. Below that it is rounded once, as libvmaf's is. */
static int psnr_settle(void *state, const PyvmafSpan *span,
                       PyvmafScores *scores)
{
    const PsnrState *s = state;
    int err = 0;
    if (!s->enable_apsnr || !span->last)
        return 0;
    for (unsigned p = 0; p < s->plane_cnt; p++) {
        uint64_t frames;
        const uint64_t sse = sum_errors(scores, p, &frames);
        const double n = (double)(frames * s->samples[p]);
        if (n == 0.)
            continue;
        const double db =
            10. * (log10(s->peak_squared) + log10(n) - log10((double)sse));
        const double cap = ceil(10. * log10(s->peak_squared * n * 2.));
        err = extractor_first_error(
            err,
            pyvmaf_scores_aggregate(scores, apsnr_name[p], smaller(db, cap)));
    }
    return err;
}

/* Like libvmaf's it sees every frame, under subsampling too. */
const PyvmafExtractor extractor_psnr = {
    .name = "psnr",
    .help = "peak signal-to-noise ratio of each plane, in dB",
    .features = features,
    .extras = extras,
    .kept = kept,
    .options = options,
    .state_size = sizeof(PsnrState),
    .needs = { .every_frame = true },
    .init = psnr_init,
    .extract = psnr_extract,
    .settle = psnr_settle,
};
