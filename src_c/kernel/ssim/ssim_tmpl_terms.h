/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Luminance, contrast and structure from the window's means; and their sums. */

enum {
    SSIM_KINDS = 4, /* of terms: l, c, s, lcs */
    /* What is added up at once: two terms for each of the eight lanes. */
    SSIM_GROUP = 2 * SSIM_LANES,
    SSIM_VECTORS = SSIM_GROUP / V_LANES,
};

/* Terms of V_LANES positions, first and second half. */
typedef struct SsimTerms {
    vdbl kind[SSIM_KINDS][2];
    vflt structure;
} SsimTerms;

static inline SIMD_INLINE vdbl ssim_half(vflt a, int half)
{
    return half ? v_widen_hi_f32(a) : v_widen_lo_f32(a);
}

/* The terms of row y of the means from column x on; l and lcs with `luminance`
 * only. */
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
    const vdbl two = v_set_f64(2.);
    SsimTerms t;
    t.structure = v_div_f32(v_add_f32(cov, c3), v_add_f32(sigma, c3));
    for (int i = 0; i < 2; i++) {
        const vdbl s = ssim_half(t.structure, i);
        vdbl over = v_mul_f64(two, ssim_half(sigma, i));
        over = v_add_f64(over, v_set_f64((double)ssim_c2));
        const vdbl c = v_div_f64(over, ssim_half(under_c, i));
        t.kind[1][i] = c;
        t.kind[2][i] = s;
        if (!luminance)
            continue;
        over = v_mul_f64(v_mul_f64(two, ssim_half(r, i)), ssim_half(d, i));
        over = v_add_f64(over, v_set_f64((double)ssim_c1));
        const vdbl l = v_div_f64(over, ssim_half(under_l, i));
        t.kind[0][i] = l;
        t.kind[3][i] = v_mul_f64(v_mul_f64(l, c), s);
    }
    return t;
}

/* Sums of lanes: the eight of each kind. */
typedef struct SsimSums {
    vdbl kind[SSIM_KINDS][SSIM_VECTORS];
    vflt peak;
} SsimSums;

/* Whether terms of a kind are there. */
static inline SIMD_INLINE bool ssim_has(int kind, bool luminance)
{
    return luminance || kind == 1 || kind == 2;
}

static inline SIMD_INLINE vdbl ssim_nth(const SsimTerms *t, int kind, int half)
{
    return t[half / 2].kind[kind][half % 2];
}

/* Add a group: position i and position i + 8 to each other, then to lane i. */
static inline SIMD_INLINE void ssim_add(SsimSums *sum, const SsimTerms *t,
                                        bool luminance)
{
    SIMD_UNROLL
    for (int kind = 0; kind < SSIM_KINDS; kind++)
        if (ssim_has(kind, luminance))
            SIMD_UNROLL
    for (int i = 0; i < SSIM_VECTORS; i++) {
        const vdbl both = v_add_f64(ssim_nth(t, kind, i),
                                    ssim_nth(t, kind, i + SSIM_VECTORS));
        sum->kind[kind][i] = v_add_f64(sum->kind[kind][i], both);
    }
    SIMD_UNROLL
    for (int i = 0; i < SSIM_VECTORS; i++)
        sum->peak = v_max_f32(sum->peak, v_abs_f32(t[i].structure));
}

/* Keep the first `cnt` of V_LANES positions; the others are 0. */
static void ssim_cut(SsimTerms *t, unsigned cnt, bool luminance)
{
    float structure[V_LANES];
    v_store_f32(structure, t->structure);
    for (unsigned i = cnt; i < V_LANES; i++)
        structure[i] = 0.f;
    t->structure = v_load_f32(structure);
    for (int kind = 0; kind < SSIM_KINDS; kind++) {
        if (!ssim_has(kind, luminance))
            continue;
        double lane[V_LANES];
        v_put_f64(lane, t->kind[kind][0]);
        v_put_f64(lane + V_LANES / 2, t->kind[kind][1]);
        for (unsigned i = cnt; i < V_LANES; i++)
            lane[i] = 0.;
        t->kind[kind][0] = v_get_f64(lane);
        t->kind[kind][1] = v_get_f64(lane + V_LANES / 2);
    }
}

