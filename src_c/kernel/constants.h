/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Constants of the definitions that more than the kernels need: bindings read
 * them from here. `static`, so that they fold into the code that uses them.
 */
#ifndef KERNEL_CONSTANTS_H
#define KERNEL_CONSTANTS_H

#include <stdint.h>

#include "kernel/adm/adm.h"
#include "kernel/vif/vif.h"

/* Taps of each scale's VIF window, centred at VIF_RADIUS; every window sums to
 * 65536. Zeros after the last tap let loops take taps three at a time. */
#define VIF_MAX_TAPS 18
#define VIF_RADIUS(scale) (8 >> (scale))

static const uint16_t vif_taps[VIF_SCALES][VIF_MAX_TAPS] = {
    { 489, 935, 1640, 2640, 3896, 5274, 6547, 7455, 7784, 7455, 6547, 5274,
      3896, 2640, 1640, 935, 489 },
    { 1244, 3663, 7925, 12590, 14692, 12590, 7925, 3663, 1244 },
    { 3571, 16004, 26386, 16004, 3571 },
    { 10904, 43728, 10904 },
};

/* The noise variance 2.0 of VIF's visual channel, in units of 2^-16. */
#define VIF_NOISE 131072

/* Daubechies-2 analysis filters of ADM in Q15. The low-pass taps add up to
 * 46342, the high-pass ones to 0; absolute values add up to 54822. */
typedef struct AdmTaps {
    int32_t tap[4];
} AdmTaps;

static const AdmTaps adm_low_taps = { { 15826, 27411, 7345, -4240 } };
static const AdmTaps adm_high_taps = { { -4240, -7345, 27411, -15826 } };

/* The same unrounded, for the smooth kernels. */
static const double adm_smooth_low[4] = { 0.48296291314453414,
                                          0.83651630373780790,
                                          0.22414386804201339,
                                          -0.12940952255126037 };
static const double adm_smooth_high[4] = { -0.12940952255126037,
                                           -0.22414386804201339,
                                           0.83651630373780790,
                                           -0.48296291314453414 };

/* C = cos^2(1 degree) in binary32: below that angle between the reference and
 * the distorted gradient, a change counts as enhancement. */
static const double adm_cos2 = 0x1.ffd814p-1;

/* Half of motion's blur, from the outermost tap to the centre; the window sums
 * to 65536. */
static const uint16_t motion_window[3] = { 3571, 16004, 26386 };

#endif
