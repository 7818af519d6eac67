/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float VIF: visual information fidelity of luma at four scales, in binary32.
 *
 * The kernels turn each scale of a frame pair into the sums of its rows and the
 * planes of the next scale; here they become a ratio per scale.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/extractor.h"
#include "engine/log.h"
#include "engine/rows.h"
#include "float_resize.h"
#include "kernel/float_vif/float_vif.h"
#include "kernel/table.h"
#include "debug_option.h"
#include "memory.h"
#include "vif_options.h"

#define PI 3.14159265358979323846

typedef struct FloatVifState {
    bool debug, skip_scale0;
    double gain_limit, kernel_scale, prescale, noise;
    double min_val[FLOAT_VIF_SCALES]; /* of scales 1 to 3 */
    const char *prescale_method;
    enum FloatResizeMethod method;
    FloatVifTaps taps[FLOAT_VIF_SCALES];
    unsigned from_w, from_h, bpc; /* of the pictures */
    unsigned w, h;                /* of scale 0 */
    const VmafContext *context;
    const FloatVifKernels *kernels;
    size_t scratch_size;
    void *memory; /* all that follows lies in it */
    void *scratch;
    FloatVifRow *row;
    /* Of scale 0 when the pictures are resized. */
    float *ref[FLOAT_VIF_SCALES], *dist[FLOAT_VIF_SCALES];
    ptrdiff_t stride[FLOAT_VIF_SCALES];
} FloatVifState;

/* Numerator and denominator of a scale. */
typedef struct Ratio {
    double num, den;
} Ratio;

#define PARAM PYVMAF_OPTION_FEATURE_PARAM
#define AT(field) offsetof(FloatVifState, field)

static const PyvmafOption options[] = {
    DEBUG_OPTION(FloatVifState, "numerators and denominators", false),
    VIF_OPTION_GAIN_LIMIT(FloatVifState, gain_limit),
    { .name = "vif_kernelscale",
      .alias = "ks",
      .help = "width of the windows as a factor; some values only",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(kernel_scale),
      .default_number = 1,
      .min = 0.1,
      .max = 4,
      .flags = PARAM },
    { .name = "vif_prescale",
      .alias = "ps",
      .help = "resize both pictures by this factor first",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(prescale),
      .default_number = 1,
      .min = 0.1,
      .max = 4,
      .flags = PARAM },
    { .name = "vif_prescale_method",
      .alias = "pm",
      .help = "how to resize: nearest, bilinear, bicubic, lanczos4",
      .type = PYVMAF_OPTION_STRING,
      .offset = AT(prescale_method),
      .default_text = "nearest",
      .flags = PARAM },
    { .name = "vif_scale1_min_val",
      .alias = "s1miv",
      .help = "lower clip of scale 1",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(min_val[1]),
      .max = 1,
      .flags = PARAM },
    { .name = "vif_scale2_min_val",
      .alias = "s2miv",
      .help = "lower clip of scale 2",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(min_val[2]),
      .max = 1,
      .flags = PARAM },
    { .name = "vif_scale3_min_val",
      .alias = "s3miv",
      .help = "lower clip of scale 3",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(min_val[3]),
      .max = 1,
      .flags = PARAM },
    { .name = "vif_sigma_nsq",
      .alias = "snsq",
      .help = "variance of the visual channel's noise",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(noise),
      .default_number = 2,
      .max = 5,
      .flags = PARAM },
    VIF_OPTION_SKIP_SCALE0(FloatVifState, skip_scale0),
    { .name = NULL },
};

static const char *const features[] = {
    "VMAF_feature_vif_scale0_score",
    "VMAF_feature_vif_scale1_score",
    "VMAF_feature_vif_scale2_score",
    "VMAF_feature_vif_scale3_score",
    "vif",
    "vif_num",
    "vif_den",
    "vif_num_scale0",
    "vif_den_scale0",
    "vif_num_scale1",
    "vif_den_scale1",
    "vif_num_scale2",
    "vif_den_scale2",
    "vif_num_scale3",
    "vif_den_scale3",
    NULL,
};

