/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Constants of float ADM's definition. */
#ifndef KERNEL_FLOAT_ADM_CONSTANTS_H
#define KERNEL_FLOAT_ADM_CONSTANTS_H

/* Daubechies-2 analysis filters. */
static const float float_adm_low[4] = { 0.482962913144690f, 0.836516303737469f,
                                        0.224143868041857f,
                                        -0.129409522550921f };
static const float float_adm_high[4] = { -0.129409522550921f,
                                         -0.224143868041857f,
                                         0.836516303737469f,
                                         -0.482962913144690f };

/* cos^2(1 degree): below that angle between the reference and the distorted
 * gradient, a change counts as enhancement. */
static const float float_adm_cos2 = 0x1.ffd814p-1f;

/* Keeps the quotient of the gain finite where the reference has no detail. */
static const float float_adm_tiny = 1e-30f;

/* Shares of a sample in the masking threshold: as a neighbour, as the centre.
 * Products with them are binary64. */
static const double float_adm_around = 0.0333333351;
static const double float_adm_centre = 0.0666666701;

#endif
