/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The logarithm to base 2 that float VIF is defined with: the exponent, plus a
 * polynomial of what the mantissa exceeds 1 by. Not the C library's: that one
 * moves scores in the fifth digit. */
#ifndef KERNEL_FLOAT_VIF_LOG_H
#define KERNEL_FLOAT_VIF_LOG_H

enum { FLOAT_VIF_LOG_TERMS = 8 };

/* From the highest power down to the first; there is no constant term. */
static const float float_vif_log[FLOAT_VIF_LOG_TERMS] = {
    -0.012671635276421f, 0.064841182402670f,  -0.157048836463065f,
    0.257167726303123f,  -0.353800560300520f, 0.480131410397451f,
    -0.721314327952201f, 1.442694803896991f
};

/* Variances below this one are none. */
static const float float_vif_epsilon = 1e-10f;

#endif