/* The windows of these factors, and of what lies within a thousandth. */
static const float kernel_scales[] = {
    1.f / 2.25f, 1.f / 2,  2.f / 3,   0.711111f, 0.740740f, 1.f,     1.06667f,
    1.111111f,   3.5f / 3, 3.75f / 3, 4.f / 3,   4.25f / 3, 1.4746f, 3.f / 2,
    1.54f,       1.6f,     5.f / 3,   2.f,       2.4f,      3.f,     360.f / 97,
};

static int check_kernel_scale(double factor)
{
    const unsigned cnt = sizeof(kernel_scales) / sizeof(kernel_scales[0]);
    for (unsigned i = 0; i < cnt; i++)
        if (fabsf((float)factor - kernel_scales[i]) < 1e-3f)
            return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "float_vif: vif_kernelscale=%g; it must be 1/2.25, 1/2, 2/3, "
             "0.711111, 0.74074, 1, 1.06667, 1.111111, 3.5/3, 3.75/3, 4/3, "
             "4.25/3, 1.4746, 3/2, 1.54, 1.6, 5/3, 2, 2.4, 3 or 360/97",
             factor);
    return -EINVAL;
}

static int find_method(FloatVifState *s)
{
    for (unsigned i = 0; i < FLOAT_RESIZE_METHODS; i++) {
        if (s->prescale_method &&
            !strcmp(s->prescale_method, float_resize_names[i])) {
            s->method = (enum FloatResizeMethod)i;
            return 0;
        }
    }
    log_line(VMAF_LOG_LEVEL_ERROR,
             "float_vif: vif_prescale_method=%s; it must be nearest, "
             "bilinear, bicubic or lanczos4",
             s->prescale_method ? s->prescale_method : "");
    return -EINVAL;
}

/* A Gaussian five standard deviations wide, normalized to the sum 1. The
 * exponentials are rounded to binary32, which hides what C libraries differ
 * in. */
static FloatVifTaps make_taps(unsigned scale, float factor)
{
    FloatVifTaps taps = { .cnt = (unsigned)ceilf((float)((16u >> scale) + 1) *
                                                 factor) };
    taps.cnt += taps.cnt % 2 == 0;
    if (taps.cnt < 3)
        taps.cnt = 3;
    const float deviation = (float)taps.cnt / 5.f;
    const float peak = (float)(1. / ((double)deviation * sqrt(2. * PI)));
    float sum = 0.f;
    for (unsigned i = 0; i < taps.cnt; i++) {
        const double sd = (double)deviation;
        const double d = (double)i - (double)(taps.cnt / 2);
        const float e = (float)exp((((-0.5 * d) / sd) * d) / sd);
        taps.tap[i] = e / peak;
        sum += taps.tap[i];
    }
    for (unsigned i = 0; i < taps.cnt; i++)
        taps.tap[i] /= sum;
    return taps;
}

/* Filters mirror about the edges; no window may reach further than that. */
static int check_size(const FloatVifState *s)
{
    unsigned least = 0;
    for (unsigned i = 0; i < FLOAT_VIF_SCALES; i++) {
        const unsigned size = (s->taps[i].cnt / 2 + 1) << i;
        least = size > least ? size : least;
    }
    if (s->w >= least && s->h >= least)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "float_vif: %ux%u%s; its windows need %ux%u or more", s->w, s->h,
             s->w == s->from_w && s->h == s->from_h ? "" : " after resizing",
             least, least);
    return -EINVAL;
}

static bool resizes(const FloatVifState *s)
{
    return s->w != s->from_w || s->h != s->from_h;
}

static void lay_out(void *state, Workspace *ws)
{
    FloatVifState *s = state;
    s->scratch = workspace_take(ws, s->scratch_size);
    s->row = workspace_take(ws, s->h * sizeof(*s->row));
    for (unsigned i = !resizes(s); i < FLOAT_VIF_SCALES; i++) {
        const size_t row = (s->w >> i) * sizeof(float);
        s->stride[i] = (ptrdiff_t)row;
        s->ref[i] = workspace_take(ws, row * (s->h >> i));
        s->dist[i] = workspace_take(ws, row * (s->h >> i));
    }
}

