/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "adm_csf.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>

#include "engine/log.h"

#define PI 3.14159265358979323846

/* The shortest viewing distance at which the tables were made: three heights
 * of a display of 1080 lines. */
#define REFERENCE_LINES (3 * 1080)

/* Casts to float below are roundings that the published numbers depend on. */

float adm_csf_resolution(const AdmViewing *v)
{
    return (float)(((v->distance * v->height) * PI) / 180.);
}

/* Watson, Yang, Solomon, Villasenor: Visibility of wavelet quantization noise
 * (1997), luma. */
float adm_csf_watson(float resolution, unsigned scale, bool diagonal)
{
    static const float amplitude[ADM_SCALES][2] = {
        { 0.67234f, 0.72709f },
        { 0.41317f, 0.49428f },
        { 0.22727f, 0.28688f },
        { 0.11792f, 0.15214f },
    };
    const float a = 0.495f, k = 0.466f, f0 = 0.401f;
    const float gain = diagonal ? 0.534f : 1.f;
    double frequency = ((double)(2u << scale) * f0) * gain;
    float l = (float)log10(frequency / resolution);
    float exponent = k * l * l;
    float step =
        (float)(2. * a * pow(10., exponent) / amplitude[scale][diagonal]);
    return 1.f / step;
}

/* Barten's model as fitted for HDR-VDP-2 (Mantiuk et al., 2011), at a
 * luminance of 100 cd/m^2, which lies between two rows of its table. */
float adm_csf_barten(float resolution, unsigned scale)
{
    static const float at20[] = { 0.334278f, 3.79542f, 1.07327f, 6.4635f };
    static const float at150[] = { 0.394533f, 2.7755f, 1.16577f, 7.45665f };
    static const float mtf_weight[] = { 0.424838596301290f, 0.572435103936480f,
                                        0.000167576239164937f,
                                        0.00255872352306433f };
    static const float mtf_decay[] = { 0.028f, 0.37f, 37.f, 360.f };
    const float x0 = (float)log10(20.), x1 = (float)log10(150.);
    float f = resolution / (float)(2u << scale), p[4];
    for (unsigned j = 0; j < 4; j++)
        p[j] = at20[j] + ((at150[j] - at20[j]) / (x1 - x0)) * (2.f - x0);

    float low = f / 7.f;
    float rise = (float)(1. + pow(p[0] * f, p[1]));
    float fall = (float)(1. / pow(1. - exp(-((double)low * low)), p[2]));
    float neural = (float)(p[3] / pow(rise * fall, 0.5));
    float mtf = 0.f;
    for (unsigned i = 0; i < 4; i++)
        mtf = (float)(mtf + mtf_weight[i] * exp(-mtf_decay[i] * f));
    float joint =
        (float)(30.162f * pow(pow(4.0627f / 100.f, 1.6596f) + 1., -0.2712f));
    return neural * mtf * joint;
}

/* Blends of the two models, tabulated for some displays. */
typedef struct Blend {
    int height;
    double distance;
    float factor[2][ADM_SCALES]; /* of h and v, of d */
} Blend;

static const Blend blend[] = {
    { 1080,
      3.,
      { { 0.01183f, 0.025026f, 0.04295f, 0.058621f },
        { 0.004302f, 0.011778f, 0.023918f, 0.035901f } } },
    { 2160,
      1.5,
      { { 0.01183f, 0.025026f, 0.04295f, 0.058621f },
        { 0.004302f, 0.011778f, 0.023918f, 0.035901f } } },
    { 1080,
      5.,
      { { 0.004212f, 0.014809f, 0.029642f, 0.047464f },
        { 0.000984f, 0.005852f, 0.0146f, 0.027574f } } },
    { 2160,
      3.,
      { { 0.00226f, 0.01183f, 0.025026f, 0.04295f },
        { 0.000479f, 0.004302f, 0.011778f, 0.023918f } } },
    { 2160,
      5.,
      { { 0.000092f, 0.004212f, 0.014809f, 0.029642f },
        { 0.000050f, 0.000984f, 0.005852f, 0.0146f } } },
    { 720,
      5.,
      { { 0.010144f, 0.022561f, 0.040309f, 0.05672f },
        { 0.003463f, 0.010282f, 0.021839f, 0.034641f } } },
};

