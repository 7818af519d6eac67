/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which contrasts CAMBI counts: a model of the display and of the eye. */
#ifndef CAMBI_STEPS_H
#define CAMBI_STEPS_H

#include "kernel/cambi/cambi.h"

enum CambiEotf { CAMBI_BT1886, CAMBI_PQ };

typedef struct CambiVisibility {
    enum CambiEotf eotf;
    double threshold;     /* relative step of luminance that is visible */
    double min_luminance; /* cd/m2; banding below it is not */
    unsigned steps;       /* N: steps of 1 to N codes are looked at */
} CambiVisibility;

CambiSteps cambi_steps(const CambiVisibility *visibility);

/* T_step: the last code at which a step of so many codes is visible. */
int cambi_last_visible(const CambiVisibility *visibility, int step);

/* The first code whose luminance is not below the least; 0: all are. */
int cambi_first_lit(const CambiVisibility *visibility);

#endif
