/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF in plain loops, the judge of all other kernels.
 *
 * Rows stream through a ring that holds one window: samples and their products,
 * each row extended by its mirror image on both sides. Every filter is then the
 * same thing, a weighted sum of rows, and the rows of a horizontal filter are
 * one row at successive offsets. Taps outside, samples inside: the compiler
 * vectorises it for the baseline instruction set.
 */
#include <string.h>

#include "kernel/workspace.h"
#include "vif_sample.h"

/* The quantities of a row of the ring and of the filtered rows. */
enum Quantity { RR = 0, DD = 1, RD = 2 };

/* What one call works in; all arrays lie in its scratch memory. `samples` is
 * the width of an extended row. */
typedef struct Work {
    const VifScale *scale;
    unsigned radius, ring_rows;
    size_t samples;
    /* The ring: sample and product rows. Products of 8-bit samples fit 16
     * bits, others need 32. */
    bool narrow;
    uint16_t *sample[2][VIF_MAX_TAPS];
    void *product[3][VIF_MAX_TAPS];
    /* Filtered rows: vertically, then in both directions. */
    uint16_t *mean[2];
    uint32_t *square[3];
    uint32_t *mu[2], *energy[3];
    uint64_t *wide;    /* sums before their shift */
    uint16_t *even[2]; /* even and odd columns of a row to decimate */
} Work;

static void lay_out(Work *k, Workspace *ws)
{
    size_t n = k->samples;
    size_t product = k->narrow ? sizeof(uint16_t) : sizeof(uint32_t);
    for (unsigned row = 0; row < k->ring_rows; row++) {
        for (int i = 0; i < 2; i++)
            k->sample[i][row] = workspace_take(ws, n * sizeof(uint16_t));
        for (int i = 0; i < 3; i++)
            k->product[i][row] = workspace_take(ws, n * product);
    }
    for (int i = 0; i < 2; i++) {
        k->mean[i] = workspace_take(ws, n * sizeof(uint16_t));
        k->mu[i] = workspace_take(ws, n * sizeof(uint32_t));
        k->even[i] = workspace_take(ws, n * sizeof(uint16_t));
    }
    for (int i = 0; i < 3; i++) {
        k->square[i] = workspace_take(ws, n * sizeof(uint32_t));
        k->energy[i] = workspace_take(ws, n * sizeof(uint32_t));
    }
    k->wide = workspace_take(ws, n * sizeof(uint64_t));
}

/* Add three weighted rows. */
static void add16(uint32_t *restrict out, const uint16_t *restrict a,
                  const uint16_t *restrict b, const uint16_t *restrict c,
                  const uint16_t tap[3], size_t n)
{
    uint16_t fa = tap[0], fb = tap[1], fc = tap[2];
    for (size_t x = 0; x < n; x++)
        out[x] +=
            (uint32_t)fa * a[x] + (uint32_t)fb * b[x] + (uint32_t)fc * c[x];
}

static void add32(uint64_t *restrict out, const uint32_t *restrict a,
                  const uint32_t *restrict b, const uint32_t *restrict c,
                  const uint16_t tap[3], size_t n)
{
    uint16_t fa = tap[0], fb = tap[1], fc = tap[2];
    for (size_t x = 0; x < n; x++)
        out[x] +=
            (uint64_t)fa * a[x] + (uint64_t)fb * b[x] + (uint64_t)fc * c[x];
}

/* out = sum of tap * row over `taps` rows, a multiple of three. */
static void sum16(uint32_t *out, const uint16_t *const *row,
                  const uint16_t *tap, unsigned taps, size_t n)
{
    memset(out, 0, n * sizeof(*out));
    for (unsigned t = 0; t < taps; t += 3)
        add16(out, row[t], row[t + 1], row[t + 2], tap + t, n);
}

static void sum32(uint64_t *out, const uint32_t *const *row,
                  const uint16_t *tap, unsigned taps, size_t n)
{
    memset(out, 0, n * sizeof(*out));
    for (unsigned t = 0; t < taps; t += 3)
        add32(out, row[t], row[t + 1], row[t + 2], tap + t, n);
}

/* Taps of a scale's window, rounded up to a multiple of three. */
static unsigned tap_count(unsigned scale)
{
    return (2 * VIF_RADIUS(scale) + 1 + 2) / 3 * 3;
}

/* One source row with its mirror image on both sides. */
static void extend_row(const Work *k, uint16_t *restrict out, const void *plane,
                       ptrdiff_t stride, unsigned y)
{
    const VifScale *s = k->scale;
    const uint8_t *row8 = (const uint8_t *)plane + (ptrdiff_t)y * stride;
    unsigned w = s->w, r = k->radius;
    uint16_t *restrict mid = out + r;
    if (k->narrow)
        for (unsigned x = 0; x < w; x++)
            mid[x] = row8[x];
    else
        memcpy(mid, row8, w * sizeof(uint16_t));
    for (int i = 1; i <= (int)r; i++) {
        mid[-i] = mid[vif_mirror(-i, w)];
        mid[w - 1 + i] = mid[vif_mirror((int)w - 1 + i, w)];
    }
}

