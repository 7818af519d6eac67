/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF: visual information fidelity of luma at four scales.
 *
 * The kernels turn each scale of a frame pair into integer sums and the planes
 * of the next scale; here the sums become a ratio a scale.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "../extractor.h"
#include "../kernel/table.h"
#include "../log.h"
#include "../rows.h"

/* Scale 3 needs one sample, and its window leftovers of one more. */
#define MIN_SIZE 8
/* From here on every scale is wide and high enough for its window. */
#define MIN_REGULAR_SIZE 16

typedef struct VifState {
    bool debug, skip_scale0;
    double gain_limit;
    unsigned w, h, bpc;
    const VmafContext *context;
    VifScaleFn scale;
    void *memory; /* all that follows lies in it */
    void *scratch;
    uint16_t *ref[VIF_SCALES], *dist[VIF_SCALES]; /* of scales 1..3 */
    ptrdiff_t stride[VIF_SCALES];
} VifState;

/* Numerator and denominator of a scale. */
typedef struct Ratio {
    float num, den;
} Ratio;

#define PARAM VMAF_OPTION_FEATURE_PARAM

static const VmafOption options[] = {
    { .name = "debug", .help = "also publish numerators and denominators",
      .type = VMAF_OPTION_BOOL, .offset = offsetof(VifState, debug) },
    { .name = "vif_enhn_gain_limit", .alias = "egl",
      .help = "upper limit of the gain counted as information; 1 is NEG",
      .type = VMAF_OPTION_DOUBLE, .offset = offsetof(VifState, gain_limit),
      .default_number = 100, .min = 1, .max = 100, .flags = PARAM },
    { .name = "vif_skip_scale0", .alias = "ssclz",
      .help = "leave out scale 0, the largest part of the work",
      .type = VMAF_OPTION_BOOL, .offset = offsetof(VifState, skip_scale0),
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

static size_t align(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

/* One block: scratch, then the planes of scales 1..3. */
static int vif_alloc(VifState *s)
{
    size_t size = align(vif_scratch_size(s->w, s->h)), plane[VIF_SCALES];
    for (unsigned i = 1; i < VIF_SCALES; i++) {
        s->stride[i] = (ptrdiff_t)align((s->w >> i) * sizeof(uint16_t));
        plane[i] = (size_t)s->stride[i] * (s->h >> i);
        size += 2 * plane[i];
    }
    char *at = s->memory = aligned_alloc(64, size);
    if (!at)
        return -ENOMEM;
    s->scratch = at;
    at += align(vif_scratch_size(s->w, s->h));
    for (unsigned i = 1; i < VIF_SCALES; i++) {
        s->ref[i] = (uint16_t *)at;
        s->dist[i] = (uint16_t *)(at + plane[i]);
        at += 2 * plane[i];
    }
    return 0;
}

static int vif_init(void *state, const VmafExtractorInit *init)
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
    s->scale = kernel_table(init->cpu_flags)->vif_scale;
    return vif_alloc(s);
}

static int vif_close(void *state)
{
    VifState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

/* What the kernel gets for scale `i`. */
static VifScale describe(const VifState *s, const VmafFrame *frame, unsigned i)
{
    VifScale scale = {
        .w = s->w >> i, .h = s->h >> i, .bpc = s->bpc, .scale = i,
        .row_end = s->h >> i, .scratch = s->scratch,
        .ref = s->ref[i], .dist = s->dist[i],
        .ref_stride = s->stride[i], .dist_stride = s->stride[i],
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

typedef struct ScaleCall {
    VifScaleFn run;
    VifScale scale;
    VifSums sums[ROWS_MAX_PARTS];
} ScaleCall;

static void run_rows(void *arg, const RowRange *range)
{
    ScaleCall *call = arg;
    VifScale scale = call->scale;
    scale.row_begin = range->begin;
    scale.row_end = range->end;
    scale.scratch = range->scratch;
    call->run(&scale, &call->sums[range->part]);
}

static void add(VifSums *sums, const VifSums *part)
{
    for (unsigned v = 0; v < VIF_MAX_LIMITS; v++)
        sums->num_log[v] += part->num_log[v];
    sums->den_log += part->den_log;
    sums->num_non_log += part->num_non_log;
    sums->non_log_cnt += part->non_log_cnt;
}

/* Sums of one scale; its rows may be cut among threads. */
static void measure_scale(const VifState *s, const VifScale *scale,
                          VifSums *sums)
{
    ScaleCall call = { .run = s->scale, .scale = *scale };
    const RowCall rows = {
        .rows = scale->h,
        .scratch_size = vif_scratch_size(s->w, s->h),
        .scratch = s->scratch,
        .run = run_rows,
        .arg = &call,
    };
    const unsigned parts = rows_run(s->context, &rows);
    *sums = call.sums[0];
    for (unsigned i = 1; i < parts; i++)
        add(sums, &call.sums[i]);
}

/* Sums of all scales for several gain limits at once. */
static void measure(const VifState *s, const VmafFrame *frame,
                    const double *limit, unsigned cnt,
                    VifSums sums[VIF_SCALES])
{
    bool small = s->w < MIN_REGULAR_SIZE || s->h < MIN_REGULAR_SIZE;
    VifScale scale[VIF_SCALES];
    for (unsigned i = 0; i < VIF_SCALES; i++) {
        scale[i] = describe(s, frame, i);
        scale[i].limit = limit;
        scale[i].limit_cnt = i == 0 && s->skip_scale0 ? 0 : cnt;
        if (i == 3 && small)
            vif_scale3_small(&scale[i], &scale[i - 1], &sums[i]);
        else
            measure_scale(s, &scale[i], &sums[i]);
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
                   VmafScores *scores, unsigned index)
{
    double num = 0., den = 0.;
    for (unsigned i = s->skip_scale0; i < VIF_SCALES; i++) {
        num += (double)r[i].num;
        den += (double)r[i].den;
    }
    /* A skipped scale 0 is 0 / -1, and its ratio 0, not -0. */
    const double value[] = {
        (double)(r[0].num / r[0].den) + 0., (double)(r[1].num / r[1].den),
        (double)(r[2].num / r[2].den), (double)(r[3].num / r[3].den),
        /* debug */
        den == 0. ? 1. : num / den, num, den,
        (double)r[0].num, (double)r[0].den, (double)r[1].num, (double)r[1].den,
        (double)r[2].num, (double)r[2].den, (double)r[3].num, (double)r[3].den,
    };
    unsigned cnt = s->debug ? sizeof(value) / sizeof(value[0]) : VIF_SCALES;
    int err = 0;
    for (unsigned i = 0; i < cnt; i++)
        err = extractor_first_error(
            err, vmaf_scores_append(scores, features[i], value[i], index));
    return err;
}

static int extract_group(void *const state[], VmafScores *const scores[],
                         unsigned cnt, const VmafFrame *frame)
{
    const VifState *const *s = (const VifState *const *)state;
    double limit[VIF_MAX_LIMITS] = { 0 };
    VifSums sums[VIF_SCALES];
    int err = 0;
    for (unsigned v = 0; v < cnt; v++)
        limit[v] = s[v]->gain_limit;
    measure(s[0], frame, limit, cnt, sums);
    for (unsigned v = 0; v < cnt && !err; v++) {
        Ratio r[VIF_SCALES];
        for (unsigned i = 0; i < VIF_SCALES; i++)
            r[i] = ratio(&sums[i], v);
        if (s[v]->skip_scale0)
            r[0] = (Ratio){ 0.f, -1.f };
        err = publish(s[v], r, scores[v], frame->index);
    }
    return err;
}

static int vif_extract(void *state, const VmafFrame *frame, VmafScores *scores)
{
    return extract_group(&state, &scores, 1, frame);
}

/* Moments do not depend on the gain limit. */
static bool compatible(const void *state, const void *other)
{
    const VifState *s = state, *o = other;
    return s->skip_scale0 == o->skip_scale0;
}

const ExtractorGroup extractor_vif_group = {
    .max = VIF_MAX_LIMITS,
    .compatible = compatible,
    .extract = extract_group,
};

const VmafExtractor extractor_vif = {
    .name = "vif",
    .help = "visual information fidelity at four scales, fixed point",
    .features = features,
    .options = options,
    .state_size = sizeof(VifState),
    .init = vif_init,
    .extract = vif_extract,
    .close = vif_close,
};