static int float_vif_configure(void *state, PyvmafNeeds *needs)
{
    FloatVifState *s = state;
    int err = check_kernel_scale(s->kernel_scale);
    (void)needs;
    err = err ? err : find_method(s);
    if (err) /* other factors may ask for more taps than there is room for */
        return err;
    for (unsigned i = 0; i < FLOAT_VIF_SCALES; i++)
        s->taps[i] = make_taps(i, (float)s->kernel_scale);
    return 0;
}

static int float_vif_init(void *state, const PyvmafExtractorInit *init)
{
    FloatVifState *s = state;
    s->from_w = init->w;
    s->from_h = init->h;
    s->w = float_resize_size(init->w, s->prescale);
    s->h = float_resize_size(init->h, s->prescale);
    const int err = check_size(s);
    if (err)
        return err;
    if (s->method == FLOAT_RESIZE_BILINEAR && resizes(s) &&
        s->w > FLOAT_RESIZE_MAX_BILINEAR) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "float_vif: vif_prescale=%g makes rows of %u; bilinear takes "
                 "up to %u",
                 s->prescale, s->w, FLOAT_RESIZE_MAX_BILINEAR);
        return -EINVAL;
    }
    s->bpc = init->bpc;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->float_vif;
    s->scratch_size = s->kernels->scratch_size(&(FloatVifScale){
        .w = s->w, .taps = s->taps[0], .limit_cnt = FLOAT_VIF_MAX_LIMITS });
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int float_vif_close(void *state)
{
    FloatVifState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

static void resize(const FloatVifState *s, const VmafPicture *pic, float *to)
{
    const FloatResize call = {
        .from = pic->data[0],
        .stride = pic->stride[0],
        .bits = s->bpc,
        .w = s->from_w,
        .h = s->from_h,
        .to_w = s->w,
        .to_h = s->h,
        .method = s->method,
        .to = to,
    };
    rows_sum(s->context, &(RowCall){
                             .run = float_resize,
                             .call = &call,
                             .rows = s->h,
                         });
}

/* What the kernel gets for scale `i`, but for the limits. */
static FloatVifScale scale_call(const FloatVifState *s,
                                const PyvmafFrame *frame, unsigned i)
{
    const float noise = (float)s->noise;
    FloatVifScale scale = {
        .ref = s->ref[i],
        .dist = s->dist[i],
        .ref_stride = s->stride[i],
        .dist_stride = s->stride[i],
        .w = s->w >> i,
        .h = s->h >> i,
        .bits = 32,
        .taps = s->taps[i],
        .noise = s->noise,
        .flat = (float)((double)(noise * noise) / 65025.), /* 255 * 255 */
        .row = s->row,
    };
    if (i == 0 && !resizes(s)) {
        scale.ref = frame->ref->data[0];
        scale.dist = frame->dist->data[0];
        scale.ref_stride = frame->ref->stride[0];
        scale.dist_stride = frame->dist->stride[0];
        scale.bits = s->bpc;
    }
    if (i + 1 < FLOAT_VIF_SCALES) {
        scale.next_taps = s->taps[i + 1];
        scale.next_ref = s->ref[i + 1];
        scale.next_dist = s->dist[i + 1];
        scale.next_stride = s->stride[i + 1];
    }
    return scale;
}

/* Adds up rows from top to bottom, for limit `v`. */
static Ratio sum_rows(const FloatVifState *s, unsigned rows, unsigned v)
{
    float num = 0.f, den = 0.f;
    for (unsigned y = 0; y < rows; y++) {
        num += s->row[y].num[v];
        den += s->row[y].den;
    }
    return (Ratio){ num, den };
}

/* The ratios of all scales for several settings, alike but for the limit. */
static void measure(const FloatVifState *s, const PyvmafShare *share,
                    unsigned cnt, const PyvmafFrame *frame,
                    Ratio ratio[][FLOAT_VIF_SCALES])
{
    if (resizes(s)) {
        resize(s, frame->ref, s->ref[0]);
        resize(s, frame->dist, s->dist[0]);
    }
    for (unsigned i = 0; i < FLOAT_VIF_SCALES; i++) {
        const bool skip = i == 0 && s->skip_scale0;
        FloatVifScale scale = scale_call(s, frame, i);
        scale.limit_cnt = skip ? 0 : cnt;
        for (unsigned v = 0; v < cnt; v++)
            scale.limit[v] =
                (float)((const FloatVifState *)share[v].settings)->gain_limit;
        rows_sum(s->context, &(RowCall){
                                 .run = s->kernels->scale,
                                 .call = &scale,
                                 .rows = scale.h,
                                 .scratch_size = s->scratch_size,
                                 .scratch = s->scratch,
                             });
        for (unsigned v = 0; v < cnt; v++)
            ratio[v][i] = skip ? (Ratio){ 0., -1. } : sum_rows(s, scale.h, v);
    }
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static int publish(const FloatVifState *s, const Ratio r[FLOAT_VIF_SCALES],
                   PyvmafScores *scores, unsigned index)
{
    double num = 0., den = 0.;
    for (unsigned i = s->skip_scale0; i < FLOAT_VIF_SCALES; i++) {
        num += r[i].num;
        den += r[i].den;
    }
    const double value[] = {
        s->skip_scale0 ? 0. : r[0].num / r[0].den,
        larger(r[1].num / r[1].den, s->min_val[1]),
        larger(r[2].num / r[2].den, s->min_val[2]),
        larger(r[3].num / r[3].den, s->min_val[3]),
        /* debug */
        den == 0. ? 1. : num / den,
        num,
        den,
        r[0].num,
        r[0].den,
        r[1].num,
        r[1].den,
        r[2].num,
        r[2].den,
        r[3].num,
        r[3].den,
    };
    const unsigned cnt =
        s->debug ? sizeof(value) / sizeof(value[0]) : FLOAT_VIF_SCALES;
    int err = 0;
    for (unsigned i = 0; i < cnt; i++)
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, i, value[i], index));
    return err;
}

