/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The Gaussian window: across columns of rows, then down rows of columns, by the
 * same step. A value is multiplied by the six taps and added to the eleven
 * positions that it belongs to, so that each position's taps are added in their
 * order, and nothing is loaded or converted twice. Some additions are made by
 * the multipliers, as conversions keep the adders busy.
 */

/* Sums that are not complete: [i] lacks i + 1 values. */
typedef struct SsimPending {
    vdbl sum[SSIM_HALO];
} SsimPending;

/* Take in one value; returns the position that it completes. */
static inline SIMD_INLINE vhlf ssim_step(SsimPending *p, vhlf value,
                                         const vhlf tap[6])
{
    vdbl *s = p->sum;
    const vdbl t0 = ssim_product(value, tap[0]);
    const vdbl done = v_add_f64(s[0], t0);
    const vdbl t1 = ssim_product(value, tap[1]);
    s[0] = v_add_by_fma_f64(s[1], t1);
    const vdbl t2 = ssim_product(value, tap[2]);
    s[1] = v_add_by_fma_f64(s[2], t2);
    const vdbl t3 = ssim_product(value, tap[3]);
    s[2] = v_add_by_fma_f64(s[3], t3);
    const vdbl t4 = ssim_product(value, tap[4]);
    s[3] = v_add_by_fma_f64(s[4], t4);
    s[4] = v_add_by_fma_f64(s[5], ssim_product(value, tap[5]));
    s[5] = v_add_by_fma_f64(s[6], t4);
    s[6] = v_add_f64(s[7], t3);
    s[7] = v_add_f64(s[8], t2);
    s[8] = v_add_f64(s[9], t1);
    s[9] = t0;
    return v_narrow_half(done);
}

#define SSIM_TAPS_OF(tap)                                                      \
    const vhlf tap[6] = {                                                      \
        v_set_half(ssim_taps[0]), v_set_half(ssim_taps[1]),                    \
        v_set_half(ssim_taps[2]), v_set_half(ssim_taps[3]),                    \
        v_set_half(ssim_taps[4]), v_set_half(ssim_taps[5]),                    \
    }

/* Half of V_LANES rows across n columns; the first ten results are void. For
 * one plane's own values `b` is NULL, else it takes products of two. */
static inline SIMD_INLINE void ssim_run_across(const float *a, const float *b,
                                               unsigned n, float *out)
{
    SSIM_TAPS_OF(tap);
    SsimPending p;
    for (int i = 0; i < SSIM_HALO; i++)
        p.sum[i] = v_set_f64(0.);
    for (unsigned x = 0; x < n; x++) {
        vhlf value = v_load_half(a + x * V_LANES);
        if (b)
            value = v_mul_half(value, v_load_half(b + x * V_LANES));
        v_store_half(out + x * V_LANES, ssim_step(&p, value, tap));
    }
}

static SIMD_NOINLINE void ssim_across_plane(const float *a, unsigned n,
                                            float *out)
{
    ssim_run_across(a, NULL, n, out);
}

static SIMD_NOINLINE void ssim_across_product(const float *a, const float *b,
                                              unsigned n, float *out)
{
    ssim_run_across(a, b, n, out);
}

/* Columns of V_LANES rows, from rows or back to them. */
static void ssim_to_columns(const float *row, unsigned n, float *col)
{
    for (unsigned x = 0; x < n; x += V_LANES) {
        vflt block[V_LANES];
        for (int i = 0; i < V_LANES; i++)
            block[i] = v_load_f32(row + i * SSIM_PITCH + x);
        v_transpose_f32(block);
        for (int i = 0; i < V_LANES; i++)
            v_store_f32(col + (x + i) * V_LANES, block[i]);
    }
}

static void ssim_to_rows(const float *col, unsigned n, float *row)
{
    for (unsigned x = 0; x < n; x += V_LANES) {
        vflt block[V_LANES];
        for (int i = 0; i < V_LANES; i++)
            block[i] = v_load_f32(col + (x + i) * V_LANES);
        v_transpose_f32(block);
        for (int i = 0; i < V_LANES; i++)
            v_store_f32(row + i * SSIM_STRIP + x, block[i]);
    }
}

/* One signal of V_LANES rows, n columns with the halo: `a` and `b` as above. */
static void ssim_across(SsimCompareScratch *s, const float *a, const float *b,
                        unsigned n, float *mean)
{
    for (unsigned half = 0; half < V_LANES; half += V_LANES / 2) {
        if (b)
            ssim_across_product(a + half, b + half, n, s->across + half);
        else
            ssim_across_plane(a + half, n, s->across + half);
    }
    ssim_to_rows(s->across + SSIM_HALO * V_LANES, n - SSIM_HALO, mean);
}

/* One signal down SSIM_ROWS rows, in place: row i becomes the mean that it
 * completes. What is not complete is kept for the rows that follow. */
static SIMD_NOINLINE void ssim_down(float *mean, unsigned n, double *pending)
{
    SSIM_TAPS_OF(tap);
    enum { STEP = V_LANES / 2 };
    for (unsigned x = 0; x < n; x += STEP, pending += SSIM_HALO * STEP) {
        SsimPending p;
        float *at = mean + x;
        for (int i = 0; i < SSIM_HALO; i++)
            p.sum[i] = v_get_f64(pending + i * STEP);
        for (unsigned y = 0; y < SSIM_ROWS; y++, at += SSIM_STRIP)
            v_store_half(at, ssim_step(&p, v_load_half(at), tap));
        for (int i = 0; i < SSIM_HALO; i++)
            v_put_f64(pending + i * STEP, p.sum[i]);
    }
}

/* Means of all signals over the n positions from column x on that rows
 * [y, y + SSIM_ROWS) complete; rows beyond `last` repeat it. */
static void ssim_means(SsimCompareScratch *s, const Luma src[2], unsigned y,
                       unsigned last, unsigned x, unsigned n)
{
    const float *ref = s->col[0], *dist = s->col[1];
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned i = 0; i < SSIM_ROWS; i++) {
            const void *row = luma_row(&src[side], y + i < last ? y + i : last);
            luma_values(&src[side], row, x, n + SSIM_HALO, s->row[side][i]);
            if (y + i + SSIM_ROWS <= last)
                luma_prefetch(&src[side],
                              luma_row(&src[side], y + i + SSIM_ROWS), x,
                              n + SSIM_HALO);
        }
    }
    for (unsigned i = 0; i < SSIM_ROWS; i += V_LANES) {
        for (unsigned side = 0; side < 2; side++)
            ssim_to_columns(s->row[side][i], n + SSIM_HALO, s->col[side]);
        ssim_across(s, ref, NULL, n + SSIM_HALO, s->mean[0][i]);
        ssim_across(s, dist, NULL, n + SSIM_HALO, s->mean[1][i]);
        ssim_across(s, ref, ref, n + SSIM_HALO, s->mean[2][i]);
        ssim_across(s, dist, dist, n + SSIM_HALO, s->mean[3][i]);
        ssim_across(s, ref, dist, n + SSIM_HALO, s->mean[4][i]);
    }
    for (unsigned i = 0; i < SSIM_SIGNALS; i++)
        ssim_down(s->mean[i][0], n, s->pending[i]);
}
