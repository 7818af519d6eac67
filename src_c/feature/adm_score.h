/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From the integer sums of ADM's kernels to its scores. */
#ifndef FEATURE_ADM_SCORE_H
#define FEATURE_ADM_SCORE_H

#include "kernel/adm/adm_plan.h"
#include "adm_csf.h"

/* One scale. */
typedef struct AdmParts {
    float num, aim, den;
} AdmParts;

typedef struct AdmWeights {
    double noise, dlm, min_val;
    bool skip_scale0;
} AdmWeights;

typedef struct AdmScore {
    double adm2, aim, adm3, scale[ADM_SCALES];
    double num, den; /* of all scales; 0 below what counts as content */
} AdmScore;

/* The sums of variant `v`. */
AdmParts adm_score_scale(const AdmPlan *plan, const AdmSums *sums, unsigned v,
                         const AdmCsf *csf, double noise);

/* What stands for a scale 0 that is left out. */
AdmParts adm_score_skipped(void);

/* `area` is the picture's, in samples. */
AdmScore adm_score(const AdmParts parts[ADM_SCALES], const AdmWeights *weights,
                   double area);

#endif
