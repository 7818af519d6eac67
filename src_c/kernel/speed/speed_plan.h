/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What SpEED decides once for each size of picture: sizes, taps, and which
 * source samples a thin sample reads. */
#ifndef KERNEL_SPEED_PLAN_H
#define KERNEL_SPEED_PLAN_H

#include "speed.h"

/* The least resized width and height: one row of blocks. */
#define SPEED_MIN_SIZE (SPEED_STEP * SPEED_SIDE)

typedef enum SpeedMethod {
    SPEED_NEAREST,
    SPEED_BILINEAR,
    SPEED_BICUBIC,
    SPEED_LANCZOS4,
    SPEED_METHOD_CNT,
} SpeedMethod;

/* Whether taps are defined for this size of the Gaussian. */
bool speed_plan_valid_kernelscale(double scale);

/* Number of taps of a Gaussian `size` samples wide before it is scaled:
 * 9 for the low pass, 2 for the local mean. */
unsigned speed_plan_tap_cnt(unsigned size, double kernelscale);
void speed_plan_low_pass(float *tap, unsigned cnt);
void speed_plan_local_mean(float *tap, unsigned cnt);

/* Samples along an axis after resizing. */
unsigned speed_plan_resized(unsigned size, double prescale);

/* Everything of the axis but the tables. */
void speed_plan_axis(SpeedAxis *axis, unsigned size, unsigned taps,
                     double prescale, SpeedMethod method);
/* Its tables; `at` and `weight` have reach * stride entries. */
void speed_plan_fill(const SpeedAxis *axis, unsigned taps, double prescale,
                     SpeedMethod method);

#endif
