/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Motion in plain loops: the difference of two luma planes, smoothed down and
 * across, summed as absolute values. Difference rows live in a ring of five,
 * so each is taken once; where the pictures agree there is nothing to smooth.
 */
#include <stdbool.h>

#include "motion_smooth.h"
#include "kernel/workspace.h"

enum { ROOM = 64 /* samples */ };

size_t motion_row_length(unsigned w)
{
    return ((size_t)w + 2 * MOTION_REACH + ROOM + 31) / 32 * 32;
}

/* A ring of rows and a row of column sums. */
typedef struct MotionRows {
    int32_t *ring, *v;
} MotionRows;

static size_t lay_out(MotionRows *rows, unsigned w, Workspace *ws)
{
    const size_t row = motion_row_length(w) * sizeof(int32_t);
    rows->ring = workspace_take(ws, MOTION_ROWS * row);
    rows->v = workspace_take(ws, row);
    return ws->used;
}

size_t motion_scratch_size_scalar(unsigned w)
{
    MotionRows unused;
    return lay_out(&unused, w, &(Workspace){ NULL, 0 });
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

static void down(const int32_t *const row[MOTION_ROWS], unsigned w,
                 unsigned bpc, int32_t *restrict out)
{
    for (unsigned x = 0; x < w; x++)
        out[x] = motion_smooth(row[0][x] + row[4][x], row[1][x] + row[3][x],
                               row[2][x], bpc);
}

void motion_sad_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const MotionSad *sad = call;
    const size_t length = motion_row_length(sad->w);
    MotionRows memory;
    lay_out(&memory, sad->w, &(Workspace){ rows->scratch, 0 });
    int32_t *ring = memory.ring, *v = memory.v + MOTION_REACH;
    bool differs[MOTION_ROWS];
    unsigned y = rows->begin;
    unsigned next = y > MOTION_REACH ? y - MOTION_REACH : 0;
    uint64_t sum = 0;

    for (; y < rows->end; y++) {
        for (; next < sad->h && next <= y + MOTION_REACH; next++)
            differs[next % MOTION_ROWS] =
                difference(sad, next, ring + next % MOTION_ROWS * length);
        const int32_t *row[MOTION_ROWS];
        bool any = false;
        for (int k = 0; k < MOTION_ROWS; k++) {
            unsigned at = motion_mirror((int)y - MOTION_REACH + k, (int)sad->h);
            unsigned slot = at % MOTION_ROWS;
            row[k] = ring + slot * length;
            any |= differs[slot];
        }
        if (!any)
            continue;
        down(row, sad->w, sad->bpc, v);
        sum += motion_across(v, sad->w);
    }
    sums[0] += (int64_t)sum;
}

const MotionKernels motion_kernels_scalar = {
    .sad = motion_sad_scalar,
    .scratch_size = motion_scratch_size_scalar,
};
