/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM: how much detail of luma survives (DLM, published as adm2), how much
 * impairment was added (AIM), and a blend of both (adm3).
 *
 * The kernels turn each scale of a frame pair into integer sums and the low
 * bands that the next scale starts from; adm_csf.c gives their contrast
 * sensitivities, adm_score.c makes scores of their sums.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "../extractor.h"
#include "../kernel/table.h"
#include "../log.h"
#include "../rows.h"
#include "adm_score.h"

typedef struct AdmState {
    bool debug, skip_aim;
    double gain_limit;
    AdmViewing viewing;
    AdmWeights weights;
    unsigned w, h, bpc;
    const VmafContext *context;
    AdmScaleFn scale;
    AdmCsf csf[ADM_SCALES];
    void *memory; /* all that follows lies in it */
    void *scratch;
    void *low[ADM_SCALES - 1][2]; /* reference, distorted */
    ptrdiff_t low_stride[ADM_SCALES - 1];
} AdmState;

#define PARAM VMAF_OPTION_FEATURE_PARAM
#define AT(field) offsetof(AdmState, field)

static const VmafOption options[] = {
    { .name = "debug", .help = "also publish numerators and denominators",
      .type = VMAF_OPTION_BOOL, .offset = AT(debug) },
    { .name = "adm_csf_scale", .alias = "scf",
      .help = "factor of the horizontal and vertical sensitivity, mode 1 only",
      .type = VMAF_OPTION_DOUBLE, .offset = AT(viewing.csf_scale),
      .default_number = 1, .min = 0, .max = 50, .flags = PARAM },
    { .name = "adm_csf_diag_scale", .alias = "scfd",
      .help = "factor of the diagonal sensitivity, mode 1 only",
      .type = VMAF_OPTION_DOUBLE, .offset = AT(viewing.csf_diag_scale),
      .default_number = 1, .min = 0, .max = 50, .flags = PARAM },
    { .name = "adm_dlm_weight", .alias = "dlmw",
      .help = "weight of adm2 in adm3, the rest is aim's",
      .type = VMAF_OPTION_DOUBLE, .offset = AT(weights.dlm),
      .default_number = 0.5, .min = 0, .max = 1, .flags = PARAM },
    { .name = "adm_enhn_gain_limit", .alias = "egl",
      .help = "upper limit of the gain counted as detail; 1 is NEG",
      .type = VMAF_OPTION_DOUBLE, .offset = AT(gain_limit),
      .default_number = 100, .min = 1, .max = 100, .flags = PARAM },
    { .name = "adm_norm_view_dist", .alias = "nvd",
      .help = "viewing distance in display heights",
      .type = VMAF_OPTION_DOUBLE, .offset = AT(viewing.distance),
      .default_number = 3, .min = 0.75, .max = 24, .flags = PARAM },
    { .name = "adm_ref_display_height", .alias = "rdh",
      .help = "display height in pixels", .type = VMAF_OPTION_INT,
      .offset = AT(viewing.height), .default_number = 1080, .min = 1,
      .max = 4320, .flags = PARAM },
    { .name = "adm_csf_mode", .alias = "csf",
      .help = "contrast sensitivity: 0 Watson, 1 Barten, 2 a blend, 3 a blend "
              "fitted to absolute errors",
      .type = VMAF_OPTION_INT, .offset = AT(viewing.csf_mode), .min = 0,
      .max = 3, .flags = PARAM },
    { .name = "adm_noise_weight", .alias = "nw",
      .help = "noise floor under numerators and denominators",
      .type = VMAF_OPTION_DOUBLE, .offset = AT(weights.noise),
      .default_number = 0.03125, .min = 0, .max = 1500, .flags = PARAM },
    { .name = "adm_skip_aim", .help = "leave aim out; it becomes 0",
      .type = VMAF_OPTION_BOOL, .offset = AT(skip_aim) },
    { .name = "adm_skip_scale0", .alias = "ssz",
      .help = "leave out scale 0, the largest part of the work",
      .type = VMAF_OPTION_BOOL, .offset = AT(weights.skip_scale0),
      .flags = PARAM },
    { .name = "adm_min_val", .alias = "min", .help = "lower clip of adm3",
      .type = VMAF_OPTION_DOUBLE, .offset = AT(weights.min_val), .min = 0,
      .max = 1, .flags = PARAM },
    { .name = NULL },
};

