/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Scratch memory of the smooth kernels: rows with room on both sides. */
#ifndef KERNEL_SMOOTH_LAYOUT_H
#define KERNEL_SMOOTH_LAYOUT_H

#include "smooth.h"

enum {
    SMOOTH_ROOM = 16,                        /* samples on each side of a row */
    SMOOTH_ROWS = 2 * SMOOTH_REACH + 1,      /* that a window covers */
    SMOOTH_MOMENTS = 5,                      /* means of r, d, r r, d d, r d */
    SMOOTH_RING = 4,                         /* rows of ADM's band in work */
    SMOOTH_RING_ROWS = 7 * SMOOTH_BANDS + 4, /* what each of them needs */
};

static inline size_t smooth_row_length(int w)
{
    return ((size_t)w + 2 * SMOOTH_ROOM + 15) / 16 * 16;
}

#endif