static inline SIMD_INLINE double ssim_total(const vdbl lanes[SSIM_VECTORS])
{
    double lane[SSIM_LANES], sum = 0.;
    for (int i = 0; i < SSIM_VECTORS; i++)
        v_put_f64(lane + i * (V_LANES / 2), lanes[i]);
    for (int i = 0; i < SSIM_LANES; i++)
        sum += lane[i];
    return sum;
}

static inline SIMD_INLINE void ssim_finish(const SsimSums *sum, bool luminance,
                                           SsimRow *row)
{
    float structure[V_LANES];
    v_store_f32(structure, sum->peak);
    for (int i = 0; i < V_LANES; i++)
        if ((double)structure[i] > row->peak)
            row->peak = (double)structure[i];
    row->c += ssim_total(sum->kind[1]);
    row->s += ssim_total(sum->kind[2]);
    if (luminance) {
        row->l += ssim_total(sum->kind[0]);
        row->lcs += ssim_total(sum->kind[3]);
    }
}

/* Add the group at column x. */
static inline SIMD_INLINE void ssim_add_group(SsimSums *sum,
                                              const SsimCompareScratch *m,
                                              unsigned y, unsigned x,
                                              bool luminance)
{
    SsimTerms t[SSIM_VECTORS];
    SIMD_UNROLL
    for (unsigned i = 0; i < SSIM_VECTORS; i++)
        t[i] = ssim_terms(m, y, x + i * V_LANES, luminance);
    ssim_add(sum, t, luminance);
}

/* The same of the last group, of which the columns before n count. */
static inline SIMD_INLINE void ssim_add_last(SsimSums *sum,
                                             const SsimCompareScratch *m,
                                             unsigned y, unsigned x, unsigned n,
                                             bool luminance)
{
    SsimTerms t[SSIM_VECTORS];
    for (unsigned i = 0; i < SSIM_VECTORS; i++, x += V_LANES) {
        t[i] = ssim_terms(m, y, x, luminance);
        if (x + V_LANES > n)
            ssim_cut(&t[i], x < n ? n - x : 0, luminance);
    }
    ssim_add(sum, t, luminance);
}

/* Add the terms of n positions of one row to its sums. */
static inline SIMD_INLINE void ssim_sum_row(const SsimCompareScratch *m,
                                            unsigned y, unsigned n,
                                            bool luminance, SsimRow *row)
{
    SsimSums sum = { .peak = v_set_f32(0.f) };
    for (int kind = 0; kind < SSIM_KINDS; kind++)
        for (int i = 0; i < SSIM_VECTORS; i++)
            sum.kind[kind][i] = v_set_f64(0.);
    unsigned x = 0;
    for (; x + SSIM_GROUP <= n; x += SSIM_GROUP)
        ssim_add_group(&sum, m, y, x, luminance);
    if (x < n)
        ssim_add_last(&sum, m, y, x, n, luminance);
    ssim_finish(&sum, luminance, row);
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

/* The terms of one kind at n positions of one row. */
static void ssim_put_terms(const SsimCompareScratch *m, unsigned y, unsigned n,
                           unsigned kind, double *out)
{
    for (unsigned x = 0; x < n; x += V_LANES) {
        const SsimTerms t = ssim_terms(m, y, x, true);
        double lane[V_LANES];
        v_put_f64(lane, t.kind[kind][0]);
        v_put_f64(lane + V_LANES / 2, t.kind[kind][1]);
        for (unsigned i = 0; i < V_LANES && x + i < n; i++)
            out[x + i] = lane[i];
    }
}
