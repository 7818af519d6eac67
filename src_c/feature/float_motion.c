/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float motion: how far the blurred reference moves from frame to frame, in
 * binary32.
 *
 * Each frame yields a mean absolute difference from the frame before. Its
 * neighbours in time decide motion2 and motion3.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/extractor.h"
#include "engine/log.h"
#include "engine/rows.h"
#include "float_resize.h"
#include "kernel/float_motion/float_motion.h"
#include "kernel/table.h"
#include "debug_option.h"
#include "memory.h"
#include "motion_options.h"
#include "smaller.h"

/* Positions of scores: three that are published, in libvmaf's order, and the
 * difference from the frame before, of which they are made. */
enum { MOTION2, MOTION, MOTION3, DIFFERENCE };

/* A frame before and this one. */
enum { EARLIER, CURRENT, FRAMES };

typedef struct FloatMotionState {
    bool debug, force_zero, add_scale1, add_uv;
    int filter_size;
    double fps_weight, blend_factor, blend_offset, max_val;
    unsigned w, h, bpc;
    const VmafContext *context;
    const FloatMotionKernels *kernels;
    size_t scratch_size;
    void *memory; /* all that follows lies in it */
    void *scratch;
    float *row;
    float *blur[FRAMES], *half[FRAMES]; /* with add_scale1 */
} FloatMotionState;

#define PARAM PYVMAF_OPTION_FEATURE_PARAM
#define AT(field) offsetof(FloatMotionState, field)

static const PyvmafOption options[] = {
    DEBUG_OPTION(FloatMotionState, "the score before the minimum", true),
    MOTION_OPTION_FORCE_ZERO(FloatMotionState, force_zero),
    MOTION_OPTION_FPS_WEIGHT(FloatMotionState, fps_weight),
    MOTION_OPTION_BLEND_FACTOR(FloatMotionState, blend_factor),
    MOTION_OPTION_BLEND_OFFSET(FloatMotionState, blend_offset),
    { .name = "motion_add_scale1",
      .alias = "mdc",
      .help = "add the difference at half the size",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(add_scale1),
      .flags = PARAM },
    { .name = "motion_filter_size",
      .alias = "mfs",
      .help = "taps of the blur: 1, 3, or 5 for all else",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(filter_size),
      .default_number = 5,
      .max = 9,
      .flags = PARAM },
    { .name = "motion_add_uv",
      .alias = "mau",
      .help = "add the differences of chroma",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(add_uv),
      .flags = PARAM },
    MOTION_OPTION_MAX_VAL(FloatMotionState, max_val),
    { .name = NULL },
};

static const char *const features[] = {
    [MOTION2] = "VMAF_feature_motion2_score",
    [MOTION] = "VMAF_feature_motion_score",
    [MOTION3] = "VMAF_feature_motion3_score",
    NULL,
};

static const char *const kept[] = { "float_motion_difference", NULL };

static unsigned half_of(unsigned size)
{
    return float_resize_size(size, 0.5);
}

static void lay_out(void *state, Workspace *ws)
{
    FloatMotionState *s = state;
    s->scratch = workspace_take(ws, s->scratch_size);
    s->row = workspace_take(ws, s->h * sizeof(*s->row));
    for (unsigned i = 0; i < FRAMES && s->add_scale1; i++) {
        s->blur[i] = workspace_take(ws, (size_t)s->w * s->h * sizeof(float));
        s->half[i] = workspace_take(ws, (size_t)half_of(s->w) * half_of(s->h) *
                                            sizeof(float));
    }
}

/* The least width and height of a plane that is blurred. */
#define MIN_SIZE 3

static int check_size(const FloatMotionState *s,
                      const PyvmafExtractorInit *init)
{
    const enum VmafPixelFormat format = init->pix_fmt;
    const bool narrow =
        format == VMAF_PIX_FMT_YUV420P || format == VMAF_PIX_FMT_YUV422P;
    const bool low = format == VMAF_PIX_FMT_YUV420P;
    const unsigned w = init->w >> (s->add_uv && narrow);
    const unsigned h = init->h >> (s->add_uv && low);
    if (s->add_uv && format == VMAF_PIX_FMT_YUV400P) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "float_motion: motion_add_uv with 4:0:0 pictures; it needs "
                 "chroma planes");
        return -EINVAL;
    }
    if (w >= MIN_SIZE && h >= MIN_SIZE)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "float_motion: plane of %ux%u; its filter needs %ux%u or more", w,
             h, MIN_SIZE, MIN_SIZE);
    return -EINVAL;
}

