/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Contract of the float VIF kernel: one scale of one picture pair in binary32.
 *
 * Every sum of a filter runs over its taps in ascending order, down the columns
 * first, then along the rows; edges are mirrored about the outermost sample.
 * The sums of a row run from left to right. There is one result per row, as a
 * frame's sums are those of its rows, added from top to bottom.
 *
 * Reads no byte outside the first `w` samples of the rows [0, h) of the inputs
 * and writes none outside the first w/2 samples of the rows [0, h/2) of the
 * decimated planes and the results of its rows. Rows need no alignment but that
 * of a sample.
 */
#ifndef KERNEL_FLOAT_VIF_H
#define KERNEL_FLOAT_VIF_H

#include "kernel/kernel.h"

#define FLOAT_VIF_SCALES 4
#define FLOAT_VIF_MAX_LIMITS 4
#define FLOAT_VIF_MAX_TAPS 65 /* of windows 360/97 times as wide as usual */

/* A symmetric window. */
typedef struct FloatVifTaps {
    unsigned cnt; /* odd, at least 3 */
    float tap[FLOAT_VIF_MAX_TAPS];
} FloatVifTaps;

/* One row: how much arrives, for each gain limit, and how much is sent. */
typedef struct FloatVifRow {
    float num[FLOAT_VIF_MAX_LIMITS];
    float den;
} FloatVifRow;

typedef struct FloatVifScale {
    const void *ref, *dist; /* bytes, uint16_t or float, see `bits` */
    ptrdiff_t ref_stride, dist_stride; /* bytes */
    unsigned w, h;                     /* each more than half of both windows */
    unsigned bits; /* of a sample: 8, up to 16, or 32: grey levels less 128 */
    FloatVifTaps taps, next_taps; /* of this scale; of the next, no wider */
    double noise;                 /* variance, at least 0 */
    float flat; /* what distorted variance costs where the reference is flat */
    unsigned limit_cnt; /* 0: no statistics, `row` is not written */
    float limit[FLOAT_VIF_MAX_LIMITS]; /* of the gain */
    FloatVifRow *row;                  /* h results */
    /* Planes of the next scale, w/2 x h/2; NULL: not wanted. The row y is
     * written with the row 2y of this scale. */
    float *next_ref, *next_dist;
    ptrdiff_t next_stride; /* bytes, of both */
} FloatVifScale;

typedef struct FloatVifKernels {
    KernelFn scale; /* of FloatVifScale, no sums; rows of the scale */
    /* Enough for that scale, and for any with no more columns, taps, limits. */
    size_t (*scratch_size)(const FloatVifScale *scale);
} FloatVifKernels;

#endif
