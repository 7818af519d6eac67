/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Samples of all depths on the scale of 8 bits, as float_psnr, float_ansnr and
 * float_moment count them. */
#ifndef FEATURE_FLOAT_SCALE_H
#define FEATURE_FLOAT_SCALE_H

#include <stdint.h>

/* Integer sums up to here are what a running binary64 sum gives, too. */
#define FLOAT_SCALE_EXACT ((int64_t)1 << 53)

typedef struct FloatScale {
    double unit; /* of samples: 2^(8 - bpc) */
    double peak; /* the greatest sample */
    double cap;  /* the most dB: 6 per bit, and 12 */
} FloatScale;

/* -EINVAL and a logged reason when the depth is not 8, 10, 12 or 16 bits. */
int float_scale_init(FloatScale *scale, const char *extractor, unsigned bpc);

#endif
