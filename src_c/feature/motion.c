/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Motion: how much the low-passed reference luma changes from frame to frame.
 *
 * Each frame yields a mean absolute difference to the frame before, or two
 * before. Its neighbours in time decide motion2 and motion3, so these are made
 * at flush from the frames' own published values.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "engine/extractor.h"
#include "engine/log.h"
#include "engine/rows.h"
#include "kernel/motion/motion.h"
#include "kernel/table.h"
#include "kernel/workspace.h"

#define SAD "VMAF_integer_feature_motion_sad_score"
#define MOTION "VMAF_integer_feature_motion_score"
#define MOTION2 "VMAF_integer_feature_motion2_score"
#define MOTION3 "VMAF_integer_feature_motion3_score"

typedef struct MotionState {
    bool force_zero, five_frame_window, moving_average, debug;
    double blend_factor, blend_offset, fps_weight, max_val;
    const VmafContext *context;
    const MotionKernels *kernels;
    size_t scratch_size;
    void *scratch;
} MotionState;

#define PARAM PYVMAF_OPTION_FEATURE_PARAM
#define AT(field) offsetof(MotionState, field)

static const PyvmafOption options[] = {
    { .name = "debug",
      .help = "also publish the score before the minimum",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(debug) },
    { .name = "motion_force_zero",
      .alias = "force_0",
      .help = "score every frame 0",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(force_zero),
      .flags = PARAM },
    { .name = "motion_blend_factor",
      .alias = "mbf",
      .help = "slope of motion3 above the blend offset",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(blend_factor),
      .default_number = 1,
      .min = 0,
      .max = 1,
      .flags = PARAM },
    { .name = "motion_blend_offset",
      .alias = "mbo",
      .help = "where the blend of motion3 sets in",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(blend_offset),
      .default_number = 40,
      .min = 0,
      .max = 1000,
      .flags = PARAM },
    { .name = "motion_fps_weight",
      .alias = "mfw",
      .help = "factor for the frame rate",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(fps_weight),
      .default_number = 1,
      .min = 0,
      .max = 5,
      .flags = PARAM },
    { .name = "motion_max_val",
      .alias = "mmxv",
      .help = "upper clip",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(max_val),
      .default_number = 10000,
      .min = 0,
      .max = 10000,
      .flags = PARAM },
    { .name = "motion_five_frame_window",
      .alias = "mffw",
      .help = "compare with the frame two before",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(five_frame_window),
      .flags = PARAM },
    { .name = "motion_moving_average",
      .alias = "mma",
      .help = "average motion3 with that of the frame before",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(moving_average),
      .flags = PARAM },
    { .name = NULL },
};

static const char *const features[] = { SAD, MOTION, MOTION2, MOTION3, NULL };

static double smaller(double p, double q)
{
    return p < q ? p : q;
}

/* How many frames lie between the two that are compared, plus one. */
static unsigned distance(const MotionState *s)
{
    return s->five_frame_window ? 2 : 1;
}

static int motion_init(void *state, const PyvmafExtractorInit *init)
{
    MotionState *s = state;
    if (s->force_zero)
        return 0;
    if (init->w < 3 || init->h < 3) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "motion: picture of %ux%u; its filter needs 3x3 or more",
                 init->w, init->h);
        return -EINVAL;
    }
    s->kernels = kernel_table(init->cpu_flags)->motion;
    s->scratch_size = workspace_align(s->kernels->scratch_size(init->w));
    s->scratch = aligned_alloc(WORKSPACE_ALIGN, s->scratch_size);
    if (!s->scratch)
        return -ENOMEM;
    s->context = init->context;
    return 0;
}

static int motion_close(void *state)
{
    MotionState *s = state;
    free(s->scratch);
    s->scratch = NULL;
    return 0;
}

/* The rows may be cut among threads. */
static uint64_t sum_rows(const MotionState *s, const MotionSad *sad)
{
    int64_t sum;
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->sad,
                             .call = sad,
                             .rows = sad->h,
                             .scratch_size = s->scratch_size,
                             .scratch = s->scratch,
                             .sums = &sum,
                             .sum_cnt = 1,
                         });
    return (uint64_t)sum;
}

