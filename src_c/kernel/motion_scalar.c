/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Motion in plain loops: the difference of two luma planes, smoothed down and
 * across, summed as absolute values. Difference rows live in a ring of five,
 * so each is taken once; where the pictures agree there is nothing to smooth.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "scalar.h"

enum { TAPS = 5, REACH = TAPS / 2 };

/* Rows of the ring and one row of column sums, each with room for the mirrored
 * samples on both sides and for whole vectors past the end. */
enum { ROWS = TAPS + 1, ROOM = 64 };

static size_t row_length(unsigned w)
{
    return ((size_t)w + 2 * REACH + ROOM + 15) / 16 * 16;
}

size_t motion_scratch_size(unsigned w, unsigned h)
{
    (void)h;
    return ROWS * row_length(w) * sizeof(int32_t);
}

/*
 * floor((3571 s0 + 16004 s1 + 26386 c + 2^(shift - 1)) / 2^shift), where s0
 * and s1 are sums of the outer and of the inner pair. The taps add up to 65536
 * and the samples have 17 bits, so the sum has 34. All of its terms but the
 * first are even: halved, they and the floor of half the first one stay below
 * 2^31 (32767.5 * 65536 + 16384), and the quotient is the same.
 */
static inline int32_t smooth(int32_t s0, int32_t s1, int32_t c, unsigned shift)
{
    int32_t half = ((3571 * s0) >> 1) + 8002 * s1 + 13193 * c;
    return (half + (1 << (shift - 2))) >> (shift - 1);
}

/* Difference of row `y`, earlier minus current. False when it is all zero. */
static bool difference(const MotionSad *sad, unsigned y, int32_t *restrict out)
{
    const uint8_t *e =
        (const uint8_t *)sad->earlier + (ptrdiff_t)y * sad->earlier_stride;
    const uint8_t *f =
        (const uint8_t *)sad->current + (ptrdiff_t)y * sad->current_stride;
    int32_t any = 0;
    if (sad->bpc == 8) {
        for (unsigned x = 0; x < sad->w; x++)
            any |= out[x] = e[x] - f[x];
    } else {
        const uint16_t *e16 = (const void *)e, *f16 = (const void *)f;
        for (unsigned x = 0; x < sad->w; x++)
            any |= out[x] = e16[x] - f16[x];
    }
    return any != 0;
}

static void down(const int32_t *const row[TAPS], unsigned w, unsigned bpc,
                 int32_t *restrict out)
{
    for (unsigned x = 0; x < w; x++)
        out[x] = smooth(row[0][x] + row[4][x], row[1][x] + row[3][x],
                        row[2][x], bpc);
}

/* `v` has two samples of room on both sides. */
static uint64_t across(int32_t *v, unsigned w)
{
    for (int i = 1; i <= REACH; i++) {
        v[-i] = v[i];
        v[(int)w - 1 + i] = v[(int)w - 1 - i];
    }
    uint64_t sum = 0;
    for (int x = 0; x < (int)w; x++)
        sum += (uint32_t)abs(
            smooth(v[x - 2] + v[x + 2], v[x - 1] + v[x + 1], v[x], 16));
    return sum;
}

/* The row that stands for `y` outside [0, h); edges are not repeated. */
static unsigned mirror(int y, int h)
{
    return (unsigned)(y < 0 ? -y : y >= h ? 2 * h - 2 - y : y);
}

uint64_t motion_sad_scalar(const MotionSad *sad)
{
    const size_t length = row_length(sad->w);
    int32_t *ring = sad->scratch, *v = ring + TAPS * length + REACH;
    bool differs[TAPS];
    unsigned y = sad->row_begin;
    unsigned next = y > REACH ? y - REACH : 0;
    uint64_t sum = 0;

    for (; y < sad->row_end; y++) {
        for (; next < sad->h && next <= y + REACH; next++)
            differs[next % TAPS] =
                difference(sad, next, ring + next % TAPS * length);
        const int32_t *row[TAPS];
        bool any = false;
        for (int k = 0; k < TAPS; k++) {
            unsigned slot = mirror((int)y - REACH + k, (int)sad->h) % TAPS;
            row[k] = ring + slot * length;
            any |= differs[slot];
        }
        if (!any)
            continue;
        down(row, sad->w, sad->bpc, v);
        sum += across(v, sad->w);
    }
    return sum;
}
