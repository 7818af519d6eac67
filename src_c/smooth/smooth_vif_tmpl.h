/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Smooth VIF of one scale and its gradient, row by row. */
#include <float.h>
#include <math.h>

#include "smooth_filter_tmpl.h"

/* Slopes by the moments, see smooth_vif_slopes_dist() and _ref(). */
enum { SMOOTH_PARTS = SMOOTH_MOMENTS };

/* Numbers whose logarithms are taken as one. */
enum { SMOOTH_FACTORS = 8 };

static const float smooth_ln2 = 0.693147180559945f;

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
 *
 * Conditions are factors of 0 or 1: branches that share a comparison are taken
 * apart by the compiler and are no vectors any more.
 */
typedef struct SmoothVifSample {
    float x, y, z, gain, rest, signal;
    float active;   /* the reference has more than the noise */
    float positive; /* y is more than 0 */
    float above;    /* rest is more than the noise */
    float free;     /* the gain is below its limit */
} SmoothVifSample;

/* 1 where x is 0 and more, else 0: from the sign, without a comparison. */
SMOOTH_INLINE float smooth_flag(float x)
{
    return 0.5f + copysignf(0.5f, x);
}

/* a where the flag is 1, b where it is 0; exact for finite numbers. */
SMOOTH_INLINE float smooth_choose(float flag, float a, float b)
{
    return flag * a + (1.0f - flag) * b;
}

/* What loops over the moments of a row read: by value, so that the compiler
 * sees that nothing they write changes it. */
typedef struct SmoothVifLine {
    const float *mr, *md, *rr, *dd, *rd;
    float noise, gain_limit;
    int w;
} SmoothVifLine;

SMOOTH_INLINE SmoothVifLine smooth_vif_line(const SmoothVif *vif,
                                            const SmoothVifRows *rows)
{
    float *const *m = rows->moment;
    return (SmoothVifLine){
        m[0], m[1], m[2], m[3], m[4], vif->noise, vif->gain_limit, vif->w
    };
}

SMOOTH_INLINE SmoothVifSample smooth_vif_sample(const SmoothVifLine *line,
                                                int i)
{
    SmoothVifSample s;
    const float mr = line->mr[i], md = line->md[i], noise = line->noise;
    const float x = line->rr[i] - mr * mr, y = line->dd[i] - md * md;
    const float z = line->rd[i] - mr * md;
    s.active = smooth_flag(x - noise);
    s.positive = smooth_flag(y - FLT_MIN);
    s.x = smooth_choose(s.active, x, noise);
    s.y = s.positive * y;
    s.z = smooth_flag(z - FLT_MIN) * z;
    s.gain = s.z / s.x;
    const float rest = s.y - s.gain * s.z;
    s.above = smooth_flag(rest - FLT_MIN);
    s.rest = s.above * rest + noise;
    s.free = smooth_flag(line->gain_limit - s.gain - FLT_MIN);
    const float gain = smooth_choose(s.free, s.gain, line->gain_limit);
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

/* In place of a row its product of eight parts, whose logarithms are then an
 * eighth as many; a factor is from 1 to 8000. Returns how long it is. */
SMOOTH_INLINE int smooth_vif_multiply(float *row, int w)
{
    const int part = (w + SMOOTH_FACTORS - 1) / SMOOTH_FACTORS;
    for (int x = w; x < part * SMOOTH_FACTORS; x++)
        row[x] = 1.0f;
    for (int k = 1; k < SMOOTH_FACTORS; k++) {
        const float *more = row + k * part;
#pragma GCC ivdep
        for (int x = 0; x < part; x++)
            row[x] *= more[x];
    }
    return part;
}

static double smooth_vif_log_sum(float *restrict row, int w)
{
    const int part = smooth_vif_multiply(row, w);
    for (int x = 0; x < part; x++)
        row[x] = smooth_log2(row[x]);
    return smooth_row_sum(row, part);
}

/* What the samples of a row add to numerator and denominator. */
static void smooth_vif_terms(const SmoothVif *vif, const SmoothVifRows *rows,
                             double *num, double *den)
{
    const SmoothVifLine line = smooth_vif_line(vif, rows);
    const float unit = 1.0f / line.noise, inactive = vif->inactive;
    float *restrict ratio = rows->down[0], *restrict power = rows->down[1];
    float *restrict rest = rows->down[2];
#pragma GCC ivdep
    for (int i = 0; i < line.w; i++) {
        SmoothVifSample s = smooth_vif_sample(&line, i);
        ratio[i] = 1.0f + s.active * (s.signal / s.rest);
        power[i] = 1.0f + s.x * unit;
        rest[i] = (1.0f - s.active) * (1.0f - s.y * inactive);
    }
    *num = smooth_vif_log_sum(ratio, line.w) + smooth_row_sum(rest, line.w);
    *den = smooth_vif_log_sum(power, line.w);
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
        float *in = rows->down[0];
        float *const parts[] = { rows->down[1], rows->down[2] };
        float *line = to[i] + (ptrdiff_t)(y / 2) * half;
        smooth_rows_of(from[i], vif->w, vif->h, y, vif->next_taps.radius,
                       middle);
        smooth_down(middle, &vif->next_taps, vif->w, in);
        smooth_across_even(in, &vif->next_taps, vif->w, parts, line);
    }
}