static const char *const features[] = {
    "VMAF_integer_feature_adm2_score",
    "VMAF_integer_feature_aim_score",
    "VMAF_integer_feature_adm3_score",
    "integer_adm_scale0",
    "integer_adm_scale1",
    "integer_adm_scale2",
    "integer_adm_scale3",
    "integer_adm",
    "integer_adm_num",
    "integer_adm_den",
    "integer_adm_num_scale0",
    "integer_adm_den_scale0",
    "integer_adm_num_scale1",
    "integer_adm_den_scale1",
    "integer_adm_num_scale2",
    "integer_adm_den_scale2",
    "integer_adm_num_scale3",
    "integer_adm_den_scale3",
    NULL,
};

static size_t align(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

/* The input size of a scale. */
static unsigned halve(unsigned size, unsigned times)
{
    return ((size - 1) >> times) + 1;
}

/* One block: scratch, then the low bands of scales 0..2. */
static int adm_alloc(AdmState *s)
{
    size_t scratch = align(adm_scratch_size(s->w, s->h));
    size_t size = scratch, plane[ADM_SCALES - 1];
    for (unsigned i = 0; i < ADM_SCALES - 1; i++) {
        size_t sample = i ? sizeof(int32_t) : sizeof(int16_t);
        s->low_stride[i] = (ptrdiff_t)align(halve(s->w, i + 1) * sample);
        plane[i] = (size_t)s->low_stride[i] * halve(s->h, i + 1);
        size += 2 * plane[i];
    }
    char *at = s->memory = aligned_alloc(64, size);
    if (!at)
        return -ENOMEM;
    s->scratch = at;
    at += scratch;
    for (unsigned i = 0; i < ADM_SCALES - 1; i++) {
        s->low[i][0] = at;
        s->low[i][1] = at + plane[i];
        at += 2 * plane[i];
    }
    return 0;
}

static int adm_init(void *state, const VmafExtractorInit *init)
{
    AdmState *s = state;
    if (init->w < ADM_MIN_SIZE || init->h < ADM_MIN_SIZE) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "adm: picture of %ux%u; four scales need %ux%u or more",
                 init->w, init->h, ADM_MIN_SIZE, ADM_MIN_SIZE);
        return -EINVAL;
    }
    int err = adm_csf(s->csf, &s->viewing);
    if (err)
        return err;
    s->w = init->w;
    s->h = init->h;
    s->bpc = init->bpc;
    s->context = init->context;
    s->scale = kernel_table(init->cpu_flags)->adm_scale;
    return adm_alloc(s);
}

