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

#include "engine/extractor.h"
#include "kernel/adm/adm_plan.h"
#include "kernel/table.h"
#include "engine/rows.h"
#include "adm_options.h"
#include "debug_option.h"
#include "adm_score.h"
#include "memory.h"

typedef struct AdmState {
    bool debug, skip_aim;
    double gain_limit;
    AdmViewing viewing;
    AdmWeights weights;
    unsigned w, h, bpc;
    const VmafContext *context;
    const AdmKernels *kernels;
    AdmCsf csf[ADM_SCALES];
    Scratch scratch;
    void *memory;                 /* all that follows lies in it */
    void *low[ADM_SCALES - 1][2]; /* reference, distorted */
    ptrdiff_t low_stride[ADM_SCALES - 1];
} AdmState;

#define PARAM PYVMAF_OPTION_FEATURE_PARAM
#define AT(field) offsetof(AdmState, field)

static const PyvmafOption options[] = {
    DEBUG_OPTION(AdmState, "numerators and denominators", false),
    ADM_OPTION_CSF_SCALE(AdmState, viewing.csf_scale),
    ADM_OPTION_CSF_DIAG_SCALE(AdmState, viewing.csf_diag_scale),
    ADM_OPTION_DLM_WEIGHT(AdmState, weights.dlm),
    ADM_OPTION_GAIN_LIMIT(AdmState, gain_limit),
    ADM_OPTION_NORM_VIEW_DIST(AdmState, viewing.distance),
    ADM_OPTION_REF_DISPLAY_HEIGHT(AdmState, viewing.height, "rdh"),
    { .name = "adm_csf_mode",
      .alias = "csf",
      .help = "contrast sensitivity: 0 Watson, 1 Barten, 2 a blend, 3 a blend "
              "fitted to absolute errors",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(viewing.csf_mode),
      .min = 0,
      .max = 3,
      .flags = PARAM },
    ADM_OPTION_NOISE_WEIGHT(AdmState, weights.noise),
    { .name = "adm_skip_aim",
      .help = "leave aim out; it becomes 0",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(skip_aim) },
    ADM_OPTION_SKIP_SCALE0(AdmState, weights.skip_scale0),
    ADM_OPTION_MIN_VAL(AdmState, weights.min_val),
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

/* The input size of a scale. */
static unsigned halve(unsigned size, unsigned times)
{
    return ((size - 1) >> times) + 1;
}

/* The low bands of scales 0..2. */
static void lay_out(void *state, Workspace *ws)
{
    AdmState *s = state;
    for (unsigned i = 0; i < ADM_SCALES - 1; i++) {
        const size_t sample = i ? sizeof(int32_t) : sizeof(int16_t);
        const size_t row = workspace_align(halve(s->w, i + 1) * sample);
        s->low_stride[i] = (ptrdiff_t)row;
        for (unsigned side = 0; side < 2; side++)
            s->low[i][side] = workspace_take(ws, row * halve(s->h, i + 1));
    }
}

/* What depends on the viewing conditions only. */
static int adm_configure(void *state, PyvmafNeeds *needs)
{
    AdmState *s = state;
    (void)needs;
    return adm_csf(s->csf, &s->viewing);
}

static int adm_init(void *state, const PyvmafExtractorInit *init)
{
    AdmState *s = state;
    const int err =
        extractor_check_size(init, ADM_MIN_SIZE, "adm", "four scales need");
    if (err)
        return err;
    s->w = init->w;
    s->h = init->h;
    s->bpc = init->bpc;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->adm;
    _Static_assert(WORKSPACE_ALIGN % ADM_LOW_ALIGN == 0, "rows of low bands");
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int adm_close(void *state)
{
    AdmState *s = state;
    free(s->scratch.memory);
    free(s->memory);
    s->memory = NULL;
    return 0;
}

/* What the kernel gets for scale `i`, but for the lanes. */
static AdmScale scale_call(const AdmState *s, const PyvmafFrame *frame,
                           unsigned i)
{
    AdmScale scale = {
        .w = halve(s->w, i),
        .h = halve(s->h, i),
        .bpc = s->bpc,
        .scale = i,
        .ref = i ? s->low[i - 1][0] : frame->ref->data[0],
        .ref_stride = i ? s->low_stride[i - 1] : frame->ref->stride[0],
    };
    if (i + 1 < ADM_SCALES) {
        scale.low_ref = s->low[i][0];
        scale.low_stride = s->low_stride[i];
    }
    return scale;
}

/* The distorted picture of a lane at scale `i`, and its variants. */
static AdmLane lane_call(const PyvmafLane *lane, AdmVariant *variant,
                         unsigned i)
{
    const AdmState *s = lane->state;
    const VmafPicture *dist = lane->frame->dist;
    const bool skip = i == 0 && s->weights.skip_scale0;
    for (unsigned v = 0; v < lane->cnt; v++) {
        const AdmState *its = lane->share[v].settings;
        variant[v].gain_limit = its->gain_limit;
        variant[v].skip_aim = its->skip_aim;
        for (unsigned q = 0; q < 3; q++)
            variant[v].factor[q] = its->csf[i].fixed[q];
    }
    return (AdmLane){
        .dist = i ? s->low[i - 1][1] : dist->data[0],
        .dist_stride = i ? s->low_stride[i - 1] : dist->stride[0],
        .low_dist = i + 1 < ADM_SCALES ? s->low[i][1] : NULL,
        .variant = variant,
        .variant_cnt = skip ? 0 : lane->cnt,
    };
}

/* Sums of one scale; its rows may be cut among threads. -ENOMEM. */
static int sum_scale(AdmState *s, const AdmScale *scale, AdmSums *sums)
{
    const size_t scratch_size = s->kernels->scratch_size(scale);
    void *scratch = scratch_of(&s->scratch, scratch_size);
    _Static_assert(sizeof *sums == ADM_SUM_CNT * sizeof(int64_t), "an array");
    _Static_assert(ADM_SUM_CNT * ADM_MAX_LANES <= ROWS_MAX_SUMS,
                   "of all lanes");
    if (!scratch)
        return -ENOMEM;
    rows_sum(s->context, &(RowCall){
                             .run = s->kernels->scale,
                             .call = scale,
                             .rows = (scale->h + 1) / 2,
                             .scratch_size = scratch_size,
                             .scratch = scratch,
                             .sums = (int64_t *)sums,
                             .sum_cnt = ADM_SUM_CNT * scale->lane_cnt,
                         });
    return 0;
}

/* All shares treat scale 0 alike. */
static void score_scale(const PyvmafLane *lane, const AdmPlan *plan,
                        const AdmSums *sums, AdmParts parts[][ADM_SCALES])
{
    const unsigned i = plan->scale;
    for (unsigned v = 0; v < lane->cnt; v++) {
        const AdmState *s = lane->share[v].settings;
        parts[v][i] =
            i == 0 && s->weights.skip_scale0
                ? adm_score_skipped()
                : adm_score_scale(plan, sums, v, &s->csf[i], s->weights.noise);
    }
}

static int publish(const AdmState *s, const AdmParts parts[ADM_SCALES],
                   const PyvmafFrame *frame, PyvmafScores *scores)
{
    const double area = (double)frame->ref->w[0] * frame->ref->h[0];
    AdmScore score = adm_score(parts, &s->weights, area);
    double value[] = {
        score.adm2,
        score.aim,
        score.adm3,
        score.scale[0],
        score.scale[1],
        score.scale[2],
        score.scale[3],
        /* debug */
        score.adm2,
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
    unsigned cnt = s->debug ? sizeof(value) / sizeof(value[0]) : 7;
    int err = 0;
    for (unsigned i = 0; i < cnt; i++)
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, i, value[i], frame->index));
    return err;
}

/* Sums and scores of all lanes; planes of the reference are the first one's. */
static int score_lanes(const PyvmafLane *lane, unsigned cnt, unsigned i,
                       AdmParts parts[][ADM_MAX_VARIANTS][ADM_SCALES])
{
    AdmScale scale = scale_call(lane->state, lane->frame, i);
    AdmVariant variant[ADM_MAX_LANES][ADM_MAX_VARIANTS];
    AdmLane part[ADM_MAX_LANES];
    AdmSums sums[ADM_MAX_LANES];
    AdmPlan plan;
    for (unsigned k = 0; k < cnt; k++)
        part[k] = lane_call(&lane[k], variant[k], i);
    scale.lane = part;
    scale.lane_cnt = cnt;
    if (sum_scale(lane->state, &scale, sums))
        return -ENOMEM;
    adm_plan(&plan, &scale, &(Rows){ 0, (scale.h + 1) / 2, NULL });
    for (unsigned k = 0; k < cnt; k++)
        score_scale(&lane[k], &plan, &sums[k], parts[k]);
    return 0;
}

/* No more lanes and variants than the kernel takes. */
static void extract_some(PyvmafLane *lane, unsigned cnt)
{
    AdmParts parts[ADM_MAX_LANES][ADM_MAX_VARIANTS][ADM_SCALES];
    int err = 0;
    for (unsigned i = 0; i < ADM_SCALES && !err; i++)
        err = score_lanes(lane, cnt, i, parts);
    for (unsigned k = 0; k < cnt; k++) {
        lane[k].err = err;
        for (unsigned v = 0; v < lane[k].cnt && !err; v++)
            lane[k].err = extractor_first_error(
                lane[k].err, publish(lane[k].share[v].settings, parts[k][v],
                                     lane[k].frame, lane[k].share[v].scores));
    }
}

static void adm_extract_lanes(PyvmafLane *lane, unsigned cnt)
{
    while (cnt) {
        unsigned some = 1, variants = lane->cnt;
        while (some < cnt && some < ADM_MAX_LANES &&
               variants + lane[some].cnt <= ADM_MAX_IN_ALL)
            variants += lane[some++].cnt;
        extract_some(lane, some);
        lane += some;
        cnt -= some;
    }
}

/* Viewing conditions and gain limits apply after the transform. */
static bool adm_compatible(const void *settings, const void *other)
{
    const AdmState *s = settings, *o = other;
    return s->weights.skip_scale0 == o->weights.skip_scale0;
}

const PyvmafExtractor extractor_adm = {
    .name = "adm",
    .help = "detail loss and added impairment at four scales, fixed point",
    .features = features,
    .options = options,
    .state_size = sizeof(AdmState),
    .needs = { .unread_ref = PYVMAF_CHROMA, .unread_dist = PYVMAF_CHROMA },
    .configure = adm_configure,
    .init = adm_init,
    .close = adm_close,
    .compatible = adm_compatible,
    .extract_lanes = adm_extract_lanes,
    .share_max = ADM_MAX_VARIANTS,
};
