/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What every VIF kernel knows besides the constants: the mirror, the logarithm
 * and what one sample adds to the sums. (Sheikh and Bovik, "Image information
 * and visual quality", IEEE Trans. Image Processing 15(2), 2006, in fixed
 * point.)
 */
#ifndef KERNEL_VIF_SAMPLE_H
#define KERNEL_VIF_SAMPLE_H

#include <stdbool.h>

#include "kernel/constants.h"

/* log2(VIF_NOISE), in units of 2^-11 as all logarithms here. */
#define VIF_LOG_NOISE (17 * 2048)

/* 65536 * 1e-10 in binary64: keeps the gain finite, and its last bits show. */
#define VIF_EPSILON 0x1.b7cdfd9d7bdbbp-18

/* The index in [0, n) that a window at an edge reads for index i: the edge
 * sample is not repeated. Planes narrower than a window reflect repeatedly.
 * n is at least 2. */
static inline unsigned vif_mirror(int i, unsigned n)
{
    while (i < 0 || i >= (int)n)
        i = i < 0 ? -i : 2 * ((int)n - 1) - i;
    return (unsigned)i;
}

/* Log of z >= 65536; bits below the top sixteen are dropped. */
static inline int32_t vif_log(const uint16_t *table, uint64_t z)
{
    int k = 48 - __builtin_clzll(z);
    return table[(z >> k) - 32768] + 2048 * k;
}

/* Numerator of one sample with signal variance x >= VIF_NOISE, y, z > 0. */
static inline int32_t vif_sample_num(const uint16_t *table, int32_t x,
                                     int32_t y, int32_t z, double limit)
{
    double gain = (double)z / ((double)x + VIF_EPSILON);
    double rest = (double)y - gain * (double)z;
    int64_t noise = (rest > 0 ? (int32_t)rest : 0) + (int64_t)VIF_NOISE;
    /* The limit acts here only: `rest` keeps the gain as it was. */
    double g = gain < limit ? gain : limit;
    int64_t signal = (int64_t)(g * g * (double)x);
    return vif_log(table, (uint64_t)(signal + noise)) -
           vif_log(table, (uint64_t)noise);
}

/* Add one sample: x and y are the variances of reference and distorted, z
 * their covariance, in units of 2^-16; y is not negative. */
static inline void vif_sample_add(VifSums *sums, const uint16_t *table,
                                  const int32_t xyz[3], const double *limit,
                                  unsigned limit_cnt)
{
    int32_t x = xyz[0], y = xyz[1], z = xyz[2];
    if (x < VIF_NOISE) {
        sums->num_non_log += y;
        sums->non_log_cnt++;
        return;
    }
    sums->den_log += vif_log(table, (uint64_t)x + VIF_NOISE) - VIF_LOG_NOISE;
    if (z <= 0 || y == 0)
        return;
    for (unsigned i = 0; i < limit_cnt; i++)
        sums->num_log[i] += vif_sample_num(table, x, y, z, limit[i]);
}

/* Rounded top half of the product of two means. */
static inline uint32_t vif_mean_product(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a * b + 0x80000000u) >> 32);
}

#endif
