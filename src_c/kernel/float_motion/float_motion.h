/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Contract of the float motion kernels: the blur of a plane in binary32, and how
 * far the blurs of two planes lie apart.
 *
 * The sums of the blur run over its taps in ascending order, down the columns
 * first, then along the rows; edges are mirrored about the outermost sample.
 * There is one difference per row, summed from left to right; a frame's is the
 * sum of its rows', from top to bottom.
 *
 * Reads no byte outside the first `w` samples of the rows [0, h) of the inputs
 * and writes only results of its rows. Rows need no alignment but that of a
 * sample.
 */
#ifndef KERNEL_FLOAT_MOTION_H
#define KERNEL_FLOAT_MOTION_H

#include "kernel/kernel.h"

#define FLOAT_MOTION_MAX_TAPS 5

typedef struct FloatMotionPlane {
    const void *samples; /* bytes, uint16_t or float, see `bits` */
    ptrdiff_t stride;    /* bytes */
} FloatMotionPlane;

typedef struct FloatMotion {
    FloatMotionPlane earlier, current;
    unsigned w, h; /* each more than half of the window */
    unsigned bits; /* of a sample: 8, up to 16, or 32: grey levels less 128 */
    unsigned tap_cnt;                 /* 1, 3 or 5 */
    float tap[FLOAT_MOTION_MAX_TAPS]; /* symmetric */
    float *row;  /* `difference`: h sums of absolute differences */
    float *blur; /* `blur`: the blur of `current`, w x h without padding */
} FloatMotion;

typedef struct FloatMotionKernels {
    KernelFn difference; /* of FloatMotion, no sums; rows of the planes */
    KernelFn blur;       /* the same; `earlier` is not read */
    size_t (*scratch_size)(unsigned w); /* for a w wide plane or less */
} FloatMotionKernels;

#endif
