/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The sum of all differences, in the order of pixels as the definition wants
 * it, or in any order where that is the same.
 *
 * Let the total lie in [2^e, 2^(e+1)), so that its last place is 2^(e-52). A
 * binary32 difference of 2^(e-29) or more is a multiple of 2^(e-52). If all that
 * are not zero are so large, and the total stays below 2^(e+1), every sum on
 * the way is a multiple of 2^(e-52) below 2^(e+1), and exact.
 */

static double ciede_sum_in_order(double total, const float *delta, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i++)
        total += (double)delta[i];
    return total;
}

/* The sum of a row, and the bits, less one, of the least that is not zero. */
static double ciede_sum_row(const float *delta, unsigned cnt, uint32_t *least)
{
    const unsigned whole = cnt - cnt % V_LANES;
    vdbl lo = v_set_f64(0.), hi = lo;
    vint bits = v_set32(UINT32_MAX);
    double half[2][V_LANES / 2], sum = 0.;
    uint32_t lane[V_LANES];
    for (unsigned i = 0; i < whole; i += V_LANES) {
        const vflt d = v_load_f32(delta + i);
        bits = v_minu32(bits, v_sub32(v_cast_int(d), v_set32(1)));
        lo = v_add_f64(lo, v_widen_lo_f32(d));
        hi = v_add_f64(hi, v_widen_hi_f32(d));
    }
    v_store(lane, bits);
    v_put_f64(half[0], lo);
    v_put_f64(half[1], hi);
    for (unsigned i = 0; i < V_LANES; i++) {
        sum += half[i % 2][i / 2];
        *least = lane[i] < *least ? lane[i] : *least;
    }
    for (unsigned i = whole; i < cnt; i++) {
        uint32_t last;
        memcpy(&last, delta + i, sizeof(last));
        *least = last - 1 < *least ? last - 1 : *least;
        sum += (double)delta[i];
    }
    return sum;
}

static void ciede_sum_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const CiedeSum *c = call;
    double total = *c->total;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        const float *delta = c->delta + y * c->stride;
        uint32_t least = UINT32_MAX, bits;
        const double sum = ciede_sum_row(delta, c->cnt[y], &least);
        int e;
        frexp(total, &e); /* total is in [2^(e-1), 2^e) */
        const float enough = total > 0. ? (float)ldexp(1., e - 30) : INFINITY;
        memcpy(&bits, &enough, sizeof(bits));
        if (least >= bits - 1 && total + sum < ldexp(1., e))
            total += sum;
        else
            total = ciede_sum_in_order(total, delta, c->cnt[y]);
    }
    *c->total = total;
}
