/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The low-pass of MS-SSIM with a step of two.
 *
 * Where its sums are exact, their order is free: first down each column, once
 * per distance from the centre column ("class"), then across the classes. Exact
 * is proved by magnitudes: a product is a multiple of 2^-23 times the power of two
 * below it, the smallest coefficient is above 2^-12, samples are 0 or at least
 * 2^-8 and values that are not faint at least 2^-6. So all products are multiples
 * of 2^-43, of 2^-41 at deeper levels, where the filter may have let values grow by
 * 1.91 per level: the sum of all magnitudes stays below 2^9 at level 0 and below
 * 2^12 at level 3.
 *
 * Rows that reach faint values are added up in the definition's order instead.
 */

/* Columns [2 x - 4, 2 (x + n) + 4) of a row, even ones and odd ones apart. */
static void ssim_halve_split(const Luma *src, ptrdiff_t y, unsigned x,
                             unsigned n, float *row, float *even, float *odd)
{
    const ptrdiff_t begin = 2 * (ptrdiff_t)x - 4;
    const unsigned cnt = 2 * n + 8;
    luma_reflected(src, luma_row(src, y), begin, begin + cnt, 0, row);
    for (unsigned i = 0; i < cnt; i += 2 * V_LANES) {
        vflt a = v_load_f32(row + i), b = v_load_f32(row + i + V_LANES);
        v_store_f32(even + i / 2, v_even_f32(a, b));
        v_store_f32(odd + i / 2, v_odd_f32(a, b));
    }
}

static inline SIMD_INLINE vdbl ssim_product(vhlf a, vhlf b)
{
    return v_widen_half(v_mul_half(a, b));
}

/* Class u down its columns: each pair of rows finishes one halved row and adds
 * to the four after it. */
static void ssim_halve_down(SsimHalveScratch *s, unsigned u, unsigned n)
{
    const vhlf q0 = v_set_half(ssim_low[0][u]), q1 = v_set_half(ssim_low[1][u]);
    const vhlf q2 = v_set_half(ssim_low[2][u]), q3 = v_set_half(ssim_low[3][u]);
    const vhlf q4 = v_set_half(ssim_low[4][u]);
    enum { STEP = V_LANES / 2 };

    for (unsigned x = 0; x < n; x += STEP) {
        const float *in = &s->half[u & 1][0][x];
        double *out = &s->down[u][0][x];
        double *pending = &s->pending[u][x * SSIM_PENDING];
        vdbl a = v_get_f64(pending), b = v_get_f64(pending + STEP);
        vdbl c = v_get_f64(pending + 2 * STEP);
        vdbl d = v_get_f64(pending + 3 * STEP);
        for (unsigned i = 0; i < SSIM_ROWS / 2; i++) {
            const vhlf top = v_load_half(in);
            const vhlf bottom = v_load_half(in + SSIM_HALVED_PITCH);
            const vdbl p4 = ssim_product(top, q4), p2 = ssim_product(top, q2);
            const vdbl p3 = ssim_product(bottom, q3);
            const vdbl p1 = ssim_product(bottom, q1);
            v_put_f64(out, v_add_f64(a, p4));
            a = v_add_by_fma_f64(v_add_f64(b, p2), p3);
            b = v_add_by_fma_f64(v_add_by_fma_f64(c, ssim_product(top, q0)),
                                 p1);
            c = v_add_by_fma_f64(v_add_f64(d, p2), p1);
            d = v_add_f64(p4, p3);
            in += 2 * SSIM_HALVED_PITCH;
            out += SSIM_HALVED_PITCH;
        }
        v_put_f64(pending, a);
        v_put_f64(pending + STEP, b);
        v_put_f64(pending + 2 * STEP, c);
        v_put_f64(pending + 3 * STEP, d);
    }
}

/* A halved column's own class is at x + 2, as two columns to its left come
 * first. */
static inline SIMD_INLINE vdbl ssim_halve_sum(const double *down, unsigned x)
{
    enum { CLASS = SSIM_ROWS / 2 * SSIM_HALVED_PITCH };
    const double *c0 = down + x, *c1 = c0 + CLASS, *c2 = c1 + CLASS;
    const double *c3 = c2 + CLASS, *c4 = c3 + CLASS;
    vdbl near = v_add_f64(v_get_f64(c1 + 1), v_get_f64(c1 + 2));
    vdbl far = v_add_f64(v_get_f64(c2 + 1), v_get_f64(c2 + 3));
    near = v_add_f64(near, v_add_f64(v_get_f64(c3), v_get_f64(c3 + 3)));
    far = v_add_f64(far, v_add_f64(v_get_f64(c4), v_get_f64(c4 + 4)));
    return v_add_f64(v_get_f64(c0 + 2), v_add_f64(near, far));
}

/* Put n values in their place; whether one of them is faint. */
static unsigned ssim_halve_put(const float *value, unsigned n, float *out)
{
    const vflt zero = v_set_f32(0.f), limit = v_set_f32(ssim_faint);
    unsigned faint = 0, i = 0;
    for (; i + V_LANES <= n; i += V_LANES) {
        vflt v = v_load_f32(value + i), size = v_abs_f32(v);
        faint |= (unsigned)v_any(
            v_both(v_lt_f32(zero, size), v_lt_f32(size, limit)));
        v_store_f32(out + i, v);
    }
    for (; i < n; i++) {
        faint |= value[i] != 0.f && fabsf(value[i]) < ssim_faint;
        out[i] = value[i];
    }
    return faint;
}

