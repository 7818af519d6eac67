/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Motion: how much the low-passed reference luma changes from frame to frame.
 *
 * Each frame yields a mean absolute difference to the frame before, or two
 * before. Its neighbours in time decide motion2 and motion3, so these are made
 * as frames settle, from the frames' own published values.
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
#include "debug_option.h"
#include "motion_options.h"
#include "smaller.h"

/* Positions in features[]. */
enum { SAD, MOTION, MOTION2, MOTION3 };

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
    DEBUG_OPTION(MotionState, "the score before the minimum", false),
    MOTION_OPTION_FORCE_ZERO(MotionState, force_zero),
    MOTION_OPTION_BLEND_FACTOR(MotionState, blend_factor),
    MOTION_OPTION_BLEND_OFFSET(MotionState, blend_offset),
    MOTION_OPTION_FPS_WEIGHT(MotionState, fps_weight),
    MOTION_OPTION_MAX_VAL(MotionState, max_val),
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

static const char *const features[] = {
    [SAD] = "VMAF_integer_feature_motion_sad_score",
    [MOTION] = "VMAF_integer_feature_motion_score",
    [MOTION2] = "VMAF_integer_feature_motion2_score",
    [MOTION3] = "VMAF_integer_feature_motion3_score",
    NULL,
};

/* How many frames lie between the two that are compared, plus one. */
static unsigned distance(const MotionState *s)
{
    return s->five_frame_window ? 2 : 1;
}

/* A range needs the differences of the frame before it, or of two frames before
 * for the average, and these their own earlier pictures. */
static int motion_configure(void *state, PyvmafNeeds *needs)
{
    const MotionState *s = state;
    needs->look_ahead = distance(s);
    needs->look_back = 2 * distance(s) - 1 + (s->moving_average ? 1 : 0);
    needs->earlier_ref = s->force_zero ? 0 : distance(s);
    return 0;
}

static int motion_init(void *state, const PyvmafExtractorInit *init)
{
    MotionState *s = state;
    if (s->force_zero)
        return 0;
    const int err = extractor_check_size(init, 3, "motion", "its filter needs");
    if (err)
        return err;
    s->kernels = kernel_table(init->cpu_flags)->motion;
    s->scratch_size = workspace_align(s->kernels->scratch_size(init->w));
    s->scratch = workspace_alloc(s->scratch_size);
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

/* The mean difference, the same for every lane and share: it is the reference's.
 * The low pass scales 8-bit samples by 256, deeper ones alike. */
static double mean_difference(const MotionState *s, const VmafPicture *earlier,
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
    return (double)sum_rows(s, &sad) / 256. / (sad.w * sad.h);
}

static int no_earlier(const PyvmafLane *lane)
{
    const MotionState *s = lane->state;
    unsigned back = 2 * distance(s) - 1, average = 0;
    for (unsigned v = 0; v < lane->cnt; v++)
        average |=
            ((const MotionState *)lane->share[v].settings)->moving_average;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "motion: frame %u has no reference frame %u before it; "
             "frames are numbered 0, 1, 2, ..., or a range has %u "
             "frames of pyvmaf_read_halo() before it",
             lane->frame->index, distance(s), back + average);
    return -EINVAL;
}

static int publish(const PyvmafShare *share, double mean, unsigned index)
{
    const MotionState *s = share->settings;
    const double value = smaller(mean * s->fps_weight, s->max_val);
    int err = pyvmaf_scores_put(share->scores, SAD, value, index);
    if (!err && s->debug)
        err = pyvmaf_scores_put(share->scores, MOTION, value, index);
    return err;
}

static void motion_extract_lanes(PyvmafLane *lane, unsigned cnt)
{
    const MotionState *s = lane->state;
    const PyvmafFrame *frame = lane->frame;
    const bool compares = !s->force_zero && frame->index >= distance(s);
    const VmafPicture *earlier =
        compares ? frame->earlier[distance(s) - 1].ref : NULL;
    if (compares && !earlier && frame->halo)
        return;
    const int err = compares && !earlier ? no_earlier(lane) : 0;
    const double mean = earlier ? mean_difference(s, earlier, frame->ref) : 0.;
    for (unsigned i = 0; i < cnt; i++) {
        lane[i].err = err;
        for (unsigned v = 0; !err && v < lane[i].cnt; v++)
            lane[i].err = extractor_first_error(
                lane[i].err, publish(&lane[i].share[v], mean, frame->index));
    }
}