/* The sums of a row by its moments, and a row of the next scale. */
static void smooth_vif_sum(const SmoothVif *vif, SmoothVifRows *rows, int y,
                           const SmoothVifSums *sums)
{
    smooth_vif_terms(vif, rows, &sums->num[y], &sums->den[y]);
    if (sums->next_ref && y % 2 == 0 && y / 2 < vif->h / 2)
        smooth_vif_halve(vif, rows, y, sums);
}

static void smooth_vif_scale(const SmoothVif *vif, const SmoothVifSums *sums)
{
    SmoothVifRows rows;
    smooth_vif_rows(vif, &rows);
    for (int y = vif->row_begin; y < vif->row_end; y++) {
        smooth_vif_moments(vif, &rows, y);
        smooth_vif_sum(vif, &rows, y, sums);
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
 * With s the signal, q = z^2 / x and t the rest, the numerator is
 * log2(1 + s / t); s is q up to the gain limit G and G^2 x above it.
 */
typedef struct SmoothVifBy {
    float s, q, z; /* slopes by these */
} SmoothVifBy;

/* `num` is the slope by the numerator's natural logarithm; `t` is made too. */
SMOOTH_INLINE SmoothVifBy smooth_vif_by(const SmoothVifSample *v, float num,
                                        float *t)
{
    SmoothVifBy by;
    by.s = num / (v->signal + v->rest);
    *t = -(v->signal / v->rest * by.s) * v->above;
    by.q = v->free * by.s - *t;
    by.z = 2.0f * by.q * v->gain * v->active;
    return by;
}

/* Slopes by the covariance, the variance of the distorted plane and its mean. */
static void smooth_vif_slopes_dist(const SmoothVif *vif,
                                   const SmoothVifRows *rows,
                                   const SmoothVifSlopes *slopes,
                                   float *const part[])
{
    const SmoothVifLine line = smooth_vif_line(vif, rows);
    const float num = (float)slopes->num / smooth_ln2;
    const float unseen = -(float)slopes->num * vif->inactive;
    float *restrict bz = part[0], *restrict by = part[1];
    float *restrict bmd = part[2];
#pragma GCC ivdep
    for (int i = 0; i < line.w; i++) {
        SmoothVifSample v = smooth_vif_sample(&line, i);
        float t, mr = line.mr[i], md = line.md[i];
        SmoothVifBy s = smooth_vif_by(&v, num, &t);
        float y = smooth_choose(v.active, t, unseen) * v.positive;
        bz[i] = s.z;
        by[i] = y;
        bmd[i] = -2.0f * md * y - mr * s.z;
    }
}

/* Slopes by the variance of the reference and its mean. A loop of its own: one
 * of both is too much for the compiler. */
static void smooth_vif_slopes_ref(const SmoothVif *vif,
                                  const SmoothVifRows *rows,
                                  const SmoothVifSlopes *slopes,
                                  float *const part[])
{
    const SmoothVifLine line = smooth_vif_line(vif, rows);
    const float num = (float)slopes->num / smooth_ln2;
    const float den = (float)slopes->den / smooth_ln2;
    const float limit = line.gain_limit, noise = line.noise;
    float *restrict bx = part[3], *restrict bmr = part[4];
#pragma GCC ivdep
    for (int i = 0; i < line.w; i++) {
        SmoothVifSample v = smooth_vif_sample(&line, i);
        float t, mr = line.mr[i], md = line.md[i];
        SmoothVifBy s = smooth_vif_by(&v, num, &t);
        float power = smooth_choose(v.free, -v.gain * v.gain, limit * limit);
        float x = s.s * power + t * v.gain * v.gain + den / (v.x + noise);
        x *= v.active;
        bx[i] = x;
        bmr[i] = -2.0f * mr * x - md * s.z;
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
    smooth_vif_slopes_dist(vif, rows, slopes, part);
    if (slopes->ref)
        smooth_vif_slopes_ref(vif, rows, slopes, part);
    if (slopes->sums && y >= vif->row_begin && y < vif->row_end)
        smooth_vif_sum(vif, rows, y, slopes->sums);
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

static void smooth_vif_finish(const SmoothVif *vif,
                              const SmoothVifSlopes *slopes)
{
    SmoothVifRows rows;
    smooth_vif_rows(vif, &rows);
    for (int y = vif->row_begin; y < vif->row_end; y++) {
        float *out = slopes->dist + (ptrdiff_t)y * vif->w;
        smooth_scale(out, vif->w, (float)slopes->num);
        if (slopes->next_dist)
            smooth_vif_unhalve(vif, &rows, y, slopes->next_dist, out);
    }
}
