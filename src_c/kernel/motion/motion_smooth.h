/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What every motion kernel knows: the mirror, the five-tap low pass and what a
 * row of column sums adds to the result. Compiled for the target of the file
 * that includes it.
 */
#ifndef KERNEL_MOTION_SMOOTH_H
#define KERNEL_MOTION_SMOOTH_H

#include "kernel/constants.h"
#include "motion.h"

enum { MOTION_REACH = 2, MOTION_ROWS = 2 * MOTION_REACH + 1 };

/* The row that stands for `y` outside [0, h); edges are not repeated. */
static inline unsigned motion_mirror(int y, int h)
{
    return (unsigned)(y < 0 ? -y : y >= h ? 2 * h - 2 - y : y);
}

/*
 * floor((3571 s0 + 16004 s1 + 26386 c + 2^(shift - 1)) / 2^shift), where s0
 * and s1 are sums of the outer and of the inner pair. The taps add up to 65536
 * and the samples have 17 bits, so the sum has 34. All of its terms but the
 * first are even: halved, they and the floor of half the first one stay below
 * 2^31 (32767.5 * 65536 + 16384), and the quotient is the same.
 */
static inline int32_t motion_smooth(int32_t s0, int32_t s1, int32_t c,
                                    unsigned shift)
{
    int32_t half = ((motion_window[0] * s0) >> 1) + motion_window[1] / 2 * s1 +
                   motion_window[2] / 2 * c;
    return (half + (1 << (shift - 2))) >> (shift - 1);
}

/* `v` has two samples of room on both sides. */
static inline uint64_t motion_across(int32_t *v, unsigned w)
{
    for (int i = 1; i <= MOTION_REACH; i++) {
        v[-i] = v[i];
        v[(int)w - 1 + i] = v[(int)w - 1 - i];
    }
    uint64_t sum = 0;
    for (int x = 0; x < (int)w; x++) {
        int32_t s =
            motion_smooth(v[x - 2] + v[x + 2], v[x - 1] + v[x + 1], v[x], 16);
        sum += (uint32_t)(s < 0 ? -s : s);
    }
    return sum;
}

#endif
