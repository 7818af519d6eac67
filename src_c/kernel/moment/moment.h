/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Moment kernel contract: sums of samples, of their squares and of squared
 * differences, in units of samples. Squares are binary32 values: exact up to 12
 * bits, above them rounded to 24 significant bits.
 */
#ifndef KERNEL_MOMENT_H
#define KERNEL_MOMENT_H

#include "kernel/kernel.h"

/* Bytes for 8-bit video, else uint16_t; strides in bytes. */
typedef struct Moment {
    const void *src;
    const void *other; /* errors only */
    ptrdiff_t stride, other_stride;
    unsigned w, bpc;
} Moment;

typedef struct MomentKernels {
    KernelFn moments; /* sums of samples and of their squares */
    KernelFn errors;  /* sum of squared differences from `other` */
} MomentKernels;

/* What the binary64 sum from left to right and from top to bottom is: needed
 * where the integer sum is above 2^53, so that order counts. Either the squares
 * of `src` or, if there is one, of its differences from `other`. */
double moment_squares_in_order(const Moment *call, unsigned h);

/* The plain kernels, which others call for what they leave out. */
void moment_moments_scalar(const void *call, const Rows *rows, int64_t *sums);
void moment_errors_scalar(const void *call, const Rows *rows, int64_t *sums);

#endif
