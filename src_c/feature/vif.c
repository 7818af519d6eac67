/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF: visual information fidelity of luma at four scales.
 *
 * The kernels turn each scale of a frame pair into integer sums and the planes
 * of the next scale; here the sums become one ratio per scale.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "engine/extractor.h"
#include "kernel/table.h"
#include "kernel/vif/vif.h"
#include "engine/rows.h"
#include "debug_option.h"
#include "memory.h"
#include "vif_options.h"

/* Scale 3 needs one sample, and its window leftovers of one more. */
#define MIN_SIZE 8
/* From here on every scale is wide and high enough for its window. */
#define MIN_REGULAR_SIZE 16

typedef struct VifState {
    bool debug, skip_scale0;
    double gain_limit;
    unsigned w, h, bpc;
    const VmafContext *context;
    const VifKernels *kernels;
    Scratch scratch;
    void *memory; /* all that follows lies in it */
    uint16_t *ref[VIF_SCALES], *dist[VIF_SCALES]; /* of scales 1..3 */
    ptrdiff_t stride[VIF_SCALES];
} VifState;

/* Numerator and denominator of a scale. */
typedef struct Ratio {
    float num, den;
} Ratio;

static const PyvmafOption options[] = {
    DEBUG_OPTION(VifState, "numerators and denominators", false),
    VIF_OPTION_GAIN_LIMIT(VifState, gain_limit),
    VIF_OPTION_SKIP_SCALE0(VifState, skip_scale0),
    { .name = NULL },
};

static const char *const features[] = {
    "VMAF_integer_feature_vif_scale0_score",
    "VMAF_integer_feature_vif_scale1_score",
    "VMAF_integer_feature_vif_scale2_score",
    "VMAF_integer_feature_vif_scale3_score",
    "integer_vif",
    "integer_vif_num",
    "integer_vif_den",
    "integer_vif_num_scale0",
    "integer_vif_den_scale0",
    "integer_vif_num_scale1",
    "integer_vif_den_scale1",
    "integer_vif_num_scale2",
    "integer_vif_den_scale2",
    "integer_vif_num_scale3",
    "integer_vif_den_scale3",
    NULL,
};

/* The planes of scales 1..3. */
static void lay_out(void *state, Workspace *ws)
{
    VifState *s = state;
    for (unsigned i = 1; i < VIF_SCALES; i++) {
        const size_t row = workspace_align((s->w >> i) * sizeof(uint16_t));
        s->stride[i] = (ptrdiff_t)row;
        s->ref[i] = workspace_take(ws, row * (s->h >> i));
        s->dist[i] = workspace_take(ws, row * (s->h >> i));
    }
}

static int vif_init(void *state, const PyvmafExtractorInit *init)
{
    VifState *s = state;
    const int err =
        extractor_check_size(init, MIN_SIZE, "vif", "four scales need");
    if (err)
        return err;
    s->w = init->w;
    s->h = init->h;
    s->bpc = init->bpc;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->vif;
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int vif_close(void *state)
{
    VifState *s = state;
    free(s->scratch.memory);
    free(s->memory);
    s->memory = NULL;
    return 0;
}

/* What the kernel gets for scale `i`, but for the lanes. */
static VifScale scale_call(const VifState *s, const PyvmafFrame *frame,
                           unsigned i)
{
    VifScale scale = {
        .w = s->w >> i,
        .h = s->h >> i,
        .bpc = s->bpc,
        .scale = i,
        .ref = s->ref[i],
        .ref_stride = s->stride[i],
    };
    if (i == 0) {
        scale.ref = frame->ref->data[0];
        scale.ref_stride = frame->ref->stride[0];
    }
    if (i + 1 < VIF_SCALES) {
        scale.next_ref = s->ref[i + 1];
        scale.next_stride = s->stride[i + 1];
    }
    return scale;
}

/* The distorted picture of a lane; its gain limits are the same at all scales. */
static VifLane lane_call(const PyvmafLane *lane, const double *limit,
                         unsigned i)
{
    const VifState *s = lane->state;
    const VmafPicture *dist = lane->frame->dist;
    return (VifLane){
        .dist = i ? s->dist[i] : dist->data[0],
        .dist_stride = i ? s->stride[i] : dist->stride[0],
        .next_dist = i + 1 < VIF_SCALES ? s->dist[i + 1] : NULL,
        .limit = limit,
        .limit_cnt = i == 0 && s->skip_scale0 ? 0 : lane->cnt,
    };
}

/* Sums of one scale; its rows may be cut among threads. -ENOMEM. */
static int sum_scale(VifState *s, const VifScale *scale, VifSums *sums)
{
    const size_t scratch_size = s->kernels->scratch_size(scale);
    void *scratch = scratch_of(&s->scratch, scratch_size);
    _Static_assert(sizeof *sums == VIF_SUM_CNT * sizeof(int64_t), "an array");
    _Static_assert(VIF_SUM_CNT * VIF_MAX_LANES <= ROWS_MAX_SUMS,
                   "of all lanes");
    if (!scratch)
        return -ENOMEM;
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->scale,
                             .call = scale,
                             .rows = scale->h,
                             .scratch_size = scratch_size,
                             .scratch = scratch,
                             .sums = (int64_t *)sums,
                             .sum_cnt = VIF_SUM_CNT * scale->lane_cnt,
                         });
    return 0;
}

