/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float ADM: how much detail of luma survives (DLM, published as adm2), how
 * much impairment was added (AIM), and a blend of both (adm3), in binary32.
 *
 * The kernel turns each scale of a frame pair into the sums of its rows and the
 * low bands that the next scale starts from; float_adm_score.c has the contrast
 * sensitivities and makes scores of the sums.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/extractor.h"
#include "engine/rows.h"
#include "adm_options.h"
#include "debug_option.h"
#include "float_adm_score.h"
#include "kernel/table.h"
#include "memory.h"

typedef struct FloatAdmState {
    bool debug;
    int no_masking;
    double gain_limit;
    FloatAdmWeights weights;
    float factor[FLOAT_ADM_SCALES][3];
    unsigned w, h, bpc;
    const VmafContext *context;
    const FloatAdmKernels *kernels;
    size_t scratch_size;
    void *memory; /* all that follows lies in it */
    void *scratch;
    FloatAdmRow *row;
    float *low[FLOAT_ADM_SCALES - 1][2]; /* reference, distorted */
    ptrdiff_t low_stride[FLOAT_ADM_SCALES - 1];
} FloatAdmState;

#define PARAM PYVMAF_OPTION_FEATURE_PARAM
#define AT(field) offsetof(FloatAdmState, field)

static const PyvmafOption options[] = {
    DEBUG_OPTION(FloatAdmState, "numerators and denominators", false),
    ADM_OPTION_GAIN_LIMIT(FloatAdmState, gain_limit),
    ADM_OPTION_NORM_VIEW_DIST(FloatAdmState, weights.viewing.distance),
    ADM_OPTION_REF_DISPLAY_HEIGHT(FloatAdmState, weights.viewing.height, "rdf"),
    ADM_OPTION_NOISE_WEIGHT(FloatAdmState, weights.noise),
    ADM_OPTION_CSF_SCALE(FloatAdmState, weights.viewing.csf_scale),
    ADM_OPTION_CSF_DIAG_SCALE(FloatAdmState, weights.viewing.csf_diag_scale),
    { .name = "adm_csf_mode",
      .alias = "csf",
      .help = "contrast sensitivity: 0 and above 2 Watson, 1 Barten, 2 "
              "native",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(weights.viewing.csf_mode),
      .max = 9,
      .flags = PARAM },
    { .name = "adm_bypass_cm",
      .alias = "bcm",
      .help = "1: no masking",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(no_masking),
      .max = 1,
      .flags = PARAM },
    { .name = "adm_adm3_apply_hm",
      .alias = "aah",
      .help = "adm3 is the harmonic mean of adm2 and aim",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(weights.harmonic),
      .flags = PARAM },
    { .name = "adm_p_norm",
      .alias = "apn",
      .help = "exponent of pooling",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(weights.exponent),
      .default_number = 3,
      .min = 1,
      .max = 20,
      .flags = PARAM },
    ADM_OPTION_DLM_WEIGHT(FloatAdmState, weights.dlm),
    ADM_OPTION_MIN_VAL(FloatAdmState, weights.min_val),
    { .name = "adm_f1s0",
      .alias = "f1s0",
      .help = "sensitivity of h and v at scale 0; -1: by the mode",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(weights.factor_hv[0]),
      .default_number = -1,
      .min = -1,
      .max = 10,
      .flags = PARAM },
    { .name = "adm_f1s1",
      .alias = "f1s1",
      .help = "sensitivity of h and v at scale 1; -1: by the mode",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(weights.factor_hv[1]),
      .default_number = -1,
      .min = -1,
      .max = 10,
      .flags = PARAM },
    { .name = "adm_f1s2",
      .alias = "f1s2",
      .help = "sensitivity of h and v at scale 2; -1: by the mode",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(weights.factor_hv[2]),
      .default_number = -1,
      .min = -1,
      .max = 10,
      .flags = PARAM },
    { .name = "adm_f1s3",
      .alias = "f1s3",
      .help = "sensitivity of h and v at scale 3; -1: by the mode",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(weights.factor_hv[3]),
      .default_number = -1,
      .min = -1,
      .max = 10,
      .flags = PARAM },
    { .name = "adm_f2s0",
      .alias = "f2s0",
      .help = "sensitivity of d at scale 0; -1: by the mode",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(weights.factor_d[0]),
      .default_number = -1,
      .min = -1,
      .max = 10,
      .flags = PARAM },
    { .name = "adm_f2s1",
      .alias = "f2s1",
      .help = "sensitivity of d at scale 1; -1: by the mode",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(weights.factor_d[1]),
      .default_number = -1,
      .min = -1,
      .max = 10,
      .flags = PARAM },
    { .name = "adm_f2s2",
      .alias = "f2s2",
      .help = "sensitivity of d at scale 2; -1: by the mode",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(weights.factor_d[2]),
      .default_number = -1,
      .min = -1,
      .max = 10,
      .flags = PARAM },
    { .name = "adm_f2s3",
      .alias = "f2s3",
      .help = "sensitivity of d at scale 3; -1: by the mode",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(weights.factor_d[3]),
      .default_number = -1,
      .min = -1,
      .max = 10,
      .flags = PARAM },
    { .name = "adm_skip_aim_scale",
      .alias = "sasc",
      .help = "leave that scale out of aim",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(weights.skip_aim_scale),
      .default_number = -1,
      .max = 3,
      .flags = PARAM },
    ADM_OPTION_SKIP_SCALE0(FloatAdmState, weights.skip_scale0),
    { .name = NULL },
};

