/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "float_adm_score.h"

#include <math.h>

/* A curve of sensitivity over cycles per degree. */
static float native(float resolution, unsigned scale, bool diagonal)
{
    float f = resolution / (float)(2u << scale);
    if (diagonal)
        f = (float)((double)f / 0.7);
    return (float)((0.31 + 0.69 * (double)f) * exp(-0.29 * (double)f));
}

void float_adm_factors(float factor[3], const FloatAdmWeights *weights,
                       unsigned scale)
{
    const AdmViewing *v = &weights->viewing;
    const float resolution = adm_csf_resolution(v);
    for (unsigned q = 0; q < 3; q++) {
        const bool diagonal = q == ADM_D;
        const double given =
            (diagonal ? weights->factor_d : weights->factor_hv)[scale];
        if (given >= 0.)
            factor[q] = (float)given;
        else if (v->csf_mode == ADM_CSF_BARTEN)
            factor[q] = (float)(adm_csf_barten(resolution, scale) *
                                (diagonal ? v->csf_diag_scale : v->csf_scale));
        else if (v->csf_mode == FLOAT_ADM_CSF_NATIVE)
            factor[q] = native(resolution, scale, diagonal);
        else
            factor[q] = adm_csf_watson(resolution, scale, diagonal);
    }
}

/* The norm of three sums, each on its floor. */
static float norm(const float sum[3], float root, float floor)
{
    float part[3];
    for (unsigned q = 0; q < 3; q++)
        part[q] = powf(sum[q], root) + floor;
    return part[ADM_H] + part[ADM_V] + part[ADM_D];
}

FloatAdmParts float_adm_sum(const FloatAdmRow *rows, unsigned w, unsigned h,
                            unsigned v, const FloatAdmWeights *weights)
{
    const unsigned top = float_adm_margin(h), left = float_adm_margin(w);
    const unsigned area = (w - 2 * left) * (h - 2 * top);
    const float root = (float)(1. / weights->exponent);
    const float floor = powf((float)(area * weights->noise), root);
    float num[3] = { 0.f }, aim[3] = { 0.f }, den[3] = { 0.f };
    for (unsigned y = top; y < h - top; y++) {
        for (unsigned q = 0; q < 3; q++) {
            num[q] += rows[y].num[v][q];
            aim[q] += rows[y].aim[v][q];
            den[q] += rows[y].den[q];
        }
    }
    return (FloatAdmParts){
        .num = norm(num, root, floor),
        .aim = norm(aim, root, 0.f),
        .den = norm(den, root, floor),
    };
}

FloatAdmParts float_adm_skipped(void)
{
    return (FloatAdmParts){ .num = 0.f, .aim = 0.f, .den = 1e-10f };
}

static double blend(const FloatAdmScore *score, const FloatAdmWeights *weights)
{
    if (weights->harmonic)
        return 2. * score->adm2 * score->aim / (score->adm2 + score->aim);
    return score->adm2 * weights->dlm + (1. - score->aim) * (1. - weights->dlm);
}

FloatAdmScore float_adm_score(const FloatAdmParts parts[FLOAT_ADM_SCALES],
                              const FloatAdmWeights *weights, double area)
{
    FloatAdmScore score = { .adm2 = 1., .aim = 0. };
    double num = 0., den = 0., aim = 0., aim_den = 0.;
    for (unsigned s = 0; s < FLOAT_ADM_SCALES; s++) {
        num += parts[s].num;
        den += parts[s].den;
        if ((int)s != weights->skip_aim_scale) {
            aim += parts[s].aim;
            aim_den += parts[s].den;
        }
        score.scale[s] = (double)parts[s].num / (double)parts[s].den;
    }
    if (weights->skip_scale0)
        score.scale[0] = 0.;
    const double limit = 1e-10 * area / (1920. * 1080.);
    score.num = num < limit ? 0. : num;
    score.den = den < limit ? 0. : den;
    if (score.den != 0.) {
        score.adm2 = score.num / score.den;
        score.aim = aim / aim_den < 1. ? aim / aim_den : 1.;
    }
    const double adm3 = blend(&score, weights);
    score.adm3 = adm3 > weights->min_val ? adm3 : weights->min_val;
    return score;
}