/* Sums of all scales and lanes for several gain limits at once; planes of the
 * reference are the first lane's. */
static int sum_scales(const PyvmafLane *lane, unsigned cnt,
                      VifSums sums[VIF_SCALES][VIF_MAX_LANES])
{
    VifState *s = lane->state;
    int err = 0;
    bool small = s->w < MIN_REGULAR_SIZE || s->h < MIN_REGULAR_SIZE;
    double limit[VIF_MAX_LANES][VIF_MAX_LIMITS];
    VifLane part[2][VIF_MAX_LANES];
    VifScale scale[VIF_SCALES];
    for (unsigned k = 0; k < cnt; k++)
        for (unsigned v = 0; v < lane[k].cnt; v++)
            limit[k][v] =
                ((const VifState *)lane[k].share[v].settings)->gain_limit;
    for (unsigned i = 0; i < VIF_SCALES && !err; i++) {
        scale[i] = scale_call(s, lane->frame, i);
        scale[i].lane = part[i % 2];
        scale[i].lane_cnt = cnt;
        for (unsigned k = 0; k < cnt; k++)
            part[i % 2][k] = lane_call(&lane[k], limit[k], i);
        if (i == 3 && small)
            vif_scale3_small(&scale[i], &scale[i - 1], sums[i]);
        else
            err = sum_scale(s, &scale[i], sums[i]);
    }
    return err;
}

/* Logarithms are in units of 1/2048. A flat sample counts as fully visible but
 * for its share of distorted variance: 65025 = 255 * 255, and 16384 of the
 * 65536 that are 1.0. */
static Ratio ratio(const VifSums *sums, unsigned limit)
{
    double flat = (double)sums->non_log_cnt;
    double lost = (double)sums->num_non_log / 16384. / 65025.;
    double num = (double)sums->num_log[limit] / 2048. + (flat - lost);
    double den = (double)sums->den_log / 2048. + flat;
    return (Ratio){ (float)num, (float)den };
}

static int publish(const VifState *s, const Ratio r[VIF_SCALES],
                   PyvmafScores *scores, unsigned index)
{
    double num = 0., den = 0.;
    for (unsigned i = s->skip_scale0; i < VIF_SCALES; i++) {
        num += (double)r[i].num;
        den += (double)r[i].den;
    }
    /* A skipped scale 0 is 0 / -1, and its ratio 0, not -0. */
    const double value[] = {
        (double)(r[0].num / r[0].den) + 0.,
        (double)(r[1].num / r[1].den),
        (double)(r[2].num / r[2].den),
        (double)(r[3].num / r[3].den),
        /* debug */
        den == 0. ? 1. : num / den,
        num,
        den,
        (double)r[0].num,
        (double)r[0].den,
        (double)r[1].num,
        (double)r[1].den,
        (double)r[2].num,
        (double)r[2].den,
        (double)r[3].num,
        (double)r[3].den,
    };
    unsigned cnt = s->debug ? sizeof(value) / sizeof(value[0]) : VIF_SCALES;
    int err = 0;
    for (unsigned i = 0; i < cnt; i++)
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, i, value[i], index));
    return err;
}

static int publish_share(const PyvmafShare *share, unsigned limit,
                         const VifSums *const sums[VIF_SCALES], unsigned index)
{
    const VifState *s = share->settings;
    Ratio r[VIF_SCALES];
    for (unsigned i = 0; i < VIF_SCALES; i++)
        r[i] = ratio(sums[i], limit);
    if (s->skip_scale0)
        r[0] = (Ratio){ 0.f, -1.f };
    return publish(s, r, share->scores, index);
}

/* At most as many lanes as the kernel has. */
static void extract_some(PyvmafLane *lane, unsigned cnt)
{
    VifSums sums[VIF_SCALES][VIF_MAX_LANES] = { 0 };
    const int err = sum_scales(lane, cnt, sums);
    for (unsigned k = 0; k < cnt; k++) {
        const VifSums *its[VIF_SCALES];
        lane[k].err = err;
        for (unsigned i = 0; i < VIF_SCALES; i++)
            its[i] = &sums[i][k];
        for (unsigned v = 0; v < lane[k].cnt && !err; v++)
            lane[k].err = extractor_first_error(
                lane[k].err,
                publish_share(&lane[k].share[v], v, its, lane[k].frame->index));
    }
}

static void vif_extract_lanes(PyvmafLane *lane, unsigned cnt)
{
    for (unsigned k = 0; k < cnt; k += VIF_MAX_LANES)
        extract_some(lane + k,
                     cnt - k < VIF_MAX_LANES ? cnt - k : VIF_MAX_LANES);
}

/* Moments do not depend on the gain limit. */
static bool vif_compatible(const void *settings, const void *other)
{
    const VifState *s = settings, *o = other;
    return s->skip_scale0 == o->skip_scale0;
}

const PyvmafExtractor extractor_vif = {
    .name = "vif",
    .help = "visual information fidelity at four scales, fixed point",
    .features = features,
    .options = options,
    .state_size = sizeof(VifState),
    .needs = { .unread_ref = PYVMAF_CHROMA, .unread_dist = PYVMAF_CHROMA },
    .init = vif_init,
    .close = vif_close,
    .compatible = vif_compatible,
    .extract_lanes = vif_extract_lanes,
    .share_max = VIF_MAX_LIMITS,
};