/* All other options come after the difference. */
static bool motion_compatible(const void *settings, const void *other)
{
    const MotionState *s = settings, *o = other;
    return s->force_zero == o->force_zero && distance(s) == distance(o);
}

/* The frames that are known when some settle: those before `end`, and no more
 * will come if `last`. */
typedef struct Known {
    const MotionState *state;
    PyvmafScores *scores;
    unsigned end;
    bool last;
} Known;

/* S of a frame; false: it has none. */
static bool sad_of(const Known *known, unsigned i, double *value)
{
    return i < known->end && !pyvmaf_scores_at(known->scores, SAD, value, i);
}

static double blend(const MotionState *s, double m)
{
    double blended = m * s->blend_factor +
                     (1. - s->blend_factor) * smaller(s->blend_offset, m);
    return smaller(blended, s->max_val);
}

/* The smaller of the differences on both sides of frame `i`, where there are
 * two; the five-frame window leaves the one in the middle out. */
static bool motion2_of(const Known *known, unsigned i, double *value)
{
    const unsigned first = distance(known->state);
    double before, after;
    if (!sad_of(known, i, value))
        return false;
    if (i < first)
        *value = 0.;
    if (i < first || (known->last && i == known->end - 1))
        return true;
    if (!sad_of(known, i + 1, &after))
        return false;
    *value = after;
    if (i - (first - 1) < first)
        return true;
    if (!sad_of(known, i - (first - 1), &before))
        return false;
    *value = smaller(before, after);
    return true;
}

/* motion3 before the average. Frames without one to compare with take that of
 * the first that has. */
static bool blended_of(const Known *known, unsigned i, double *value)
{
    const MotionState *s = known->state;
    const unsigned first = distance(s);
    const bool beyond = known->last && first >= known->end;
    double m = 0.;
    if (i < first ? !beyond && !sad_of(known, first, &m)
                  : !motion2_of(known, i, &m))
        return false;
    *value = i < first && beyond ? 0. : blend(s, m);
    return true;
}

static bool motion3_of(const Known *known, unsigned i, double *value)
{
    const MotionState *s = known->state;
    double previous;
    if (!blended_of(known, i, value))
        return false;
    if (!s->moving_average || i < distance(s))
        return true;
    if (!blended_of(known, i - 1, &previous))
        return false;
    *value = (*value + previous) / 2.;
    return true;
}

/* A frame that failed, or is at the edge of a halo, has no scores and gives its
 * neighbours none. */
static int settle_frame(const Known *known, unsigned i)
{
    double value;
    int err = 0;
    if (motion2_of(known, i, &value))
        err = pyvmaf_scores_put(known->scores, MOTION2, value, i);
    if (motion3_of(known, i, &value))
        err = extractor_first_error(
            err, pyvmaf_scores_put(known->scores, MOTION3, value, i));
    return err;
}

/* The frames whose look-ahead this span brings, and at the end all others. */
static int motion_settle(void *state, const PyvmafSpan *span,
                         PyvmafScores *scores)
{
    const MotionState *s = state;
    const unsigned ahead = distance(s);
    const Known known = { s, scores, span->end, span->last };
    const unsigned low = span->base + ahead;
    unsigned i = span->begin > low ? span->begin - ahead : span->base;
    int err = 0;
    for (; i < span->end && (span->last || span->end - i > ahead); i++)
        err = extractor_first_error(err, settle_frame(&known, i));
    return err;
}

const PyvmafExtractor extractor_motion = {
    .name = "motion",
    .help = "change of the reference luma from frame to frame",
    .features = features,
    .options = options,
    .state_size = sizeof(MotionState),
    .needs = { .every_frame = true,
               .earlier_ref = 1,
               .look_ahead = 1,
               .look_back = 1,
               .unread_ref = PYVMAF_CHROMA,
               .unread_dist = PYVMAF_PLANES },
    .configure = motion_configure,
    .init = motion_init,
    .settle = motion_settle,
    .close = motion_close,
    .compatible = motion_compatible,
    .extract_lanes = motion_extract_lanes,
};