/* Bring source row `y`, which may lie outside the plane, into the ring. */
static void fill_row(const Work *k, int y)
{
    const VifScale *s = k->scale;
    unsigned slot = (unsigned)(y + (int)k->radius) % k->ring_rows;
    unsigned inside = vif_mirror(y, s->h);
    uint16_t *restrict r = k->sample[0][slot], *restrict d = k->sample[1][slot];
    extend_row(k, r, s->ref, s->ref_stride, inside);
    extend_row(k, d, s->lane->dist, s->lane->dist_stride, inside);
    if (k->narrow) {
        uint16_t *restrict rr = k->product[RR][slot],
                           *restrict dd = k->product[DD][slot],
                           *restrict rd = k->product[RD][slot];
        for (size_t x = 0; x < k->samples; x++) {
            rr[x] = (uint16_t)(r[x] * r[x]);
            dd[x] = (uint16_t)(d[x] * d[x]);
            rd[x] = (uint16_t)(r[x] * d[x]);
        }
    } else {
        uint32_t *restrict rr = k->product[RR][slot],
                           *restrict dd = k->product[DD][slot],
                           *restrict rd = k->product[RD][slot];
        for (size_t x = 0; x < k->samples; x++) {
            rr[x] = (uint32_t)r[x] * r[x];
            dd[x] = (uint32_t)d[x] * d[x];
            rd[x] = (uint32_t)r[x] * d[x];
        }
    }
}

/* The ring rows under a window of `radius` centred on row `y`, top first; the
 * last one again under the zero taps at the end. */
static void window_rows(const Work *k, const void **out, void *const *ring,
                        unsigned y, unsigned radius, unsigned taps)
{
    unsigned top = y + k->radius - radius;
    for (unsigned t = 0; t < taps; t++)
        out[t] = ring[(top + (t < 2 * radius ? t : 2 * radius)) % k->ring_rows];
}

/* (sum + half) >> shift of samples under the vertical window of `scale`. */
static void vertical_mean(const Work *k, uint16_t *restrict out, int plane,
                          unsigned y, unsigned scale)
{
    const void *row[VIF_MAX_TAPS];
    unsigned taps = tap_count(scale);
    unsigned shift = k->scale->scale ? 16 : k->scale->bpc;
    uint32_t *restrict sum = (uint32_t *)k->wide, half = 1u << (shift - 1);
    window_rows(k, row, (void *const *)k->sample[plane], y, VIF_RADIUS(scale),
                taps);
    sum16(sum, (const uint16_t *const *)row, vif_taps[scale], taps, k->samples);
    for (size_t x = 0; x < k->samples; x++)
        out[x] = (uint16_t)((sum[x] + half) >> shift);
}

static void vertical_square(const Work *k, int product, unsigned y)
{
    const void *row[VIF_MAX_TAPS];
    const VifScale *s = k->scale;
    const uint16_t *tap = vif_taps[s->scale];
    unsigned taps = tap_count(s->scale);
    window_rows(k, row, k->product[product], y, k->radius, taps);
    if (k->narrow) { /* 65025 * 65536 < 2^32; no shift, hence no rounding */
        sum16(k->square[product], (const uint16_t *const *)row, tap, taps,
              k->samples);
        return;
    }
    unsigned shift = s->scale ? 16 : 2 * (s->bpc - 8);
    uint64_t *restrict sum = k->wide, half = (uint64_t)1 << (shift - 1);
    uint32_t *restrict out = k->square[product];
    sum32(sum, (const uint32_t *const *)row, tap, taps, k->samples);
    for (size_t x = 0; x < k->samples; x++)
        out[x] = (uint32_t)((sum[x] + half) >> shift);
}

/* The filtered rows under the horizontal window: means stay unrounded. */
static void horizontal(const Work *k)
{
    const VifScale *s = k->scale;
    const uint16_t *tap = vif_taps[s->scale];
    unsigned taps = tap_count(s->scale), last = 2 * k->radius;
    for (int i = 0; i < 2; i++) {
        const uint16_t *row[VIF_MAX_TAPS];
        for (unsigned t = 0; t < taps; t++)
            row[t] = k->mean[i] + (t < last ? t : last);
        sum16(k->mu[i], row, tap, taps, s->w);
    }
    for (int i = 0; i < 3; i++) {
        const uint32_t *row[VIF_MAX_TAPS];
        for (unsigned t = 0; t < taps; t++)
            row[t] = k->square[i] + (t < last ? t : last);
        uint64_t *restrict sum = k->wide;
        uint32_t *restrict out = k->energy[i];
        sum32(sum, row, tap, taps, s->w);
        for (unsigned x = 0; x < s->w; x++)
            out[x] = (uint32_t)((sum[x] + 32768) >> 16);
    }
}

