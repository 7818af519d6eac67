/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "adm_score.h"

#include <math.h>

/* A third in binary32. Not cbrtf(): the published numbers depend on powf(). */
#define THIRD 0x1.555556p-2f

static float noise_term(const AdmPlan *plan, double noise)
{
    unsigned w = plan->col.pool_end - plan->col.pool_begin;
    unsigned h = plan->row.pool_end - plan->row.pool_begin;
    return powf((float)((double)(w * h) * noise), THIRD);
}

/* Numerators come with the fixed point of the sums, less the shifts of each
 * sample and each row. Scale 0 goes through binary64, the others do not. */
static float numerator(const AdmPlan *plan, const int64_t sum[3], float noise)
{
    static const int fine_bits[3] = { 52, 52, 57 };
    static const int coarse_bits[ADM_SCALES] = { 0, 45, 39, 36 };
    float part[3];
    for (unsigned q = 0; q < 3; q++) {
        int shifts = (int)(plan->cube_shift[q] + plan->row_shift);
        float f;
        if (plan->scale)
            f = ldexpf((float)sum[q], shifts - coarse_bits[plan->scale]);
        else
            f = (float)ldexp((double)sum[q], shifts - fine_bits[q]);
        part[q] = powf(f, THIRD) + noise;
    }
    return part[ADM_H] + part[ADM_V] + part[ADM_D];
}

static float denominator(const AdmPlan *plan, const uint64_t sum[3],
                         const AdmCsf *csf, float noise)
{
    static const int bits[ADM_SCALES] = { 18, 32, 27, 23 };
    int shifts = (int)(plan->den_cube_shift + plan->den_row_shift);
    float part[3];
    for (unsigned q = 0; q < 3; q++) {
        double x = ldexp((double)sum[q], shifts - bits[plan->scale]);
        float f = (float)(x * pow((double)csf->factor[q], 3.));
        part[q] = powf(f, THIRD) + noise;
    }
    return part[ADM_H] + part[ADM_V] + part[ADM_D];
}

AdmParts adm_score_scale(const AdmPlan *plan, const AdmSums *sums, unsigned v,
                         const AdmCsf *csf, double noise)
{
    float term = noise_term(plan, noise);
    return (AdmParts){
        .num = numerator(plan, sums->num[v], term),
        .aim = numerator(plan, sums->aim[v], 0.f),
        .den = denominator(plan, sums->den, csf, term),
    };
}

AdmParts adm_score_skipped(void)
{
    return (AdmParts){ .num = 0.f, .aim = 0.f, .den = 1e-10f };
}

AdmScore adm_score(const AdmParts parts[ADM_SCALES], const AdmWeights *weights,
                   double area)
{
    AdmScore score = { .adm2 = 1., .aim = 0. };
    double num = 0., den = 0., aim = 0.;
    for (unsigned s = 0; s < ADM_SCALES; s++) {
        num += parts[s].num;
        den += parts[s].den;
        aim += parts[s].aim;
        score.scale[s] = (double)parts[s].num / (double)parts[s].den;
    }
    if (weights->skip_scale0)
        score.scale[0] = 0.;
    double limit = 1e-10 * area / (1920. * 1080.);
    score.num = num < limit ? 0. : num;
    score.den = den < limit ? 0. : den;
    if (score.den != 0.) {
        score.adm2 = score.num / score.den;
        score.aim = aim / score.den;
    }
    double blend =
        score.adm2 * weights->dlm + (1. - score.aim) * (1. - weights->dlm);
    score.adm3 = blend > weights->min_val ? blend : weights->min_val;
    return score;
}
