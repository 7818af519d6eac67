/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Luminance, contrast and structure from the window's means; and their sums. */

/* Terms of V_LANES positions in binary64, first and second half. */
typedef struct SsimTerms {
    vdbl l[2], c[2], s[2];
    vflt structure;
} SsimTerms;

static inline SIMD_INLINE vdbl ssim_half(vflt a, int half)
{
    return half ? v_widen_hi_f32(a) : v_widen_lo_f32(a);
}

static inline SIMD_INLINE SsimTerms ssim_terms(const SsimCompareScratch *m,
                                               unsigned y, unsigned x,
                                               bool luminance)
{
    const vflt c1 = v_set_f32(ssim_c1), c2 = v_set_f32(ssim_c2);
    const vflt c3 = v_set_f32(ssim_c3), zero = v_set_f32(0.f);
    const vflt r = v_load_f32(&m->mean[0][y][x]);
    const vflt d = v_load_f32(&m->mean[1][y][x]);
    const vflt rr = v_mul_f32(r, r), dd = v_mul_f32(d, d);
    const vflt var_r =
        v_max_f32(zero, v_sub_f32(v_load_f32(&m->mean[2][y][x]), rr));
    const vflt var_d =
        v_max_f32(zero, v_sub_f32(v_load_f32(&m->mean[3][y][x]), dd));
    const vflt sigma = v_sqrt_f32(v_mul_f32(var_r, var_d));
    vflt cov = v_sub_f32(v_load_f32(&m->mean[4][y][x]), v_mul_f32(r, d));
    cov = v_drop_f32(v_both(v_lt_f32(cov, zero), v_le_f32(sigma, zero)), cov);

    const vflt under_l = v_add_f32(v_add_f32(rr, dd), c1);
    const vflt under_c = v_add_f32(v_add_f32(var_r, var_d), c2);
    SsimTerms t;
    t.structure = v_div_f32(v_add_f32(cov, c3), v_add_f32(sigma, c3));
    for (int i = 0; i < 2; i++) {
        const vdbl two = v_set_f64(2.);
        vdbl over = v_mul_f64(two, ssim_half(sigma, i));
        over = v_add_f64(over, v_set_f64((double)ssim_c2));
        t.c[i] = v_div_f64(over, ssim_half(under_c, i));
        t.s[i] = ssim_half(t.structure, i);
        if (!luminance)
            continue;
        over = v_mul_f64(v_mul_f64(two, ssim_half(r, i)), ssim_half(d, i));
        over = v_add_f64(over, v_set_f64((double)ssim_c1));
        t.l[i] = v_div_f64(over, ssim_half(under_l, i));
    }
    return t;
}

/* Sums of lanes. */
typedef struct SsimLanes {
    vdbl l, c, s, lcs;
    vflt peak;
} SsimLanes;

static double ssim_sum(vdbl a)
{
    double lane[V_LANES / 2], sum = 0.;
    v_put_f64(lane, a);
    for (int i = 0; i < V_LANES / 2; i++)
        sum += lane[i];
    return sum;
}

static double ssim_peak(vflt a)
{
    float lane[V_LANES], peak = 0.f;
    v_store_f32(lane, a);
    for (int i = 0; i < V_LANES; i++)
        peak = lane[i] > peak ? lane[i] : peak;
    return (double)peak;
}

/* As many lanes as count, the others 0. */
static vdbl ssim_some(vdbl a, unsigned cnt)
{
    double lane[V_LANES / 2];
    v_put_f64(lane, a);
    for (unsigned i = cnt; i < V_LANES / 2; i++)
        lane[i] = 0.;
    return v_get_f64(lane);
}

/* Keep the first `cnt` positions of a vector. */
static void ssim_cut(SsimTerms *t, unsigned cnt, bool luminance)
{
    float lane[V_LANES];
    v_store_f32(lane, t->structure);
    for (unsigned i = cnt; i < V_LANES; i++)
        lane[i] = 0.f;
    t->structure = v_load_f32(lane);
    for (unsigned i = 0; i < 2; i++) {
        const unsigned half = V_LANES / 2, rest = cnt < half ? cnt : half;
        t->c[i] = ssim_some(t->c[i], rest);
        t->s[i] = ssim_some(t->s[i], rest);
        if (luminance)
            t->l[i] = ssim_some(t->l[i], rest);
        cnt -= rest;
    }
}

static inline SIMD_INLINE void ssim_add(SsimLanes *sum, const SsimTerms *t,
                                        bool luminance)
{
    sum->c = v_add_f64(sum->c, v_add_f64(t->c[0], t->c[1]));
    sum->s = v_add_f64(sum->s, v_add_f64(t->s[0], t->s[1]));
    sum->peak = v_max_f32(sum->peak, v_abs_f32(t->structure));
    for (int i = 0; luminance && i < 2; i++) {
        const vdbl lc = v_mul_f64(t->l[i], t->c[i]);
        sum->l = v_add_f64(sum->l, t->l[i]);
        sum->lcs = v_add_f64(sum->lcs, v_mul_f64(lc, t->s[i]));
    }
}

/* Add the terms of n positions of one row to its sums. */
static inline SIMD_INLINE void ssim_sum_row(const SsimCompareScratch *m,
                                            unsigned y, unsigned n,
                                            bool luminance, SsimRow *row)
{
    const vdbl zero = v_set_f64(0.);
    SsimLanes sum = { zero, zero, zero, zero, v_set_f32(0.f) };
    unsigned x = 0;
    for (; x + V_LANES <= n; x += V_LANES) {
        const SsimTerms t = ssim_terms(m, y, x, luminance);
        ssim_add(&sum, &t, luminance);
    }
    if (x < n) {
        SsimTerms t = ssim_terms(m, y, x, luminance);
        ssim_cut(&t, n - x, luminance);
        ssim_add(&sum, &t, luminance);
    }
    const double peak = ssim_peak(sum.peak);
    row->c += ssim_sum(sum.c);
    row->s += ssim_sum(sum.s);
    row->peak = peak > row->peak ? peak : row->peak;
    if (luminance) {
        row->l += ssim_sum(sum.l);
        row->lcs += ssim_sum(sum.lcs);
    }
}

static SIMD_NOINLINE void ssim_sum_contrast(const SsimCompareScratch *m,
                                            unsigned y, unsigned n,
                                            SsimRow *row)
{
    ssim_sum_row(m, y, n, false, row);
}

static SIMD_NOINLINE void ssim_sum_all(const SsimCompareScratch *m, unsigned y,
                                       unsigned n, SsimRow *row)
{
    ssim_sum_row(m, y, n, true, row);
}

/* Terms of one kind, as many as whole vectors need for n. */
static void ssim_put_terms(const SsimCompareScratch *m, unsigned y, unsigned n,
                           unsigned kind, double *out)
{
    for (unsigned x = 0; x < n; x += V_LANES) {
        const SsimTerms t = ssim_terms(m, y, x, true);
        for (unsigned i = 0; i < 2; i++) {
            const vdbl lc = v_mul_f64(t.l[i], t.c[i]);
            const vdbl all[] = { t.l[i], t.c[i], t.s[i],
                                 v_mul_f64(lc, t.s[i]) };
            double lane[V_LANES / 2];
            const unsigned at = x + i * (V_LANES / 2);
            v_put_f64(lane, all[kind]);
            for (unsigned k = 0; k < V_LANES / 2 && at + k < n; k++)
                out[at + k] = lane[k];
        }
    }
}
