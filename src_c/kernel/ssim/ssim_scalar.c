/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* SSIM's filters and terms in plain loops. */
#include <math.h>

#include "ssim.h"
#include "ssim_constants.h"

typedef struct Source {
    const void *data;
    ptrdiff_t stride;
    unsigned bpc;
    float scale; /* makes samples of any depth 8-bit ones */
} Source;

static Source source(const void *data, ptrdiff_t stride, unsigned bpc)
{
    const float scale = bpc <= 16 ? 1.f / (float)(1u << (bpc - 8)) : 1.f;
    return (Source){ data, stride, bpc, scale };
}

static float value(const Source *s, ptrdiff_t y, ptrdiff_t x)
{
    const void *row = (const char *)s->data + y * s->stride;
    if (s->bpc == SSIM_BINARY32)
        return ((const float *)row)[x];
    if (s->bpc == 8)
        return ((const uint8_t *)row)[x];
    return (float)((const uint16_t *)row)[x] * s->scale;
}

/* Sample `i` of an axis of n that runs backwards beyond its ends. */
static ptrdiff_t reflect(ptrdiff_t i, ptrdiff_t n)
{
    return i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i;
}

void ssim_shrink_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const SsimShrink *c = call;
    const Source src = source(c->src, c->src_stride, c->bpc);
    const ptrdiff_t f = c->factor, first = -(f / 2);
    const float k = 1.f / (float)(f * f);
    const unsigned w = c->w / c->factor + c->w % 2;

    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        float *out = (float *)((char *)c->dst + (ptrdiff_t)y * c->dst_stride);
        for (unsigned x = 0; x < w; x++) {
            double sum = 0.;
            for (ptrdiff_t v = first; v < first + f; v++) {
                const ptrdiff_t row = reflect(f * y + v, c->h);
                for (ptrdiff_t u = first; u < first + f; u++) {
                    const ptrdiff_t col = reflect(f * x + u, c->w);
                    sum += (double)(value(&src, row, col) * k);
                }
            }
            out[x] = (float)sum;
        }
    }
}

static float low_pass(const SsimHalve *c, const Source *src, ptrdiff_t y,
                      ptrdiff_t x)
{
    double sum = 0.;
    for (int v = -4; v <= 4; v++) {
        const ptrdiff_t row = reflect(2 * y + v, c->h);
        const float *low = ssim_low[v < 0 ? -v : v];
        for (int u = -4; u <= 4; u++) {
            const ptrdiff_t col = reflect(2 * x + u, c->w);
            sum += (double)(value(src, row, col) * low[u < 0 ? -u : u]);
        }
    }
    return (float)sum;
}

static void ssim_halve_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const SsimHalve *c = call;
    const Source src = source(c->src, c->src_stride, c->bpc);

    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        float *out = (float *)((char *)c->dst + (ptrdiff_t)y * c->dst_stride);
        c->dst_faint[y] = 0;
        for (unsigned x = 0; x < (c->w + 1) / 2; x++) {
            out[x] = low_pass(c, &src, y, x);
            if (out[x] != 0.f && fabsf(out[x]) < ssim_faint)
                c->dst_faint[y] = 1;
        }
    }
}

/* What the window is applied to. */
enum { REF, DIST, REF_REF, DIST_DIST, REF_DIST, SIGNALS };

typedef struct Terms {
    double value[4]; /* l, c, s, lcs */
} Terms;

static float larger(float p, float q)
{
    return p > q ? p : q;
}

/* The terms at one position, from the window's means of the five signals. */
static Terms terms(const float mean[SIGNALS])
{
    const float r = mean[REF], d = mean[DIST];
    const float var_r = larger(0.f, mean[REF_REF] - r * r);
    const float var_d = larger(0.f, mean[DIST_DIST] - d * d);
    const float sigma = sqrtf(var_r * var_d);
    float cov = mean[REF_DIST] - r * d;
    if (cov < 0.f && sigma <= 0.f)
        cov = 0.f;

    const double l = (2. * (double)r * (double)d + (double)ssim_c1) /
                     (double)(r * r + d * d + ssim_c1);
    const double c = (2. * (double)sigma + (double)ssim_c2) /
                     (double)(var_r + var_d + ssim_c2);
    const double s = (double)((cov + ssim_c3) / (sigma + ssim_c3));
    return (Terms){ { l, c, s, l * c * s } };
}

static float tap(int k)
{
    return ssim_taps[k > 5 ? 10 - k : k];
}