static int float_motion_configure(void *state, PyvmafNeeds *needs)
{
    const FloatMotionState *s = state;
    if (s->force_zero)
        *needs = (PyvmafNeeds){ .every_frame = true,
                                .unread_ref = PYVMAF_PLANES,
                                .unread_dist = PYVMAF_PLANES };
    else if (s->add_uv)
        needs->unread_ref = 0;
    return 0;
}

static int float_motion_init(void *state, const PyvmafExtractorInit *init)
{
    FloatMotionState *s = state;
    int err = s->force_zero ? 0 : check_size(s, init);
    if (err || s->force_zero)
        return err;
    s->w = init->w;
    s->h = init->h;
    s->bpc = init->bpc;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->float_motion;
    s->scratch_size = s->kernels->scratch_size(s->w);
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int float_motion_close(void *state)
{
    FloatMotionState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

static void set_taps(FloatMotion *call, int filter_size)
{
    static const float three[] = { 0x1.54be4p-3f, 0x1.55a0ep-1f,
                                   0x1.54be4p-3f };
    static const float five[] = { 0x1.be5f0ep-5f, 0x1.f41fd6p-3f,
                                  0x1.9c4868p-2f, 0x1.f41fd6p-3f,
                                  0x1.be5f0ep-5f };
    call->tap_cnt = filter_size == 1 ? 1 : filter_size == 3 ? 3 : 5;
    call->tap[0] = 1.f;
    if (call->tap_cnt == 3)
        memcpy(call->tap, three, sizeof(three));
    else if (call->tap_cnt == 5)
        memcpy(call->tap, five, sizeof(five));
}

/* The mean absolute difference of two planes after their blur. */
static float mean_difference(const FloatMotionState *s, FloatMotion *call)
{
    float sum = 0.f;
    call->row = s->row;
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->difference,
                             .call = call,
                             .rows = call->h,
                             .scratch_size = s->scratch_size,
                             .scratch = s->scratch,
                         });
    for (unsigned y = 0; y < call->h; y++)
        sum += s->row[y];
    return sum / (float)(call->w * call->h);
}

static void blur(const FloatMotionState *s, const FloatMotion *call)
{
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->blur,
                             .call = call,
                             .rows = call->h,
                             .scratch_size = s->scratch_size,
                             .scratch = s->scratch,
                         });
}

static void halve(const FloatMotionState *s, const FloatMotion *blurred,
                  float *to)
{
    const FloatResize call = {
        .from = blurred->blur,
        .stride = (ptrdiff_t)(blurred->w * sizeof(float)),
        .bits = 32,
        .w = blurred->w,
        .h = blurred->h,
        .to_w = half_of(blurred->w),
        .to_h = half_of(blurred->h),
        .method = FLOAT_RESIZE_BILINEAR,
        .to = to,
    };
    rows_sum(s->context, &(RowCall){
                             .run = float_resize,
                             .call = &call,
                             .rows = call.to_h,
                         });
}

/* The difference of blurred planes at half the size. */
static float half_difference(const FloatMotionState *s, const FloatMotion *full)
{
    const FloatMotionPlane plane[FRAMES] = { full->earlier, full->current };
    FloatMotion call = {
        .w = half_of(full->w),
        .h = half_of(full->h),
        .bits = 32,
        .tap_cnt = 1,
        .tap = { 1.f },
    };
    const ptrdiff_t stride = (ptrdiff_t)(call.w * sizeof(float));
    for (unsigned i = 0; i < FRAMES; i++) {
        FloatMotion blurred = *full;
        blurred.current = plane[i];
        blurred.blur = s->blur[i];
        blur(s, &blurred);
        halve(s, &blurred, s->half[i]);
    }
    call.earlier = (FloatMotionPlane){ s->half[EARLIER], stride };
    call.current = (FloatMotionPlane){ s->half[CURRENT], stride };
    return mean_difference(s, &call);
}

static double plane_difference(const FloatMotionState *s,
                               const VmafPicture *earlier,
                               const VmafPicture *current, unsigned p)
{
    FloatMotion call = {
        .earlier = { earlier->data[p], earlier->stride[p] },
        .current = { current->data[p], current->stride[p] },
        .w = current->w[p],
        .h = current->h[p],
        .bits = s->bpc,
    };
    set_taps(&call, s->filter_size);
    float difference = mean_difference(s, &call);
    if (s->add_scale1)
        difference += half_difference(s, &call);
    return (double)difference;
}

static double clip(const FloatMotionState *s, double m)
{
    return smaller(m * s->fps_weight, s->max_val);
}

static double blend(const FloatMotionState *s, double m)
{
    m *= s->fps_weight;
    const double blended = m * s->blend_factor +
                           (1. - s->blend_factor) * smaller(s->blend_offset, m);
    return smaller(blended, s->max_val);
}