static int adm_close(void *state)
{
    AdmState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

/* What the kernel gets for scale `i`, but for the variants. */
static AdmScale describe(const AdmState *s, const VmafFrame *frame, unsigned i)
{
    AdmScale scale = {
        .w = halve(s->w, i), .h = halve(s->h, i), .bpc = s->bpc, .scale = i,
        .row_end = halve(s->h, i + 1), .scratch = s->scratch,
    };
    if (i == 0) {
        scale.ref = frame->ref->data[0];
        scale.dist = frame->dist->data[0];
        scale.ref_stride = frame->ref->stride[0];
        scale.dist_stride = frame->dist->stride[0];
    } else {
        scale.ref = s->low[i - 1][0];
        scale.dist = s->low[i - 1][1];
        scale.ref_stride = scale.dist_stride = s->low_stride[i - 1];
    }
    if (i + 1 < ADM_SCALES) {
        scale.low_ref = s->low[i][0];
        scale.low_dist = s->low[i][1];
        scale.low_stride = s->low_stride[i];
    }
    return scale;
}

typedef struct ScaleCall {
    AdmScaleFn run;
    AdmScale scale;
    AdmSums sums[ROWS_MAX_PARTS];
} ScaleCall;

static void run_rows(void *arg, const RowRange *range)
{
    ScaleCall *call = arg;
    AdmScale scale = call->scale;
    scale.row_begin = range->begin;
    scale.row_end = range->end;
    scale.scratch = range->scratch;
    call->run(&scale, &call->sums[range->part]);
}

/* Only members that were asked for are written. */
static void add(AdmSums *sums, const AdmSums *part, unsigned variants)
{
    for (unsigned q = 0; q < 3 && variants; q++) {
        sums->den[q] += part->den[q];
        for (unsigned v = 0; v < variants; v++) {
            sums->num[v][q] += part->num[v][q];
            sums->aim[v][q] += part->aim[v][q];
        }
    }
}

/* Sums of one scale; its rows may be cut among threads. */
static void measure_scale(const AdmState *s, const AdmScale *scale,
                          AdmSums *sums)
{
    ScaleCall call = { .run = s->scale, .scale = *scale };
    const RowCall rows = {
        .rows = scale->row_end,
        .scratch_size = adm_scratch_size(s->w, s->h),
        .scratch = s->scratch,
        .run = run_rows,
        .arg = &call,
    };
    const unsigned parts = rows_run(s->context, &rows);
    *sums = call.sums[0];
    for (unsigned i = 1; i < parts; i++)
        add(sums, &call.sums[i], scale->variant_cnt);
}

/* All states have the same picture size and treat scale 0 alike. */
static void measure(void *const state[], unsigned cnt, const VmafFrame *frame,
                    AdmParts parts[][ADM_SCALES])
{
    const AdmState *first = state[0];
    for (unsigned i = 0; i < ADM_SCALES; i++) {
        bool skip = i == 0 && first->weights.skip_scale0;
        AdmScale scale = describe(first, frame, i);
        AdmVariant variant[ADM_MAX_VARIANTS];
        AdmSums sums;
        AdmPlan plan;
        for (unsigned v = 0; v < cnt; v++) {
            const AdmState *s = state[v];
            variant[v].gain_limit = s->gain_limit;
            variant[v].skip_aim = s->skip_aim;
            for (unsigned q = 0; q < 3; q++)
                variant[v].factor[q] = s->csf[i].fixed[q];
        }
        scale.variant = variant;
        scale.variant_cnt = skip ? 0 : cnt;
        measure_scale(first, &scale, &sums);
        adm_plan(&plan, &scale);
        for (unsigned v = 0; v < cnt; v++) {
            const AdmState *s = state[v];
            parts[v][i] = skip ? adm_score_skipped()
                               : adm_score_scale(&plan, &sums, v, &s->csf[i],
                                                 s->weights.noise);
        }
    }
}

static int publish(const AdmState *s, const AdmParts parts[ADM_SCALES],
                   VmafScores *scores, unsigned index)
{
    AdmScore score = adm_score(parts, &s->weights, (double)s->w * s->h);
    double value[] = {
        score.adm2, score.aim, score.adm3,
        score.scale[0], score.scale[1], score.scale[2], score.scale[3],
        /* debug */
        score.adm2, score.num, score.den,
        parts[0].num, parts[0].den, parts[1].num, parts[1].den,
        parts[2].num, parts[2].den, parts[3].num, parts[3].den,
    };
    unsigned cnt = s->debug ? sizeof(value) / sizeof(value[0]) : 7;
    int err = 0;
    for (unsigned i = 0; i < cnt; i++)
        err = extractor_first_error(
            err, vmaf_scores_append(scores, features[i], value[i], index));
    return err;
}

static int extract_group(void *const state[], VmafScores *const scores[],
                         unsigned cnt, const VmafFrame *frame)
{
    AdmParts parts[ADM_MAX_VARIANTS][ADM_SCALES];
    int err = 0;
    measure(state, cnt, frame, parts);
    for (unsigned v = 0; v < cnt && !err; v++)
        err = publish(state[v], parts[v], scores[v], frame->index);
    return err;
}

static int adm_extract(void *state, const VmafFrame *frame, VmafScores *scores)
{
    return extract_group(&state, &scores, 1, frame);
}

static bool compatible(const void *state, const void *other)
{
    const AdmState *s = state, *o = other;
    return s->weights.skip_scale0 == o->weights.skip_scale0;
}

const ExtractorGroup extractor_adm_group = {
    .max = ADM_MAX_VARIANTS,
    .compatible = compatible,
    .extract = extract_group,
};

const VmafExtractor extractor_adm = {
    .name = "adm",
    .help = "detail loss and added impairment at four scales, fixed point",
    .features = features,
    .options = options,
    .state_size = sizeof(AdmState),
    .init = adm_init,
    .extract = adm_extract,
    .close = adm_close,
};
