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
#include "engine/log.h"
#include "engine/rows.h"
#include "memory.h"

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
    size_t scratch_size;
    void *memory; /* all that follows lies in it */
    void *scratch;
    uint16_t *ref[VIF_SCALES], *dist[VIF_SCALES]; /* of scales 1..3 */
    ptrdiff_t stride[VIF_SCALES];
} VifState;

/* Numerator and denominator of a scale. */
typedef struct Ratio {
    float num, den;
} Ratio;

#define PARAM PYVMAF_OPTION_FEATURE_PARAM

static const PyvmafOption options[] = {
    { .name = "debug",
      .help = "also publish numerators and denominators",
      .type = PYVMAF_OPTION_BOOL,
      .offset = offsetof(VifState, debug) },
    { .name = "vif_enhn_gain_limit",
      .alias = "egl",
      .help = "upper limit of the gain counted as information; 1 is NEG",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = offsetof(VifState, gain_limit),
      .default_number = 100,
      .min = 1,
      .max = 100,
      .flags = PARAM },
    { .name = "vif_skip_scale0",
      .alias = "ssclz",
      .help = "leave out scale 0, the largest part of the work",
      .type = PYVMAF_OPTION_BOOL,
      .offset = offsetof(VifState, skip_scale0),
      .flags = PARAM },
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

/* Scratch memory, then the planes of scales 1..3. */
static void lay_out(void *state, Workspace *ws)
{
    VifState *s = state;
    s->scratch = workspace_take(ws, s->scratch_size);
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
    if (init->w < MIN_SIZE || init->h < MIN_SIZE) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "vif: picture of %ux%u; four scales need %ux%u or more",
                 init->w, init->h, MIN_SIZE, MIN_SIZE);
        return -EINVAL;
    }
    s->w = init->w;
    s->h = init->h;
    s->bpc = init->bpc;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->vif;
    s->scratch_size = s->kernels->scratch_size(s->w);
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int vif_close(void *state)
{
    VifState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

/* What the kernel gets for scale `i`. */
static VifScale scale_call(const VifState *s, const PyvmafFrame *frame,
                           unsigned i)
{
    VifScale scale = {
        .w = s->w >> i,
        .h = s->h >> i,
        .bpc = s->bpc,
        .scale = i,
        .ref = s->ref[i],
        .dist = s->dist[i],
        .ref_stride = s->stride[i],
        .dist_stride = s->stride[i],
    };
    if (i == 0) {
        scale.ref = frame->ref->data[0];
        scale.dist = frame->dist->data[0];
        scale.ref_stride = frame->ref->stride[0];
        scale.dist_stride = frame->dist->stride[0];
    }
    if (i + 1 < VIF_SCALES) {
        scale.next_ref = s->ref[i + 1];
        scale.next_dist = s->dist[i + 1];
        scale.next_stride = s->stride[i + 1];
    }
    return scale;
}

/* Sums of one scale; its rows may be cut among threads. */
static void sum_scale(const VifState *s, const VifScale *scale, VifSums *sums)
{
    _Static_assert(sizeof *sums == VIF_SUM_CNT * sizeof(int64_t), "an array");
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->scale,
                             .call = scale,
                             .rows = scale->h,
                             .scratch_size = s->scratch_size,
                             .scratch = s->scratch,
                             .sums = (int64_t *)sums,
                             .sum_cnt = VIF_SUM_CNT,
                         });
}

/* Sums of all scales for several gain limits at once. */
static void sum_scales(const VifState *s, const PyvmafFrame *frame,
                       const double *limit, unsigned cnt,
                       VifSums sums[VIF_SCALES])
{
    bool small = s->w < MIN_REGULAR_SIZE || s->h < MIN_REGULAR_SIZE;
    VifScale scale[VIF_SCALES];
    for (unsigned i = 0; i < VIF_SCALES; i++) {
        scale[i] = scale_call(s, frame, i);
        scale[i].limit = limit;
        scale[i].limit_cnt = i == 0 && s->skip_scale0 ? 0 : cnt;
        if (i == 3 && small)
            vif_scale3_small(&scale[i], &scale[i - 1], &sums[i]);
        else
            sum_scale(s, &scale[i], &sums[i]);
    }
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

static int extract_group(void *state, const PyvmafShare *share, unsigned cnt,
                         const PyvmafFrame *frame)
{
    double limit[VIF_MAX_LIMITS] = { 0 };
    VifSums sums[VIF_SCALES] = { 0 };
    int err = 0;
    for (unsigned v = 0; v < cnt; v++)
        limit[v] = ((const VifState *)share[v].settings)->gain_limit;
    sum_scales(state, frame, limit, cnt, sums);
    for (unsigned v = 0; v < cnt; v++) {
        const VifState *s = share[v].settings;
        Ratio r[VIF_SCALES];
        for (unsigned i = 0; i < VIF_SCALES; i++)
            r[i] = ratio(&sums[i], v);
        if (s->skip_scale0)
            r[0] = (Ratio){ 0.f, -1.f };
        err = extractor_first_error(
            err, publish(s, r, share[v].scores, frame->index));
    }
    return err;
}

static int vif_extract(void *state, const PyvmafFrame *frame,
                       PyvmafScores *scores)
{
    return extract_group(state, &(PyvmafShare){ state, scores }, 1, frame);
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
    .init = vif_init,
    .extract = vif_extract,
    .close = vif_close,
    .compatible = vif_compatible,
    .extract_group = extract_group,
    .share_max = VIF_MAX_LIMITS,
};