/* The window across one row: `out` has SIGNALS rows of w values. */
static void across(const SsimCompare *c, unsigned y, float *out)
{
    const Source ref = source(c->ref, c->ref_stride, c->bpc);
    const Source dist = source(c->dist, c->dist_stride, c->bpc);
    for (unsigned x = 0; x + SSIM_TAPS <= c->w; x++) {
        double sum[SIGNALS] = { 0. };
        for (int k = 0; k < SSIM_TAPS; k++) {
            const float r = value(&ref, y, x + k), d = value(&dist, y, x + k);
            const float signal[SIGNALS] = { r, d, r * r, d * d, r * d };
            for (int i = 0; i < SIGNALS; i++)
                sum[i] += (double)(signal[i] * tap(k));
        }
        for (int i = 0; i < SIGNALS; i++)
            out[(size_t)i * c->w + x] = (float)sum[i];
    }
}

/* The terms at column x from the rows that across() made, `top` the first of
 * the ring's eleven. */
static Terms down(const SsimCompare *c, const float *ring, unsigned top,
                  unsigned x)
{
    const size_t row = (size_t)SIGNALS * c->w;
    float mean[SIGNALS];
    for (int i = 0; i < SIGNALS; i++) {
        double sum = 0.;
        for (unsigned k = 0; k < SSIM_TAPS; k++) {
            const float *t = ring + (top + k) % SSIM_TAPS * row;
            sum += (double)(t[(size_t)i * c->w + x] * tap((int)k));
        }
        mean[i] = (float)sum;
    }
    return terms(mean);
}

/* Sums of a row; `top` is the first of its eleven rows in the ring. */
typedef struct RowSums {
    const SsimCompare *call;
    const float *ring;
    unsigned top;
    double sum[4], peak;
} RowSums;

static void add_strip(RowSums *r, unsigned begin, unsigned end)
{
    double lane[4][SSIM_LANES] = { { 0. } };
    for (unsigned x = begin; x < end; x += 2 * SSIM_LANES)
        for (unsigned i = 0; i < SSIM_LANES && x + i < end; i++) {
            const unsigned other = x + i + SSIM_LANES;
            const Terms a = down(r->call, r->ring, r->top, x + i);
            Terms b = { { 0. } };
            if (other < end)
                b = down(r->call, r->ring, r->top, other);
            for (int kind = 0; kind < 4; kind++)
                lane[kind][i] += a.value[kind] + b.value[kind];
            r->peak = fmax(r->peak, fabs(a.value[2]));
            r->peak = fmax(r->peak, fabs(b.value[2]));
        }
    for (int kind = 0; kind < 4; kind++) {
        double strip = 0.;
        for (int i = 0; i < SSIM_LANES; i++)
            strip += lane[kind][i];
        r->sum[kind] += strip;
    }
}

static SsimRow sum_row(const SsimCompare *c, const float *ring, unsigned top)
{
    const unsigned w = c->w - (SSIM_TAPS - 1);
    RowSums r = { .call = c, .ring = ring, .top = top };
    for (unsigned x = 0; x < w; x += SSIM_STRIP)
        add_strip(&r, x, w - x < SSIM_STRIP ? w : x + SSIM_STRIP);
    return (SsimRow){
        .l = c->luminance ? r.sum[0] : 0.,
        .c = r.sum[1],
        .s = r.sum[2],
        .lcs = c->luminance ? r.sum[3] : 0.,
        .peak = r.peak,
    };
}

/* Rows go through a ring of eleven that were filtered across. */
static void ssim_compare_scalar(const void *call, const Rows *rows,
                                int64_t *sums)
{
    const SsimCompare *c = call;
    const size_t row = (size_t)SIGNALS * c->w;
    float *ring = rows->scratch;

    (void)sums;
    for (unsigned y = rows->begin; y < rows->end + SSIM_TAPS - 1; y++) {
        across(c, y, ring + y % SSIM_TAPS * row);
        if (y >= rows->begin + SSIM_TAPS - 1)
            c->row[y - (SSIM_TAPS - 1)] = sum_row(c, ring, y + 1);
    }
}

static void ssim_ordered_scalar(const void *call, const Rows *rows,
                                int64_t *sums)
{
    const SsimCompare *c = call;
    const size_t row = (size_t)SIGNALS * c->w;
    float *ring = rows->scratch;
    double sum = 0.;

    (void)sums;
    for (unsigned y = 0; y < c->h; y++) {
        across(c, y, ring + y % SSIM_TAPS * row);
        for (unsigned x = 0; y >= SSIM_TAPS - 1 && x + SSIM_TAPS <= c->w; x++)
            sum += down(c, ring, y + 1, x).value[c->kind];
    }
    *c->sum = sum;
}

static size_t scratch_size(unsigned w)
{
    return sizeof(float) * SIGNALS * SSIM_TAPS * w;
}

const SsimKernels ssim_kernels_scalar = {
    .shrink = ssim_shrink_scalar,
    .halve = ssim_halve_scalar,
    .compare = ssim_compare_scalar,
    .ordered = ssim_ordered_scalar,
    .scratch_size = scratch_size,
};
