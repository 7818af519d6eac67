/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Float PSNR: that of luma, after all depths are brought to the scale of 8 bits. */
#include <math.h>
#include <stddef.h>

#include "engine/extractor.h"
#include "engine/rows.h"
#include "float_scale.h"
#include "kernel/moment/moment.h"
#include "kernel/table.h"

typedef struct FloatPsnrState {
    const VmafContext *context;
    const MomentKernels *kernels;
    FloatScale scale;
} FloatPsnrState;

static const char *const features[] = { "float_psnr", NULL };

static int float_psnr_init(void *state, const PyvmafExtractorInit *init)
{
    FloatPsnrState *s = state;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->moment;
    return float_scale_init(&s->scale, "float_psnr", init->bpc);
}

/* Sum of squared differences in units of samples, as binary64 adds it up from
 * left to right and from top to bottom. */
static double squared_error(const FloatPsnrState *s, const PyvmafFrame *frame)
{
    const Moment call = {
        .src = frame->ref->data[0],
        .other = frame->dist->data[0],
        .stride = frame->ref->stride[0],
        .other_stride = frame->dist->stride[0],
        .w = frame->ref->w[0],
        .bpc = frame->ref->bpc,
    };
    const unsigned h = frame->ref->h[0];
    int64_t sum;
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->errors,
                             .call = &call,
                             .rows = h,
                             .sums = &sum,
                             .sum_cnt = 1,
                         });
    return sum <= FLOAT_SCALE_EXACT ? (double)sum
                                    : moment_squares_in_order(&call, h);
}

static int float_psnr_extract(void *state, const PyvmafFrame *frame,
                              PyvmafScores *scores)
{
    const FloatPsnrState *s = state;
    const VmafPicture *ref = frame->ref;
    const double unit = s->scale.unit * s->scale.unit;
    const double mse =
        squared_error(s, frame) * unit / ((double)ref->w[0] * ref->h[0]);
    const double ratio =
        s->scale.peak * s->scale.peak / (mse > 1e-10 ? mse : 1e-10);
    const double db = 10. * log10(ratio);
    return pyvmaf_scores_put(scores, 0, db < s->scale.cap ? db : s->scale.cap,
                             frame->index);
}

const PyvmafExtractor extractor_float_psnr = {
    .name = "float_psnr",
    .help = "peak signal-to-noise ratio of luma on the scale of 8 bits, in dB",
    .features = features,
    .state_size = sizeof(FloatPsnrState),
    .needs = { .unread_ref = PYVMAF_CHROMA, .unread_dist = PYVMAF_CHROMA },
    .init = float_psnr_init,
    .extract = float_psnr_extract,
};
