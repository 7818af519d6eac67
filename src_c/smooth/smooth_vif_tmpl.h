/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Smooth VIF of one scale and its gradient, row by row. */
#include "smooth_filter_tmpl.h"

/* Slopes by the moments, see smooth_vif_slopes_row(). */
enum { SMOOTH_PARTS = SMOOTH_MOMENTS };

/* All rows in scratch memory have room on both sides. */
typedef struct SmoothVifRows {
    float *moment[SMOOTH_MOMENTS];
    float *down[SMOOTH_MOMENTS];
    float *ring[SMOOTH_PARTS][SMOOTH_ROWS];
} SmoothVifRows;

static void smooth_vif_rows(const SmoothVif *vif, SmoothVifRows *rows)
{
    const size_t length = smooth_row_length(vif->w);
    float *next = (float *)vif->scratch + SMOOTH_ROOM;
    for (int i = 0; i < SMOOTH_MOMENTS; i++, next += 2 * length) {
        rows->moment[i] = next;
        rows->down[i] = next + length;
    }
    for (int i = 0; i < SMOOTH_PARTS; i++)
        for (int k = 0; k < SMOOTH_ROWS; k++, next += length)
            rows->ring[i][k] = next;
}

/* The compiler is told what it does not find out by itself: that no row that is
 * read is one that is written, and that all eight pairs of taps are worth it. */
SMOOTH_INLINE void smooth_moments_by(SmoothRows r, SmoothRows d,
                                     const float *restrict tap, int radius,
                                     int w, float *const restrict out[])
{
    float *restrict mr = out[0], *restrict md = out[1];
    float *restrict rr = out[2], *restrict dd = out[3], *restrict rd = out[4];
#pragma GCC ivdep
    for (int x = 0; x < w; x++) {
        float r0 = r[0][x], d0 = d[0][x];
        float a = tap[0] * r0, b = tap[0] * d0;
        float aa = tap[0] * (r0 * r0), bb = tap[0] * (d0 * d0);
        float ab = tap[0] * (r0 * d0);
#pragma GCC unroll 8
        for (int k = 1; k <= radius; k++) {
            float r1 = r[-k][x], r2 = r[k][x], d1 = d[-k][x], d2 = d[k][x];
            a += tap[k] * (r1 + r2);
            b += tap[k] * (d1 + d2);
            aa += tap[k] * (r1 * r1 + r2 * r2);
            bb += tap[k] * (d1 * d1 + d2 * d2);
            ab += tap[k] * (r1 * d1 + r2 * d2);
        }
        mr[x] = a;
        md[x] = b;
        rr[x] = aa;
        dd[x] = bb;
        rd[x] = ab;
    }
}

static void smooth_vif_moments(const SmoothVif *vif, SmoothVifRows *rows, int y)
{
    const float *r[SMOOTH_ROWS], *d[SMOOTH_ROWS];
    const float **r0 = r + SMOOTH_REACH, **d0 = d + SMOOTH_REACH;
    const int radius = vif->taps.radius;
    smooth_rows_of(vif->ref, vif->w, vif->h, y, radius, r0);
    smooth_rows_of(vif->dist, vif->w, vif->h, y, radius, d0);
#define MOMENTS(n)                                                             \
    smooth_moments_by(r0, d0, vif->taps.tap, n, vif->w, rows->down)
    SMOOTH_BY_RADIUS(radius, MOMENTS)
#undef MOMENTS
    for (int i = 0; i < SMOOTH_MOMENTS; i++)
        smooth_across(rows->down[i], &vif->taps, vif->w, rows->moment[i]);
}

/*
 * Variances of the reference (at least the noise, which makes an inactive
 * sample's denominator 1) and of the distorted plane, and their covariance.
 * `rest` is the variance that the gain does not explain, plus noise; `signal`
 * the one that it does.
 */
typedef struct SmoothVifSample {
    float x, y, z, gain, rest, signal;
    int active;
} SmoothVifSample;

SMOOTH_INLINE float smooth_max(float a, float b)
{
    return a > b ? a : b;
}
SMOOTH_INLINE float smooth_min(float a, float b)
{
    return a < b ? a : b;
}

SMOOTH_INLINE SmoothVifSample smooth_vif_sample(const SmoothVif *vif,
                                                float *const m[], int i)
{
    SmoothVifSample s;
    const float mr = m[0][i], md = m[1][i], noise = vif->noise;
    float x = m[2][i] - mr * mr;
    s.active = x >= noise;
    s.x = smooth_max(x, noise);
    s.y = smooth_max(m[3][i] - md * md, 0.0f);
    s.z = smooth_max(m[4][i] - mr * md, 0.0f);
    s.gain = s.z / s.x;
    s.rest = smooth_max(s.y - s.gain * s.z, 0.0f) + noise;
    float gain = smooth_min(s.gain, vif->gain_limit);
    s.signal = gain * gain * s.x;
    return s;
}