/* Moments to variances, in place. Differences wrap and are read as signed. */
static void centre(uint32_t *restrict energy, const uint32_t *restrict a,
                   const uint32_t *restrict b, unsigned w)
{
    for (unsigned x = 0; x < w; x++)
        energy[x] -= vif_mean_product(a[x], b[x]);
}

static void statistics_row(const Work *k, unsigned y, VifSums *sums)
{
    const VifScale *s = k->scale;
    for (int i = 0; i < 2; i++)
        vertical_mean(k, k->mean[i], i, y, s->scale);
    for (int i = 0; i < 3; i++)
        vertical_square(k, i, y);
    horizontal(k);
    centre(k->energy[RR], k->mu[0], k->mu[0], s->w);
    centre(k->energy[DD], k->mu[1], k->mu[1], s->w);
    centre(k->energy[RD], k->mu[0], k->mu[1], s->w);
    const uint16_t *table = vif_log_table();
    for (unsigned x = 0; x < s->w; x++) {
        int32_t dd = (int32_t)k->energy[DD][x];
        const int32_t xyz[3] = { (int32_t)k->energy[RR][x], dd > 0 ? dd : 0,
                                 (int32_t)k->energy[RD][x] };
        vif_sample_add(sums, table, xyz, s->lane->limit, s->lane->limit_cnt);
    }
}

/* Row y/2 of the next scale: its window, kept samples only. Even and odd
 * columns apart, each tap reads neighbours again. */
static void decimate_row(const Work *k, unsigned y, int plane, uint16_t *out)
{
    const VifScale *s = k->scale;
    unsigned next = s->scale + 1, radius = VIF_RADIUS(next), w = s->w / 2;
    unsigned taps = tap_count(next), last = 2 * radius;
    const uint16_t *row[VIF_MAX_TAPS];
    uint16_t *restrict even = k->even[0], *restrict odd = k->even[1];
    vertical_mean(k, k->mean[plane], plane, y, next);
    const uint16_t *restrict mean = k->mean[plane] + k->radius - radius;
    for (unsigned x = 0; x < w + radius; x++) {
        even[x] = mean[2 * x];
        odd[x] = mean[2 * x + 1];
    }
    for (unsigned t = 0; t < taps; t++) {
        unsigned at = t < last ? t : last;
        row[t] = (at & 1 ? odd : even) + at / 2;
    }
    uint32_t *restrict sum = (uint32_t *)k->wide;
    sum16(sum, row, vif_taps[next], taps, w);
    for (unsigned x = 0; x < w; x++)
        out[x] = (uint16_t)((sum[x] + 32768) >> 16);
}

static void decimate(const Work *k, unsigned y)
{
    const VifScale *s = k->scale;
    uint16_t *const plane[2] = { s->next_ref, s->lane->next_dist };
    for (int i = 0; i < 2; i++)
        if (plane[i])
            decimate_row(k, y, i,
                         (uint16_t *)((char *)plane[i] +
                                      (ptrdiff_t)(y / 2) * s->next_stride));
}

static Work begin(const VifScale *scale, Workspace *ws)
{
    unsigned radius = VIF_RADIUS(scale->scale);
    Work k = { .scale = scale,
               .radius = radius,
               .ring_rows = 2 * radius + 1,
               .samples = scale->w + 2 * radius,
               .narrow = scale->scale == 0 && scale->bpc == 8 };
    lay_out(&k, ws);
    return k;
}

/* Of the first lane. */
static void lane_scalar(const VifScale *scale, const Rows *rows, VifSums *sums)
{
    Work k = begin(scale, &(Workspace){ rows->scratch, 0 });
    int filled = (int)rows->begin - (int)k.radius;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        for (; filled <= (int)(y + k.radius); filled++)
            fill_row(&k, filled);
        if (scale->lane->limit_cnt)
            statistics_row(&k, y, sums);
        if (!(y & 1) && y / 2 < scale->h / 2)
            decimate(&k, y);
    }
}

/* The reference is filtered again for every lane: so this one is plain. */
static void scale_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const VifScale *all = call;
    for (unsigned i = 0; i < all->lane_cnt; i++) {
        VifScale one = *all;
        one.lane = &all->lane[i];
        lane_scalar(&one, rows, (VifSums *)sums + i);
    }
}

static size_t scratch_size(const VifScale *scale)
{
    Workspace ws = { NULL, 0 };
    begin(scale, &ws);
    return ws.used;
}

const VifKernels vif_kernels_scalar = {
    .scale = scale_scalar,
    .log = vif_log_scalar,
    .scratch_size = scratch_size,
};
