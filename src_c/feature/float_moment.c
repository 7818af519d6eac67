/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Float moments: means of luma and of its square, on the scale of 8 bits. */
#include <stddef.h>

#include "engine/extractor.h"
#include "engine/rows.h"
#include "float_scale.h"
#include "kernel/moment/moment.h"
#include "kernel/table.h"

typedef struct FloatMomentState {
    const VmafContext *context;
    const MomentKernels *kernels;
    double unit; /* of samples: 2^(8 - bpc) */
} FloatMomentState;

/* What models may ask for; it is never published. */
static const char *const features[] = { "float_moment", NULL };

static const char *const extras[] = {
    "float_moment_ref1st",
    "float_moment_dis1st",
    "float_moment_ref2nd",
    "float_moment_dis2nd",
    NULL,
};

static int float_moment_init(void *state, const PyvmafExtractorInit *init)
{
    FloatMomentState *s = state;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->moment;
    s->unit = 1. / (double)(1u << (init->bpc - 8));
    return 0;
}

/* Sums as binary64 adds them up from left to right and from top to bottom; those
 * of samples are exact at any size. */
static void measure(const FloatMomentState *s, const VmafPicture *picture,
                    double *first, double *second)
{
    const Moment call = {
        .src = picture->data[0],
        .stride = picture->stride[0],
        .w = picture->w[0],
        .bpc = picture->bpc,
    };
    const unsigned h = picture->h[0];
    const double n = (double)picture->w[0] * h;
    int64_t sum[2];
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->moments,
                             .call = &call,
                             .rows = h,
                             .sums = sum,
                             .sum_cnt = 2,
                         });
    const double squares = sum[1] <= FLOAT_SCALE_EXACT
                               ? (double)sum[1]
                               : moment_squares_in_order(&call, h);
    *first = (double)sum[0] * s->unit / n;
    *second = squares * (s->unit * s->unit) / n;
}

static int float_moment_extract(void *state, const PyvmafFrame *frame,
                                PyvmafScores *scores)
{
    const FloatMomentState *s = state;
    double value[4];
    int err = 0;
    measure(s, frame->ref, &value[0], &value[2]);
    measure(s, frame->dist, &value[1], &value[3]);
    for (unsigned i = 0; i < 4; i++)
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, 1 + i, value[i], frame->index));
    return err;
}

const PyvmafExtractor extractor_float_moment = {
    .name = "float_moment",
    .help = "means of luma and of its square, of each picture",
    .features = features,
    .extras = extras,
    .state_size = sizeof(FloatMomentState),
    .needs = { .unread_ref = PYVMAF_CHROMA, .unread_dist = PYVMAF_CHROMA },
    .init = float_moment_init,
    .extract = float_moment_extract,
};