static int extract_group(void *state, const PyvmafShare *share, unsigned cnt,
                         const PyvmafFrame *frame)
{
    Ratio ratio[FLOAT_VIF_MAX_LIMITS][FLOAT_VIF_SCALES];
    int err = 0;
    measure(state, share, cnt, frame, ratio);
    for (unsigned v = 0; v < cnt; v++)
        err =
            extractor_first_error(err, publish(share[v].settings, ratio[v],
                                               share[v].scores, frame->index));
    return err;
}

static int float_vif_extract(void *state, const PyvmafFrame *frame,
                             PyvmafScores *scores)
{
    return extract_group(state, &(PyvmafShare){ state, scores }, 1, frame);
}

/* The limit of the gain and the clips of scores come last. */
static bool float_vif_compatible(const void *settings, const void *other)
{
    const FloatVifState *s = settings, *o = other;
    return s->skip_scale0 == o->skip_scale0 &&
           s->kernel_scale == o->kernel_scale && s->prescale == o->prescale &&
           s->method == o->method && s->noise == o->noise;
}

const PyvmafExtractor extractor_float_vif = {
    .name = "float_vif",
    .help = "visual information fidelity at four scales, floating point",
    .features = features,
    .options = options,
    .state_size = sizeof(FloatVifState),
    .needs = { .unread_ref = PYVMAF_CHROMA, .unread_dist = PYVMAF_CHROMA },
    .configure = float_vif_configure,
    .init = float_vif_init,
    .extract = float_vif_extract,
    .close = float_vif_close,
    .compatible = float_vif_compatible,
    .extract_group = extract_group,
    .share_max = FLOAT_VIF_MAX_LIMITS,
};