/* Refitted with an absolute-error criterion. */
static const Blend blend_mae[] = {
    { 1080,
      3.,
      { { 0.011249f, 0.022606f, 0.035930f, 0.045673f },
        { 0.004097f, 0.010921f, 0.021430f, 0.031313f } } },
    { 2160,
      1.5,
      { { 0.011249f, 0.022606f, 0.035930f, 0.045673f },
        { 0.004097f, 0.010921f, 0.021430f, 0.031313f } } },
    { 1080,
      5.,
      { { 0.004052f, 0.013939f, 0.026298f, 0.038833f },
        { 0.000927f, 0.005544f, 0.013415f, 0.024515f } } },
    { 2160,
      3.,
      { { 0.002166f, 0.011249f, 0.022606f, 0.035930f },
        { 0.000447f, 0.004097f, 0.010921f, 0.021430f } } },
    { 2160,
      5.,
      { { 0.000077f, 0.004052f, 0.013939f, 0.026298f },
        { 0.000045f, 0.000927f, 0.005544f, 0.013415f } } },
    { 720,
      5.,
      { { 0.009689f, 0.020577f, 0.034162f, 0.044523f },
        { 0.003302f, 0.009579f, 0.019661f, 0.030318f } } },
};

enum { BLEND_CNT = sizeof(blend) / sizeof(blend[0]) };

static const Blend *find_blend(const AdmViewing *v)
{
    const Blend *table = v->csf_mode == ADM_CSF_BLEND ? blend : blend_mae;
    for (unsigned i = 0; i < BLEND_CNT; i++)
        if (table[i].height == v->height && table[i].distance == v->distance)
            return &table[i];
    log_line(VMAF_LOG_LEVEL_ERROR,
             "adm: adm_csf_mode=%d has no factors for "
             "adm_ref_display_height=%d with adm_norm_view_dist=%g; it has "
             "1080 with 3 or 5, 2160 with 1.5, 3 or 5, and 720 with 5",
             v->csf_mode, v->height, v->distance);
    return NULL;
}

/* The factors as integers: 16 bits at scale 0, Q32 at the others. Mode 0 at
 * the reference distance has hand-picked ones at scale 0. */
static int fix(AdmCsf *csf, unsigned scale, const AdmViewing *v)
{
    double lines = v->distance * v->height;
    bool reference =
        v->csf_mode == ADM_CSF_WATSON && fabs(lines - REFERENCE_LINES) < 1e-8;
    for (unsigned q = 0; q < 3; q++) {
        unsigned bits = scale ? 32 : q == ADM_D ? 23 : 21;
        double fixed = trunc(ldexp((double)csf->factor[q], (int)bits));
        if (!(fixed < (scale ? 4294967296. : 65536.)))
            return -EINVAL;
        csf->fixed[q] = (uint32_t)fixed;
        if (reference && !scale)
            csf->fixed[q] = q == ADM_D ? 49417 : 36453;
    }
    return 0;
}

/* The scale that just does not fit any more: factors below 2^-5 (h, v) and
 * 2^-7 (d) at scale 0 and below 1 at the others. */
static int reject_barten(const AdmViewing *v)
{
    float resolution = adm_csf_resolution(v);
    double limit = ldexp(1. / adm_csf_barten(resolution, 0), -5);
    double diag_limit = limit / 4.;
    for (unsigned s = 1; s < ADM_SCALES; s++) {
        limit = fmin(limit, 1. / adm_csf_barten(resolution, s));
        diag_limit = fmin(diag_limit, 1. / adm_csf_barten(resolution, s));
    }
    log_line(VMAF_LOG_LEVEL_ERROR,
             "adm: adm_csf_mode=1 with adm_csf_scale=%g and "
             "adm_csf_diag_scale=%g exceeds the fixed-point factors; here the "
             "first must be below %.5g, the second below %.5g",
             v->csf_scale, v->csf_diag_scale, limit, diag_limit);
    return -EINVAL;
}

int adm_csf(AdmCsf csf[ADM_SCALES], const AdmViewing *v)
{
    if (v->distance * v->height < REFERENCE_LINES) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "adm: adm_norm_view_dist=%g times adm_ref_display_height=%d "
                 "is %g; it must be %d or more",
                 v->distance, v->height, v->distance * v->height,
                 REFERENCE_LINES);
        return -EINVAL;
    }
    const Blend *table = NULL;
    if (v->csf_mode == ADM_CSF_BLEND || v->csf_mode == ADM_CSF_BLEND_MAE) {
        table = find_blend(v);
        if (!table)
            return -EINVAL;
    }
    float resolution = adm_csf_resolution(v);
    for (unsigned s = 0; s < ADM_SCALES; s++) {
        for (unsigned q = 0; q < 3; q++) {
            bool diagonal = q == ADM_D;
            float *factor = &csf[s].factor[q];
            if (table)
                *factor = table->factor[diagonal][s];
            else if (v->csf_mode == ADM_CSF_WATSON)
                *factor = adm_csf_watson(resolution, s, diagonal);
            else
                *factor =
                    (float)(adm_csf_barten(resolution, s) *
                            (diagonal ? v->csf_diag_scale : v->csf_scale));
        }
        if (fix(&csf[s], s, v))
            return reject_barten(v);
    }
    return 0;
}