static void ssim_halve_across(SsimHalveScratch *s, unsigned i, unsigned n,
                              float *out, uint8_t *faint)
{
    const double *down = s->down[0][i];
    for (unsigned x = 0; x < n; x += V_LANES) {
        vdbl lo = ssim_halve_sum(down, x);
        vdbl hi = ssim_halve_sum(down, x + V_LANES / 2);
        v_store_f32(s->row + x, v_narrow_f64(lo, hi));
    }
    *faint |= (uint8_t)ssim_halve_put(s->row, n, out);
}

static float *ssim_halve_row(const SsimHalve *c, unsigned y, unsigned x)
{
    return (float *)((char *)c->dst + (ptrdiff_t)y * c->dst_stride) + x;
}

/* Columns [x, x + n) of the halved rows. The four before the first come out
 * wrong, as they begin with whatever lay in `pending`. */
static void ssim_halve_strip(const SsimHalve *c, const Luma *src,
                             const Rows *rows, unsigned x, unsigned n)
{
    SsimHalveScratch *s = rows->scratch;
    const ptrdiff_t begin = rows->begin, end = rows->end;
    for (ptrdiff_t y = begin - 2; y < end + 2; y += SSIM_ROWS / 2) {
        for (unsigned i = 0; i < SSIM_ROWS; i++) {
            const ptrdiff_t last = 2 * end + 3, at = 2 * y + i;
            ssim_halve_split(src, luma_reflect(at < last ? at : last, c->h, 0),
                             x, n, s->row, s->half[0][i], s->half[1][i]);
            if (at >= 0 && at + SSIM_ROWS < c->h)
                luma_prefetch(src, luma_row(src, at + SSIM_ROWS), 2 * x, 2 * n);
        }
        for (unsigned u = 0; u < SSIM_CLASSES; u++)
            ssim_halve_down(s, u, n + 4);
        for (unsigned i = 0; i < SSIM_ROWS / 2; i++) {
            const ptrdiff_t row = y + i - 2;
            if (row >= begin && row < end)
                ssim_halve_across(s, i, n, ssim_halve_row(c, row, x),
                                  &c->dst_faint[row]);
        }
    }
}

/* Eight or so columns of one halved row in the definition's order. */
static vhlf ssim_halve_in_order(const SsimHalveScratch *s, unsigned x)
{
    vdbl sum = v_set_f64(0.);
    for (int v = -4; v <= 4; v++) {
        const float *low = ssim_low[v < 0 ? -v : v];
        for (int u = -4; u <= 4; u++) {
            const float *in = s->half[u & 1][v + 4] + x + 2 + (u >> 1);
            const vhlf weight = v_set_half(low[u < 0 ? -u : u]);
            sum = v_add_f64(sum, ssim_product(v_load_half(in), weight));
        }
    }
    return v_narrow_half(sum);
}

static void ssim_halve_ordered(const SsimHalve *c, const Luma *src,
                               SsimHalveScratch *s, unsigned y, unsigned x,
                               unsigned n)
{
    for (int v = 0; v < 9; v++)
        ssim_halve_split(src, luma_reflect(2 * (ptrdiff_t)y + v - 4, c->h, 0),
                         x, n, s->row, s->half[0][v], s->half[1][v]);
    for (unsigned i = 0; i < n; i += V_LANES / 2)
        v_store_half(s->row + i, ssim_halve_in_order(s, i));
    c->dst_faint[y] |=
        (uint8_t)ssim_halve_put(s->row, n, ssim_halve_row(c, y, x));
}

/* Whether halved row y depends on a faint value. */
static bool ssim_halve_faint(const SsimHalve *c, unsigned y)
{
    bool faint = false;
    for (int v = -4; c->src_faint && v <= 4; v++)
        faint |= c->src_faint[luma_reflect(2 * (ptrdiff_t)y + v, c->h, 0)];
    return faint;
}

static void ssim_halve_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const SsimHalve *c = call;
    const Luma src = luma(c->src, c->src_stride, c->w, c->bpc, 0.f);
    const unsigned w = (c->w + 1) / 2;
    unsigned n;

    (void)sums;
    memset(c->dst_faint + rows->begin, 0, rows->end - rows->begin);
    for (unsigned x = 0; x < w; x += n) {
        n = w - x < SSIM_HALVED ? w - x : SSIM_HALVED;
        ssim_halve_strip(c, &src, rows, x, n);
    }
    for (unsigned y = rows->begin; y < rows->end; y++) {
        if (!ssim_halve_faint(c, y))
            continue;
        c->dst_faint[y] = 0;
        for (unsigned x = 0; x < w; x += n) {
            n = w - x < SSIM_HALVED ? w - x : SSIM_HALVED;
            ssim_halve_ordered(c, &src, rows->scratch, y, x, n);
        }
    }
}
