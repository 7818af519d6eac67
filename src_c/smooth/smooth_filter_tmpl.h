/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Symmetric windows over rows of binary32 samples. Loops are plain, with
 * constant radii, so that the compiler unrolls the taps and takes the columns
 * in vectors; nothing depends on how many at a time.
 */
#ifndef KERNEL_SMOOTH_FILTER_TMPL_H
#define KERNEL_SMOOTH_FILTER_TMPL_H

#include "smooth_layout.h"

#define SMOOTH_INLINE static inline __attribute__((always_inline))

/* Neighbours in a row lie across the border of two cache lines for every vector
 * as long as a line, which are two accesses, but for every other one of half. */
#ifndef SIMD_HALF_VECTORS
#define SIMD_HALF_VECTORS
#endif

/* Rows above and below the current one; [0] is the row itself. */
typedef const float *const *SmoothRows;

/* The sample that stands for one outside [0, size); edges are not repeated. */
static inline int smooth_mirror(int at, int size)
{
    return at < 0 ? -at : at >= size ? 2 * size - 2 - at : at;
}

/* The same for a wavelet: left of the first the mirror
 * leaves that sample out, right of the last it repeats it. */
static inline int smooth_fold(int at, int size)
{
    return at < 0 ? -at : at >= size ? 2 * size - 1 - at : at;
}

/* Samples that are summed side by side. */
enum { SMOOTH_LANES = 16 };

static inline void smooth_mirror_ends(float *row, int w, int radius)
{
    for (int k = 1; k <= radius; k++) {
        row[-k] = row[k];
        row[w - 1 + k] = row[w - 1 - k];
    }
}

SMOOTH_INLINE void smooth_across_by(const float *restrict in,
                                    const float *restrict tap, int radius,
                                    int w, float *restrict out)
{
    for (int x = 0; x < w; x++) {
        float sum = tap[0] * in[x];
        for (int k = 1; k <= radius; k++)
            sum += tap[k] * (in[x - k] + in[x + k]);
        out[x] = sum;
    }
}

SMOOTH_INLINE void smooth_down_by(SmoothRows row, const float *restrict tap,
                                  int radius, int w, float *restrict out)
{
    for (int x = 0; x < w; x++) {
        float sum = tap[0] * row[0][x];
        for (int k = 1; k <= radius; k++)
            sum += tap[k] * (row[-k][x] + row[k][x]);
        out[x] = sum;
    }
}

/* Calls a filter with its radius as a constant. */
#define SMOOTH_BY_RADIUS(radius, call)                                         \
    switch (radius) {                                                          \
    case 8: call(8); break;                                                    \
    case 4: call(4); break;                                                    \
    case 2: call(2); break;                                                    \
    default: call(1);                                                          \
    }

/* The row's ends become mirrored. */
SIMD_HALF_VECTORS
static void smooth_across(float *in, const SmoothTaps *taps, int w, float *out)
{
    smooth_mirror_ends(in, w, taps->radius);
#define ACROSS(radius) smooth_across_by(in, taps->tap, radius, w, out)
    SMOOTH_BY_RADIUS(taps->radius, ACROSS)
#undef ACROSS
}

SMOOTH_INLINE void smooth_even_by(const float *restrict even,
                                  const float *restrict odd,
                                  const float *restrict tap, int radius,
                                  int half, float *restrict out)
{
    for (int x = 0; x < half; x++) {
        float sum = tap[0] * even[x];
        for (int k = 1; k <= radius; k++) {
            const float *part = k % 2 ? odd : even;
            sum += tap[k] * (part[x - (k + 1) / 2] + part[x + k / 2]);
        }
        out[x] = sum;
    }
}

/* The even ones of what smooth_across() makes, w/2 of them: even and odd samples
 * apart, into `parts`, are half of the work. */
static void smooth_across_even(float *in, const SmoothTaps *taps, int w,
                               float *const parts[2], float *out)
{
    const int half = w / 2, before = (taps->radius + 1) / 2;
    float *restrict even = parts[0], *restrict odd = parts[1];
    smooth_mirror_ends(in, w, taps->radius);
    for (int x = -before; x < half + before; x++) {
        even[x] = in[2 * x];
        odd[x] = in[2 * x + 1];
    }
#define EVEN(radius) smooth_even_by(even, odd, taps->tap, radius, half, out)
    SMOOTH_BY_RADIUS(taps->radius, EVEN)
#undef EVEN
}

static void smooth_down(SmoothRows row, const SmoothTaps *taps, int w,
                        float *out)
{
#define DOWN(radius) smooth_down_by(row, taps->tap, radius, w, out)
    SMOOTH_BY_RADIUS(taps->radius, DOWN)
#undef DOWN
}

/* Rows of a plane round row y, mirrored at its edges. */
static inline void smooth_rows_of(const float *plane, int w, int h, int y,
                                  int radius, const float **middle)
{
    for (int k = -radius; k <= radius; k++)
        middle[k] = plane + (ptrdiff_t)smooth_mirror(y + k, h) * w;
}

/* In an order that no vector width changes. */
static double smooth_row_sum(const float *row, int w)
{
    float lane[SMOOTH_LANES] = { 0 };
    double sum = 0.0;
    int x = 0;
    for (; x + SMOOTH_LANES <= w; x += SMOOTH_LANES)
        for (int i = 0; i < SMOOTH_LANES; i++)
            lane[i] += row[x + i];
    for (int i = 0; x < w; x++, i++)
        lane[i] += row[x];
    for (int i = 0; i < SMOOTH_LANES; i++)
        sum += (double)lane[i];
    return sum;
}

static void smooth_scale(float *row, int w, float by)
{
    for (int x = 0; x < w; x++)
        row[x] *= by;
}

/* The last step of an adjoint: across, and the edge's halves. */
static void smooth_adjoint_across(float *in, const SmoothTaps *taps, int w,
                                  int at_edge, float *out)
{
    in[0] *= 2.0f;
    in[w - 1] *= 2.0f;
    smooth_across(in, taps, w, out);
    out[0] *= 0.5f;
    out[w - 1] *= 0.5f;
    if (at_edge)
        smooth_scale(out, w, 0.5f);
}

#endif