/* The low pass scales 8-bit samples by 256, deeper ones alike. */
static double score(const MotionState *s, const VmafPicture *earlier,
                    const VmafPicture *current)
{
    const MotionSad sad = {
        .earlier = earlier->data[0],
        .current = current->data[0],
        .earlier_stride = earlier->stride[0],
        .current_stride = current->stride[0],
        .w = current->w[0],
        .h = current->h[0],
        .bpc = current->bpc,
    };
    double mean = (double)sum_rows(s, &sad) / 256. / (sad.w * sad.h);
    return smaller(mean * s->fps_weight, s->max_val);
}

static int motion_extract(void *state, const PyvmafFrame *frame,
                          PyvmafScores *scores)
{
    const MotionState *s = state;
    double value = 0.;

    if (!s->force_zero && frame->index >= distance(s)) {
        const VmafPicture *earlier =
            s->five_frame_window ? frame->prev_prev_ref : frame->prev_ref;
        if (!earlier) {
            log_line(VMAF_LOG_LEVEL_ERROR,
                     "motion: frame %u has no reference frame %u before it; "
                     "frames are numbered 0, 1, 2, ...",
                     frame->index, distance(s));
            return -EINVAL;
        }
        value = score(s, earlier, frame->ref);
    }
    int err = pyvmaf_scores_append(scores, SAD, value, frame->index);
    if (!err && s->debug)
        err = pyvmaf_scores_append(scores, MOTION, value, frame->index);
    return err;
}

/* The scores of frames 0, 1, ... up to the first gap. */
static int read_back(PyvmafScores *scores, double **out, unsigned *n)
{
    double *series = NULL, value;
    unsigned capacity = 0;

    for (*n = 0; !pyvmaf_scores_get(scores, SAD, &value, *n); (*n)++) {
        if (*n == capacity) {
            capacity = capacity ? 2 * capacity : 256;
            double *grown = realloc(series, capacity * sizeof(*series));
            if (!grown) {
                free(series);
                return -ENOMEM;
            }
            series = grown;
        }
        series[*n] = value;
    }
    *out = series;
    return 0;
}

/* The smaller of the scores on both sides of frame `i`, where there are two. */
static double look_ahead(const MotionState *s, const double *series, unsigned n,
                         unsigned i)
{
    const unsigned first = distance(s);
    if (i < first)
        return 0.;
    if (i == n - 1)
        return series[i];
    const unsigned before = i - (first - 1);
    return before < first ? series[i + 1]
                          : smaller(series[before], series[i + 1]);
}

static double blend(const MotionState *s, double m)
{
    double blended = m * s->blend_factor +
                     (1. - s->blend_factor) * smaller(s->blend_offset, m);
    return smaller(blended, s->max_val);
}

static int motion_flush(void *state, PyvmafScores *scores)
{
    const MotionState *s = state;
    const unsigned first = distance(s);
    double *series;
    unsigned n;

    int err = read_back(scores, &series, &n);
    if (err)
        return err;
    /* Frames without a frame to compare with take the first real value. */
    double previous = n > first ? blend(s, series[first]) : 0.;
    for (unsigned i = 0; i < n; i++) {
        double motion2 = look_ahead(s, series, n, i);
        double motion3 = previous;
        if (i >= first) {
            double p = blend(s, motion2);
            motion3 = s->moving_average ? (p + previous) / 2. : p;
            previous = p;
        }
        err = extractor_first_error(
            err, pyvmaf_scores_append(scores, MOTION2, motion2, i));
        err = extractor_first_error(
            err, pyvmaf_scores_append(scores, MOTION3, motion3, i));
    }
    free(series);
    return err;
}

const PyvmafExtractor extractor_motion = {
    .name = "motion",
    .help = "change of the reference luma from frame to frame",
    .flags = PYVMAF_EXTRACTOR_PREV_REF,
    .features = features,
    .options = options,
    .state_size = sizeof(MotionState),
    .init = motion_init,
    .extract = motion_extract,
    .flush = motion_flush,
    .close = motion_close,
};