static int publish_zeros(const FloatMotionState *s, PyvmafScores *scores,
                         unsigned index)
{
    int err = pyvmaf_scores_put(scores, MOTION2, 0., index);
    if (s->debug)
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, MOTION, 0., index));
    return extractor_first_error(err,
                                 pyvmaf_scores_put(scores, MOTION3, 0., index));
}

static int float_motion_extract(void *state, const PyvmafFrame *frame,
                                PyvmafScores *scores)
{
    const FloatMotionState *s = state;
    const VmafPicture *earlier = frame->earlier[0].ref;
    const unsigned planes = s->add_uv ? 3 : 1;
    double value = 0.;
    if (s->force_zero)
        return publish_zeros(s, scores, frame->index);
    if (frame->index > 0 && !earlier && frame->halo)
        return 0;
    if (frame->index > 0 && !earlier) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "float_motion: frame %u has no reference frame before it; "
                 "frames are numbered 0, 1, 2, ..., or a range has one frame "
                 "of pyvmaf_read_halo() before it",
                 frame->index);
        return -EINVAL;
    }
    for (unsigned p = 0; p < planes && frame->index > 0; p++)
        value += plane_difference(s, earlier, frame->ref, p);
    int err = pyvmaf_scores_put(scores, DIFFERENCE, value, frame->index);
    if (frame->index == 0) /* at once, which makes it the first column */
        err = extractor_first_error(err,
                                    pyvmaf_scores_put(scores, MOTION2, 0., 0));
    if (s->debug)
        err = extractor_first_error(
            err,
            pyvmaf_scores_put(scores, MOTION, clip(s, value), frame->index));
    return err;
}

/* The frames that are known when some settle: those before `end`, and no more
 * will come if `last`. */
typedef struct Known {
    const FloatMotionState *state;
    PyvmafScores *scores;
    unsigned end;
    bool last;
} Known;

/* How far frame `i` is from the one before; false: it has no score. */
static bool difference_of(const Known *known, unsigned i, double *value)
{
    return i < known->end &&
           !pyvmaf_scores_at(known->scores, DIFFERENCE, value, i);
}

/* The smaller of the differences from the frames before and after, where there
 * are two. */
static bool least_of(const Known *known, unsigned i, double *value)
{
    double after;
    if (!difference_of(known, i, value))
        return false;
    if (known->last && i == known->end - 1)
        return true;
    if (!difference_of(known, i + 1, &after))
        return false;
    *value = smaller(after, *value);
    return true;
}

/* What motion3 is made of: for the first frame, of the second one, if any. */
static bool blended_of(const Known *known, unsigned i, double *value)
{
    if (i > 0)
        return least_of(known, i, value);
    if (known->last && known->end == 1)
        *value = 0.;
    return (known->last && known->end == 1) || difference_of(known, 1, value);
}

/* A frame that failed, or is at the edge of a halo, has no scores and gives its
 * neighbours none. */
static int settle_frame(const Known *known, unsigned i)
{
    const FloatMotionState *s = known->state;
    double m;
    int err = 0;
    if (i > 0 && least_of(known, i, &m))
        err = pyvmaf_scores_put(known->scores, MOTION2, clip(s, m), i);
    if (blended_of(known, i, &m))
        err = extractor_first_error(
            err, pyvmaf_scores_put(known->scores, MOTION3, blend(s, m), i));
    return err;
}

/* The frames whose next one this span brings, and at the end the last one. */
static int float_motion_settle(void *state, const PyvmafSpan *span,
                               PyvmafScores *scores)
{
    const FloatMotionState *s = state;
    const Known known = { s, scores, span->end, span->last };
    const unsigned end = span->last ? span->end : span->end - 1;
    unsigned i = span->begin > span->base ? span->begin - 1 : span->base;
    int err = 0;
    for (; i < end && !s->force_zero; i++)
        err = extractor_first_error(err, settle_frame(&known, i));
    return err;
}

const PyvmafExtractor extractor_float_motion = {
    .name = "float_motion",
    .help = "change of the blurred reference from frame to frame, floating "
            "point",
    .features = features,
    .kept = kept,
    .options = options,
    .state_size = sizeof(FloatMotionState),
    .needs = { .every_frame = true,
               .earlier_ref = 1,
               .look_ahead = 1,
               .look_back = 1,
               .unread_ref = PYVMAF_CHROMA,
               .unread_dist = PYVMAF_PLANES },
    .configure = float_motion_configure,
    .init = float_motion_init,
    .extract = float_motion_extract,
    .settle = float_motion_settle,
    .close = float_motion_close,
};
