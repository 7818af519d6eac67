/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Float ADM: its contrast sensitivities, and from the sums of rows to scores. */
#ifndef FEATURE_FLOAT_ADM_SCORE_H
#define FEATURE_FLOAT_ADM_SCORE_H

#include <stdbool.h>

#include "adm_csf.h"
#include "kernel/float_adm/float_adm.h"

/* Where adm_csf_mode means something else than in the fixed-point extractor;
 * modes above it are Watson's. */
#define FLOAT_ADM_CSF_NATIVE 2

typedef struct FloatAdmWeights {
    AdmViewing viewing;
    double factor_hv[FLOAT_ADM_SCALES]; /* not negative: instead of the CSF's */
    double factor_d[FLOAT_ADM_SCALES];
    double noise, exponent, dlm, min_val;
    int skip_aim_scale; /* -1: none */
    bool skip_scale0, harmonic;
} FloatAdmWeights;

/* One scale. */
typedef struct FloatAdmParts {
    float num, aim, den;
} FloatAdmParts;

typedef struct FloatAdmScore {
    double adm2, aim, adm3, scale[FLOAT_ADM_SCALES];
    double num, den; /* of all scales; 0 below what counts as content */
} FloatAdmScore;

/* Sensitivity of h, v, d at one scale. */
void float_adm_factors(float factor[3], const FloatAdmWeights *weights,
                       unsigned scale);

/* Of the rows of a w x h band and limit `v`. */
FloatAdmParts float_adm_sum(const FloatAdmRow *rows, unsigned w, unsigned h,
                            unsigned v, const FloatAdmWeights *weights);

/* What stands for a scale 0 that is left out. */
FloatAdmParts float_adm_skipped(void);

/* `area` is the picture's, in samples. */
FloatAdmScore float_adm_score(const FloatAdmParts parts[FLOAT_ADM_SCALES],
                              const FloatAdmWeights *weights, double area);

#endif
