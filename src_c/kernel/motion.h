/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Motion kernel contract: sum of absolute low-passed differences of two luma
 * planes. Reads no byte outside the first `w` samples of the rows [0, h) of the
 * inputs.
 */
#ifndef KERNEL_MOTION_H
#define KERNEL_MOTION_H

#include <stddef.h>
#include <stdint.h>

typedef struct MotionSad {
    const void *earlier, *current; /* bytes for 8-bit video, else uint16_t */
    ptrdiff_t earlier_stride, current_stride; /* bytes */
    unsigned w, h;                            /* at least 3 each */
    unsigned bpc;                             /* 8..16 */
    unsigned row_begin, row_end;              /* sums add up over ranges */
    void *scratch; /* motion_scratch_size() bytes, 64-byte aligned */
} MotionSad;

typedef uint64_t (*MotionSadFn)(const MotionSad *sad);

/* Enough scratch for a w x h picture, for every kernel set. */
size_t motion_scratch_size(unsigned w, unsigned h);

/* Samples of a row in scratch memory: `w`, two mirrored ones at each end, and
 * whole vectors past it. A multiple of 32. */
size_t motion_row_length(unsigned w);

#endif
