/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Motion kernel contract: sum of absolute low-passed differences of two luma
 * planes. Reads no byte outside the first `w` samples of the rows [0, h) of the
 * inputs.
 */
#ifndef KERNEL_MOTION_H
#define KERNEL_MOTION_H

#include "kernel/kernel.h"

typedef struct MotionSad {
    const void *earlier, *current; /* bytes for 8-bit video, else uint16_t */
    ptrdiff_t earlier_stride, current_stride; /* bytes */
    unsigned w, h;                            /* at least 3 each */
    unsigned bpc;                             /* 8..16 */
} MotionSad;

typedef struct MotionKernels {
    KernelFn sad; /* one sum, over a MotionSad */
    size_t (*scratch_size)(unsigned w);
} MotionKernels;

/* The plain kernel, which others call for what they leave out. */
void motion_sad_scalar(const void *call, const Rows *rows, int64_t *sums);
size_t motion_scratch_size_scalar(unsigned w);

/* Samples of a row in scratch memory: `w`, two mirrored ones at each end, and
 * whole vectors past it. A multiple of 32. */
size_t motion_row_length(unsigned w);

#endif