static const char *const features[] = {
    "VMAF_feature_adm2_score",
    "VMAF_feature_aim_score",
    "VMAF_feature_adm3_score",
    "VMAF_feature_adm_scale0_score",
    "VMAF_feature_adm_scale1_score",
    "VMAF_feature_adm_scale2_score",
    "VMAF_feature_adm_scale3_score",
    "adm_num",
    "adm_den",
    "adm_num_scale0",
    "adm_den_scale0",
    "adm_num_scale1",
    "adm_den_scale1",
    "adm_num_scale2",
    "adm_den_scale2",
    "adm_num_scale3",
    "adm_den_scale3",
    NULL,
};

/* adm2 once more; it keeps its name whatever the options. */
static const char *const extras[] = { "adm", NULL };

enum {
    SCORES = 7, /* without debug */
    ADM = sizeof(features) / sizeof(features[0]) -
        1, /* position of extras[0] */
};

/* The input size of a scale. */
static unsigned halve(unsigned size, unsigned times)
{
    return ((size - 1) >> times) + 1;
}

static void lay_out(void *state, Workspace *ws)
{
    FloatAdmState *s = state;
    s->scratch = workspace_take(ws, s->scratch_size);
    s->row = workspace_take(ws, halve(s->h, 1) * sizeof(*s->row));
    for (unsigned i = 0; i < FLOAT_ADM_SCALES - 1; i++) {
        const size_t row = halve(s->w, i + 1) * sizeof(float);
        s->low_stride[i] = (ptrdiff_t)row;
        for (unsigned side = 0; side < 2; side++)
            s->low[i][side] = workspace_take(ws, row * halve(s->h, i + 1));
    }
}

static int float_adm_configure(void *state, PyvmafNeeds *needs)
{
    FloatAdmState *s = state;
    (void)needs;
    for (unsigned i = 0; i < FLOAT_ADM_SCALES; i++)
        float_adm_factors(s->factor[i], &s->weights, i);
    return 0;
}

