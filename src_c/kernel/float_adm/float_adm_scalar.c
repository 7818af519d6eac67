/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float ADM in plain loops, a sample at a time: the judge of the template.
 */
#include "float_adm.h"

#include <math.h>
#include <stdbool.h>

#include "float_adm_constants.h"
#include "kernel/workspace.h"

enum { H, V, D, BANDS, RING = 3 };

/* The high bands of a row, all (w+1)/2 samples long. */
typedef struct Bands {
    float *ref[BANDS], *dist[BANDS];
    float *restored[FLOAT_ADM_MAX_LIMITS][BANDS]; /* what survived of ref */
    float *added[FLOAT_ADM_MAX_LIMITS][BANDS];    /* the rest of dist */
} Bands;

typedef struct Work {
    const FloatAdmScale *scale;
    Bands ring[RING];
    float *low[2], *low_row[2], *high_row[2]; /* reference, distorted */
    unsigned next; /* first row of the bands that is not made */
} Work;

unsigned float_adm_margin(unsigned n)
{
    const double margin = 0.1 * n - 0.5;
    return margin > 0. ? (unsigned)margin : 0;
}

/* The input's row or column under tap `t` of output `k`; the two ends are
 * mirrored differently. */
static unsigned under_tap(unsigned k, unsigned t, unsigned n)
{
    const int at = 2 * (int)k - 1 + (int)t;
    if (at < 0)
        return 1;
    return at < (int)n ? (unsigned)at : 2 * n - 1 - (unsigned)at;
}

static unsigned neighbour(int i, unsigned n)
{
    if (i < 0)
        return 1;
    return i < (int)n ? (unsigned)i : n - 1;
}

/* Grey levels less 128: exact at every depth. */
static float sample(const void *row, unsigned x, unsigned bits)
{
    if (bits == 32)
        return ((const float *)row)[x];
    if (bits == 8)
        return (float)((const uint8_t *)row)[x] - 128.f;
    return (float)((const uint16_t *)row)[x] / (float)(1 << (bits - 8)) - 128.f;
}

static float across(const float *row, const float tap[4], unsigned k,
                    unsigned w)
{
    float sum = 0.f;
    for (unsigned t = 0; t < 4; t++)
        sum += tap[t] * row[under_tap(k, t, w)];
    return sum;
}

/* The four bands of row `y` of one picture. */
static void analyse(const Work *k, unsigned picture, unsigned y,
                    float *const high[BANDS])
{
    const FloatAdmScale *s = k->scale;
    const char *plane = picture ? s->dist : s->ref;
    const ptrdiff_t stride = picture ? s->dist_stride : s->ref_stride;
    float *lo = k->low_row[picture], *hi = k->high_row[picture];
    for (unsigned x = 0; x < s->w; x++) {
        lo[x] = hi[x] = 0.f;
        for (unsigned t = 0; t < 4; t++) {
            const char *row = plane + (ptrdiff_t)under_tap(y, t, s->h) * stride;
            const float p = sample(row, x, s->bits);
            lo[x] += float_adm_low[t] * p;
            hi[x] += float_adm_high[t] * p;
        }
    }
    for (unsigned x = 0; x < (s->w + 1) / 2; x++) {
        k->low[picture][x] = across(lo, float_adm_low, x, s->w);
        high[V][x] = across(lo, float_adm_high, x, s->w);
        high[H][x] = across(hi, float_adm_low, x, s->w);
        high[D][x] = across(hi, float_adm_high, x, s->w);
    }
}

/* Whether the distorted gradient points where the reference's does. */
static bool same_direction(const Bands *b, unsigned x)
{
    const float oh = b->ref[H][x], ov = b->ref[V][x];
    const float th = b->dist[H][x], tv = b->dist[V][x];
    const float product = oh * th + ov * tv;
    const float o = oh * oh + ov * ov, t = th * th + tv * tv;
    return product >= 0.f && product * product >= float_adm_cos2 * o * t;
}

static float limited(float r, float t, double limit)
{
    const double most = (double)r * limit;
    if (r > 0.f)
        return (float)(most < (double)t ? most : (double)t);
    if (r < 0.f)
        return (float)(most > (double)t ? most : (double)t);
    return r;
}

static void decouple(const Work *k, const Bands *b)
{
    const FloatAdmScale *s = k->scale;
    for (unsigned x = 0; x < (s->w + 1) / 2; x++) {
        const bool flag = same_direction(b, x);
        for (unsigned q = 0; q < BANDS; q++) {
            const float o = b->ref[q][x], t = b->dist[q][x];
            float gain = t / (o + float_adm_tiny);
            gain = gain < 0.f ? 0.f : gain > 1.f ? 1.f : gain;
            for (unsigned v = 0; v < s->limit_cnt; v++) {
                const float r = gain * o;
                b->restored[v][q][x] = flag ? limited(r, t, s->limit[v]) : r;
                b->added[v][q][x] = t - b->restored[v][q][x];
            }
        }
    }
}