/* Binary logarithm of a positive number: a polynomial in the mantissa. */
SMOOTH_INLINE float smooth_log2(float x)
{
    static const float a[] = { -0.012671635276421f, 0.064841182402670f,
                               -0.157048836463065f, 0.257167726303123f,
                               -0.353800560300520f, 0.480131410397451f,
                               -0.721314327952201f, 1.442694803896991f };
    int bits;
    memcpy(&bits, &x, sizeof bits);
    int one = (bits & 0x7fffff) | 0x3f800000;
    float f, q = 0.0f;
    memcpy(&f, &one, sizeof f);
    f -= 1.0f;
    for (int k = 0; k < 8; k++)
        q = q * f + a[k];
    return (float)((bits >> 23) - 127) + q * f;
}

SMOOTH_INLINE void smooth_vif_logs(const SmoothVif *vif, float *const m[],
                                   float *restrict num, float *restrict den)
{
    const float unit = 1.0f / vif->noise, inactive = vif->inactive;
    for (int i = 0; i < vif->w; i++) {
        SmoothVifSample s = smooth_vif_sample(vif, m, i);
        float log = smooth_log2(1.0f + s.signal / s.rest);
        num[i] = s.active ? log : 1.0f - s.y * inactive;
        den[i] = smooth_log2(1.0f + s.x * unit);
    }
}

/* Even rows and columns of the planes filtered for the next scale. */
static void smooth_vif_halve(const SmoothVif *vif, SmoothVifRows *rows, int y,
                             const SmoothVifSums *sums)
{
    const float *from[] = { vif->ref, vif->dist };
    float *to[] = { sums->next_ref, sums->next_dist };
    const int half = vif->w / 2;
    for (int i = 0; i < 2; i++) {
        const float *row[SMOOTH_ROWS];
        const float **middle = row + SMOOTH_REACH;
        float *in = rows->down[0], *out = rows->down[1];
        float *line = to[i] + (ptrdiff_t)(y / 2) * half;
        smooth_rows_of(from[i], vif->w, vif->h, y, vif->next_taps.radius,
                       middle);
        smooth_down(middle, &vif->next_taps, vif->w, in);
        smooth_across(in, &vif->next_taps, vif->w, out);
        for (int x = 0; x < half; x++)
            line[x] = out[2 * x];
    }
}

static void smooth_vif_scale(const SmoothVif *vif, const SmoothVifSums *sums)
{
    SmoothVifRows rows;
    smooth_vif_rows(vif, &rows);
    for (int y = vif->row_begin; y < vif->row_end; y++) {
        float *num = rows.down[0], *den = rows.down[1];
        smooth_vif_moments(vif, &rows, y);
        smooth_vif_logs(vif, rows.moment, num, den);
        sums->num[y] = smooth_row_sum(num, vif->w);
        sums->den[y] = smooth_row_sum(den, vif->w);
        if (sums->next_ref && y % 2 == 0 && y / 2 < vif->h / 2)
            smooth_vif_halve(vif, &rows, y, sums);
    }
}

/* --- gradient --------------------------------------------------------------
 *
 * The adjoint of a symmetric window over a mirrored row is the same window
 * over the mirrored row once more, if the first and last sample count double
 * before and half after: what went to the extension comes back to the sample
 * that it copied, and those two have no copy.
 */

/*
 * Slopes by the covariance, the variance of the distorted plane and its mean;
 * then, if wanted, by the variance of the reference and its mean.
 *
 * With s the signal, q = z^2 / x and t the rest, the numerator is
 * log2(1 + s / t); s is q up to the gain limit G and G^2 x above it.
 */
SMOOTH_INLINE void smooth_vif_slopes_row(const SmoothVif *vif, float *const m[],
                                         const SmoothVifSlopes *slopes,
                                         float *const part[])
{
    const float ln2 = 0.693147180559945f, limit = vif->gain_limit;
    const float num = (float)slopes->num / ln2, flat = (float)slopes->num;
    const float den = (float)slopes->den / ln2, noise = vif->noise;
    const int with_ref = slopes->ref != NULL;
    float *restrict bz = part[0], *restrict by = part[1];
    float *restrict bmd = part[2], *restrict bx = part[3];
    float *restrict bmr = part[4];
    for (int i = 0; i < vif->w; i++) {
        SmoothVifSample s = smooth_vif_sample(vif, m, i);
        const float mr = m[0][i], md = m[1][i];
        int free = s.gain < limit;
        float by_s = num / (s.signal + s.rest);
        float by_t = s.rest > noise ? -(s.signal * by_s / s.rest) : 0.0f;
        float by_q = (free ? by_s : 0.0f) - by_t;
        float z = s.active ? 2.0f * by_q * s.gain : 0.0f;
        float y = s.active ? by_t : -flat * vif->inactive;
        y = s.y > 0.0f ? y : 0.0f;
        bz[i] = z;
        by[i] = y;
        bmd[i] = -2.0f * md * y - mr * z;
        if (with_ref) {
            float x = (free ? 0.0f : by_s * limit * limit) -
                      by_q * s.gain * s.gain + den / (s.x + noise);
            x = s.active ? x : 0.0f;
            bx[i] = x;
            bmr[i] = -2.0f * mr * x - md * z;
        }
    }
}

