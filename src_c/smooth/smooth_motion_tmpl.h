/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Smooth motion of a pair of frames and its gradient, row by row. */
#include "smooth_filter_tmpl.h"

enum {
    SMOOTH_MOTION_REACH = 2,
    SMOOTH_MOTION_ROWS = 2 * SMOOTH_MOTION_REACH + 1,
};

typedef struct SmoothMotionRows {
    float *difference[SMOOTH_MOTION_ROWS]; /* row y is in slot y % rows */
    float *sign[SMOOTH_MOTION_ROWS];
    float *down, *blurred;
} SmoothMotionRows;

static void smooth_motion_rows(const SmoothMotion *motion,
                               SmoothMotionRows *rows)
{
    const size_t length = smooth_row_length(motion->w);
    float *next = (float *)motion->scratch + SMOOTH_ROOM;
    for (int k = 0; k < SMOOTH_MOTION_ROWS; k++, next += 2 * length) {
        rows->difference[k] = next;
        rows->sign[k] = next + length;
    }
    rows->down = next;
    rows->blurred = next + length;
}

/* Rows of a ring round row y, mirrored at the plane's edges. */
static void smooth_motion_around(float *const ring[SMOOTH_MOTION_ROWS], int y,
                                 int h, const float **middle)
{
    for (int k = -SMOOTH_MOTION_REACH; k <= SMOOTH_MOTION_REACH; k++)
        middle[k] = ring[smooth_mirror(y + k, h) % SMOOTH_MOTION_ROWS];
}

static void smooth_motion_difference(const SmoothMotion *motion, int y,
                                     float *restrict out)
{
    const ptrdiff_t at = (ptrdiff_t)y * motion->w;
    const float *restrict a = motion->earlier + at;
    const float *restrict b = motion->current + at;
    for (int x = 0; x < motion->w; x++)
        out[x] = b[x] - a[x];
}

/* Row y of the low-passed difference; differences below `*next` are there. */
static void smooth_motion_blur(const SmoothMotion *motion,
                               SmoothMotionRows *rows, int y, int *next)
{
    const float *row[SMOOTH_MOTION_ROWS];
    const float **middle = row + SMOOTH_MOTION_REACH;
    for (; *next < motion->h && *next <= y + SMOOTH_MOTION_REACH; ++*next)
        smooth_motion_difference(motion, *next,
                                 rows->difference[*next % SMOOTH_MOTION_ROWS]);
    smooth_motion_around(rows->difference, y, motion->h, middle);
    smooth_down(middle, &motion->taps, motion->w, rows->down);
    smooth_across(rows->down, &motion->taps, motion->w, rows->blurred);
}

static int smooth_motion_first(int y, int rows)
{
    return y > rows * SMOOTH_MOTION_REACH ? y - rows * SMOOTH_MOTION_REACH : 0;
}

static void smooth_motion_scale(const SmoothMotion *motion, double *sums)
{
    SmoothMotionRows rows;
    smooth_motion_rows(motion, &rows);
    int next = smooth_motion_first(motion->row_begin, 1);
    for (int y = motion->row_begin; y < motion->row_end; y++) {
        smooth_motion_blur(motion, &rows, y, &next);
        float *restrict blurred = rows.blurred;
        for (int x = 0; x < motion->w; x++)
            blurred[x] = fabsf(blurred[x]);
        sums[y] = smooth_row_sum(blurred, motion->w);
    }
}

/* Edge samples count double before the window and half after it, see the
 * gradient of VIF. */
static void smooth_motion_signs(const SmoothMotion *motion,
                                SmoothMotionRows *rows, int y, float slope)
{
    const float *restrict blurred = rows->blurred;
    float *restrict sign = rows->sign[y % SMOOTH_MOTION_ROWS];
    if (y == 0 || y == motion->h - 1)
        slope *= 2.0f;
    for (int x = 0; x < motion->w; x++)
        sign[x] = blurred[x] > 0.0f ? slope : blurred[x] < 0.0f ? -slope : 0.0f;
}

static void smooth_motion_slopes(const SmoothMotion *motion, double slope,
                                 float *current)
{
    const float *row[SMOOTH_MOTION_ROWS];
    const float **middle = row + SMOOTH_MOTION_REACH;
    SmoothMotionRows rows;
    smooth_motion_rows(motion, &rows);
    int next = smooth_motion_first(motion->row_begin, 2);
    int signs = smooth_motion_first(motion->row_begin, 1);
    for (int y = motion->row_begin; y < motion->row_end; y++) {
        for (; signs < motion->h && signs <= y + SMOOTH_MOTION_REACH; signs++) {
            smooth_motion_blur(motion, &rows, signs, &next);
            smooth_motion_signs(motion, &rows, signs, (float)slope);
        }
        smooth_motion_around(rows.sign, y, motion->h, middle);
        smooth_down(middle, &motion->taps, motion->w, rows.down);
        smooth_adjoint_across(rows.down, &motion->taps, motion->w,
                              y == 0 || y == motion->h - 1,
                              current + (ptrdiff_t)y * motion->w);
    }
}