/* Row `y` of all bands; of the low ones a row outside the range is dropped. */
static void make_row(const Work *k, const Rows *rows, unsigned y)
{
    const FloatAdmScale *s = k->scale;
    const Bands *b = &k->ring[y % RING];
    analyse(k, 0, y, b->ref);
    analyse(k, 1, y, b->dist);
    decouple(k, b);
    if (!s->low_ref || y < rows->begin || y >= rows->end)
        return;
    float *ref = (float *)((char *)s->low_ref + (ptrdiff_t)y * s->low_stride);
    float *dist = (float *)((char *)s->low_dist + (ptrdiff_t)y * s->low_stride);
    for (unsigned x = 0; x < (s->w + 1) / 2; x++) {
        ref[x] = k->low[0][x];
        dist[x] = k->low[1][x];
    }
}

/* How much of orientation `q` at (x, y) is masked by the signal `by`. */
static float masked(const Work *k, unsigned x, unsigned y, unsigned q,
                    bool by_added, unsigned v)
{
    const FloatAdmScale *s = k->scale;
    float sum = 0.f;
    for (int j = -1; j <= 1; j++) {
        const unsigned row = neighbour((int)y + j, (s->h + 1) / 2);
        const Bands *b = &k->ring[row % RING];
        const float *by = by_added ? b->added[v][q] : b->restored[v][q];
        for (int i = -1; i <= 1; i++) {
            const float p = by[neighbour((int)x + i, (s->w + 1) / 2)];
            const double c = (double)fabsf(s->factor[q] * p);
            if (i || j)
                sum += (float)(float_adm_around * c);
            else
                sum = (float)((double)sum + float_adm_centre * c);
        }
    }
    return sum;
}

static float pooled(const FloatAdmScale *s, float x)
{
    return s->exponent == 3.f ? x * x * x : powf(x, s->exponent);
}

/* Adds to `sum` the signal of a sample that exceeds what the other masks. */
static void pool(const Work *k, unsigned x, unsigned y, unsigned v, bool added,
                 float sum[BANDS])
{
    const FloatAdmScale *s = k->scale;
    const Bands *b = &k->ring[y % RING];
    float threshold = 0.f;
    for (unsigned q = 0; q < BANDS && !s->no_masking; q++)
        threshold += masked(k, x, y, q, !added, v);
    for (unsigned q = 0; q < BANDS; q++) {
        const float p = added ? b->added[v][q][x] : b->restored[v][q][x];
        const float seen = fabsf(p * s->factor[q]) - threshold;
        sum[q] += pooled(s, seen > 0.f ? seen : 0.f);
    }
}

static void row_sums(const Work *k, unsigned y)
{
    const FloatAdmScale *s = k->scale;
    const unsigned m = (s->w + 1) / 2, margin = float_adm_margin(m);
    FloatAdmRow row = { .den = { 0.f } };
    for (unsigned x = margin; x < m - margin; x++) {
        for (unsigned v = 0; v < s->limit_cnt; v++) {
            pool(k, x, y, v, false, row.num[v]);
            pool(k, x, y, v, true, row.aim[v]);
        }
        for (unsigned q = 0; q < BANDS; q++)
            row.den[q] +=
                pooled(s, fabsf(s->factor[q] * k->ring[y % RING].ref[q][x]));
    }
    s->row[y] = row;
}

static void lay_out(Work *k, Workspace *ws, unsigned w)
{
    const size_t row = w * sizeof(float), half = (w + 1) / 2 * sizeof(float);
    for (unsigned i = 0; i < 2; i++) {
        k->low[i] = workspace_take(ws, half);
        k->low_row[i] = workspace_take(ws, row);
        k->high_row[i] = workspace_take(ws, row);
    }
    for (unsigned i = 0; i < RING; i++) {
        Bands *b = &k->ring[i];
        for (unsigned q = 0; q < BANDS; q++) {
            b->ref[q] = workspace_take(ws, half);
            b->dist[q] = workspace_take(ws, half);
            for (unsigned v = 0; v < FLOAT_ADM_MAX_LIMITS; v++) {
                b->restored[v][q] = workspace_take(ws, half);
                b->added[v][q] = workspace_take(ws, half);
            }
        }
    }
}

static size_t scratch_size(unsigned w)
{
    Workspace ws = { NULL, 0 };
    lay_out(&(Work){ 0 }, &ws, w);
    return ws.used;
}

/* Rows of the bands; those above and below are made too. */
static void scale(const void *call, const Rows *rows, int64_t *sums)
{
    const FloatAdmScale *s = call;
    const unsigned n = (s->h + 1) / 2, margin = float_adm_margin(n);
    Work k = { .scale = s };
    (void)sums;
    lay_out(&k, &(Workspace){ rows->scratch, 0 }, s->w);
    k.next = rows->begin ? rows->begin - 1 : 0;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        for (; k.next < n && k.next <= y + 1; k.next++)
            make_row(&k, rows, k.next);
        if (s->limit_cnt && y >= margin && y < n - margin)
            row_sums(&k, y);
    }
}

const FloatAdmKernels float_adm_kernels_scalar = {
    .scale = scale,
    .scratch_size = scratch_size,
};