static void smooth_vif_fill(const SmoothVif *vif, SmoothVifRows *rows, int y,
                            const SmoothVifSlopes *slopes)
{
    const int slot = y % (2 * vif->taps.radius + 1);
    float *part[SMOOTH_PARTS];
    for (int i = 0; i < SMOOTH_PARTS; i++)
        part[i] = rows->ring[i][slot];
    smooth_vif_moments(vif, rows, y);
    smooth_vif_slopes_row(vif, rows->moment, slopes, part);
    if (y == 0 || y == vif->h - 1)
        for (int i = 0; i < SMOOTH_PARTS; i++)
            smooth_scale(part[i], vif->w, 2.0f);
}

static void smooth_vif_back(const SmoothVif *vif, SmoothVifRows *rows, int y,
                            int part, float *out)
{
    const int radius = vif->taps.radius;
    const float *row[SMOOTH_ROWS];
    const float **middle = row + SMOOTH_REACH;
    for (int k = -radius; k <= radius; k++)
        middle[k] =
            rows->ring[part][smooth_mirror(y + k, vif->h) % (2 * radius + 1)];
    smooth_down(middle, &vif->taps, vif->w, rows->down[0]);
    smooth_adjoint_across(rows->down[0], &vif->taps, vif->w,
                          y == 0 || y == vif->h - 1, out);
}

/* Add what the next scale's plane says. */
static void smooth_vif_unhalve(const SmoothVif *vif, SmoothVifRows *rows, int y,
                               const float *next, float *restrict out)
{
    const SmoothTaps *taps = &vif->next_taps;
    const int half = vif->w / 2;
    float *restrict sum = rows->down[0], *spread = rows->down[1];
    memset(sum, 0, (size_t)half * sizeof *sum);
    for (int k = -taps->radius; k <= taps->radius; k++) {
        int at = smooth_mirror(y + k, vif->h);
        if (at % 2 || at / 2 >= vif->h / 2)
            continue;
        const float *restrict row = next + (ptrdiff_t)(at / 2) * half;
        float tap = taps->tap[k < 0 ? -k : k] * (at ? 1.0f : 2.0f);
        for (int x = 0; x < half; x++)
            sum[x] += tap * row[x];
    }
    for (int x = 0; x < half; x++) {
        spread[2 * x] = sum[x];
        spread[2 * x + 1] = 0.0f;
    }
    if (vif->w % 2)
        spread[vif->w - 1] = 0.0f;
    smooth_adjoint_across(spread, taps, vif->w, y == 0 || y == vif->h - 1,
                          rows->down[2]);
    const float *restrict made = rows->down[2];
    for (int x = 0; x < vif->w; x++)
        out[x] += made[x];
}

/* One plane's gradient: own variance and mean, and the other plane. */
static void smooth_vif_plane(const SmoothVif *vif, SmoothVifRows *rows, int y,
                             const SmoothVifSlopes *slopes, int is_ref)
{
    const ptrdiff_t at = (ptrdiff_t)y * vif->w;
    const float *restrict own = (is_ref ? vif->ref : vif->dist) + at;
    const float *restrict other = (is_ref ? vif->dist : vif->ref) + at;
    const float *next = is_ref ? slopes->next_ref : slopes->next_dist;
    float *restrict out = (is_ref ? slopes->ref : slopes->dist) + at;
    const float *restrict cross = rows->moment[0];
    float *restrict power = rows->moment[1], *restrict mean = rows->moment[2];
    smooth_vif_back(vif, rows, y, is_ref ? 3 : 1, power);
    smooth_vif_back(vif, rows, y, is_ref ? 4 : 2, mean);
    for (int x = 0; x < vif->w; x++)
        out[x] = mean[x] + 2.0f * own[x] * power[x] + other[x] * cross[x];
    if (next)
        smooth_vif_unhalve(vif, rows, y, next, out);
}

static void smooth_vif_slopes(const SmoothVif *vif,
                              const SmoothVifSlopes *slopes)
{
    const int radius = vif->taps.radius;
    int y = vif->row_begin, next = y > radius ? y - radius : 0;
    SmoothVifRows rows;
    smooth_vif_rows(vif, &rows);
    for (; y < vif->row_end; y++) {
        for (; next < vif->h && next <= y + radius; next++)
            smooth_vif_fill(vif, &rows, next, slopes);
        smooth_vif_back(vif, &rows, y, 0, rows.moment[0]);
        smooth_vif_plane(vif, &rows, y, slopes, 0);
        if (slopes->ref)
            smooth_vif_plane(vif, &rows, y, slopes, 1);
    }
}