static int float_adm_init(void *state, const PyvmafExtractorInit *init)
{
    FloatAdmState *s = state;
    const int err = extractor_check_size(init, FLOAT_ADM_MIN_SIZE, "float_adm",
                                         "four scales need");
    if (err)
        return err;
    s->w = init->w;
    s->h = init->h;
    s->bpc = init->bpc;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->float_adm;
    s->scratch_size = s->kernels->scratch_size(s->w);
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int float_adm_close(void *state)
{
    FloatAdmState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

/* What the kernel gets for scale `i`, but for the limits. */
static FloatAdmScale scale_call(const FloatAdmState *s,
                                const PyvmafFrame *frame, unsigned i)
{
    FloatAdmScale scale = {
        .w = halve(s->w, i),
        .h = halve(s->h, i),
        .bits = 32,
        .exponent = (float)s->weights.exponent,
        .no_masking = (unsigned)s->no_masking,
        .row = s->row,
    };
    memcpy(scale.factor, s->factor[i], sizeof(scale.factor));
    if (i == 0) {
        scale.ref = frame->ref->data[0];
        scale.dist = frame->dist->data[0];
        scale.ref_stride = frame->ref->stride[0];
        scale.dist_stride = frame->dist->stride[0];
        scale.bits = s->bpc;
    } else {
        scale.ref = s->low[i - 1][0];
        scale.dist = s->low[i - 1][1];
        scale.ref_stride = scale.dist_stride = s->low_stride[i - 1];
    }
    if (i + 1 < FLOAT_ADM_SCALES) {
        scale.low_ref = s->low[i][0];
        scale.low_dist = s->low[i][1];
        scale.low_stride = s->low_stride[i];
    }
    return scale;
}

/* All scales for several settings, alike up to the sums of rows but for the
 * limit. */
static void measure(const FloatAdmState *s, const PyvmafShare *share,
                    unsigned cnt, const PyvmafFrame *frame,
                    FloatAdmParts parts[][FLOAT_ADM_SCALES])
{
    for (unsigned i = 0; i < FLOAT_ADM_SCALES; i++) {
        const bool skip = i == 0 && s->weights.skip_scale0;
        FloatAdmScale scale = scale_call(s, frame, i);
        const unsigned w = halve(scale.w, 1), h = halve(scale.h, 1);
        scale.limit_cnt = skip ? 0 : cnt;
        for (unsigned v = 0; v < cnt; v++)
            scale.limit[v] =
                ((const FloatAdmState *)share[v].settings)->gain_limit;
        rows_sum(s->context, &(RowCall){
                                 .run = s->kernels->scale,
                                 .call = &scale,
                                 .rows = h,
                                 .scratch_size = s->scratch_size,
                                 .scratch = s->scratch,
                             });
        for (unsigned v = 0; v < cnt; v++) {
            const FloatAdmState *o = share[v].settings;
            parts[v][i] = skip ? float_adm_skipped()
                               : float_adm_sum(s->row, w, h, v, &o->weights);
        }
    }
}

static int publish(const FloatAdmState *s, double area,
                   const FloatAdmParts parts[FLOAT_ADM_SCALES],
                   PyvmafScores *scores, unsigned index)
{
    const FloatAdmScore score = float_adm_score(parts, &s->weights, area);
    const double value[] = {
        score.adm2,
        score.aim,
        score.adm3,
        score.scale[0],
        score.scale[1],
        score.scale[2],
        score.scale[3],
        /* debug */
        score.num,
        score.den,
        parts[0].num,
        parts[0].den,
        parts[1].num,
        parts[1].den,
        parts[2].num,
        parts[2].den,
        parts[3].num,
        parts[3].den,
    };
    const unsigned cnt = s->debug ? sizeof(value) / sizeof(value[0]) : SCORES;
    int err = 0;
    for (unsigned i = 0; i < cnt; i++) {
        if (i == SCORES)
            err = extractor_first_error(
                err, pyvmaf_scores_put(scores, ADM, score.adm2, index));
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, i, value[i], index));
    }
    return err;
}

static int extract_group(void *state, const PyvmafShare *share, unsigned cnt,
                         const PyvmafFrame *frame)
{
    FloatAdmParts parts[FLOAT_ADM_MAX_LIMITS][FLOAT_ADM_SCALES];
    const FloatAdmState *instance = state;
    const double area = (double)instance->w * instance->h;
    int err = 0;
    measure(state, share, cnt, frame, parts);
    for (unsigned v = 0; v < cnt; v++)
        err = extractor_first_error(err,
                                    publish(share[v].settings, area, parts[v],
                                            share[v].scores, frame->index));
    return err;
}

static int float_adm_extract(void *state, const PyvmafFrame *frame,
                             PyvmafScores *scores)
{
    return extract_group(state, &(PyvmafShare){ state, scores }, 1, frame);
}

/* Limits, and what comes after the sums of rows, may differ. */
static bool float_adm_compatible(const void *settings, const void *other)
{
    const FloatAdmState *s = settings, *o = other;
    return s->no_masking == o->no_masking &&
           s->weights.exponent == o->weights.exponent &&
           s->weights.skip_scale0 == o->weights.skip_scale0 &&
           !memcmp(s->factor, o->factor, sizeof(s->factor));
}

const PyvmafExtractor extractor_float_adm = {
    .name = "float_adm",
    .help = "detail loss and added impairment at four scales, floating point",
    .features = features,
    .extras = extras,
    .options = options,
    .state_size = sizeof(FloatAdmState),
    .needs = { .unread_ref = PYVMAF_CHROMA, .unread_dist = PYVMAF_CHROMA },
    .configure = float_adm_configure,
    .init = float_adm_init,
    .extract = float_adm_extract,
    .close = float_adm_close,
    .compatible = float_adm_compatible,
    .extract_group = extract_group,
    .share_max = FLOAT_ADM_MAX_LIMITS,
};
