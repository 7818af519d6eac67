/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* How sensitive the eye is to each orientation and scale of ADM's wavelet. */
#ifndef FEATURE_ADM_CSF_H
#define FEATURE_ADM_CSF_H

#include <stdbool.h>

#include "kernel/adm/adm.h"

/* Values of adm_csf_mode. */
enum AdmCsfMode {
    ADM_CSF_WATSON = 0,
    ADM_CSF_BARTEN = 1,
    ADM_CSF_BLEND = 2,
    ADM_CSF_BLEND_MAE = 3,
};

/* What the sensitivity depends on: options of the extractor. */
typedef struct AdmViewing {
    int csf_mode;
    double distance; /* in display heights */
    int height;      /* of the display, pixels */
    double csf_scale, csf_diag_scale;
} AdmViewing;

/* One scale; `fixed` is the integer stand-in of `factor` in the kernels. */
typedef struct AdmCsf {
    float factor[3];
    uint32_t fixed[3];
} AdmCsf;

/* Pixels per degree of the visual field. */
float adm_csf_resolution(const AdmViewing *viewing);

/* Factors of both models; Barten's is the same for all orientations. */
float adm_csf_watson(float resolution, unsigned scale, bool diagonal);
float adm_csf_barten(float resolution, unsigned scale);

/* -EINVAL and a logged reason when the options give no usable factors. */
int adm_csf(AdmCsf csf[ADM_SCALES], const AdmViewing *viewing);

#endif
