/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Variance and entropy of each block. The logarithm of the definition is the C
 * library's in binary64, but only what is left of it in binary32 shows. Ours
 * is good to SPEED_LOG_ERROR; where the sum rounds alike at both ends of that
 * range, any logarithm in it gives the same result, and where it does not, or
 * the argument is out of range, the library is asked.
 *
 * log2(m) = 2 / ln 2 (s + s^3 / 3 + s^5 / 5 + ...), s = (m - 1) / (m + 1). With
 * sqrt(1/2) <= m <= sqrt(2) |s| < 0.17158, and the terms from s^17 on, which are
 * left out, are below 2e-14; rounding adds less than 1e-13 for |log| < 128. A C
 * library's error is below 1e-14.
 */

#define SPEED_LOG_ERROR 0x1p-40
#define SPEED_2_LN2 0x1.71547652b82fep+1 /* 2 / ln 2 */

/* Of the mantissa, half of the lanes. */
static inline SIMD_INLINE vdbl speed_log_mantissa(vdbl m)
{
    static const double term[8] = {
        SPEED_2_LN2,     SPEED_2_LN2 / 3,  SPEED_2_LN2 / 5,  SPEED_2_LN2 / 7,
        SPEED_2_LN2 / 9, SPEED_2_LN2 / 11, SPEED_2_LN2 / 13, SPEED_2_LN2 / 15,
    };
    const vdbl one = v_set_f64(1);
    const vdbl s = v_div_f64(v_sub_f64(m, one), v_add_f64(m, one));
    const vdbl square = v_mul_f64(s, s);
    vdbl sum = v_set_f64(term[7]);
    SIMD_UNROLL
    for (int i = 6; i >= 0; i--)
        sum = v_add_f64(v_mul_f64(sum, square), v_set_f64(term[i]));
    return v_mul_f64(sum, s);
}

/* Adds the logarithm, plus or minus the error, and the constant. */
static inline SIMD_INLINE vdbl speed_add_log(vdbl entropy, vdbl log,
                                             double error)
{
    const vdbl constant = v_set_f64(SPEED_LOG_2PIE);
    log = v_add_f64(log, v_set_f64(error));
    return v_add_f64(entropy, v_add_f64(log, constant));
}

static SIMD_NOINLINE vflt speed_entropy_library(vflt entropy, vflt argument)
{
    float sum[V_LANES], x[V_LANES];
    v_store_f32(sum, entropy);
    v_store_f32(x, argument);
    for (int i = 0; i < V_LANES; i++)
        sum[i] =
            (float)((double)sum[i] + (log2((double)x[i]) + SPEED_LOG_2PIE));
    return v_load_f32(sum);
}

/* entropy + (log2(argument) + log2(2 pi e)) */
static inline SIMD_INLINE vflt speed_entropy_add(vflt entropy, vflt argument)
{
    const vint bits = v_cast_int(argument);
    /* 2^-64 <= argument < 2^64; the sign counts too. */
    const vint least = v_set32(0x1f7fffff), most = v_set32(0x5f800000);
    /* Exponent of the power of two that brings m to sqrt(1/2) and above. */
    const vint k = v_sar32(v_sub32(bits, v_set32(0x3f3504f3)), 23);
    const vflt m = v_cast_f32(v_sub32(bits, v_shl32(k, 23)));
    const vdbl lo =
        v_add_f64(v_lo_f64(k), speed_log_mantissa(v_widen_lo_f32(m)));
    const vdbl hi =
        v_add_f64(v_hi_f64(k), speed_log_mantissa(v_widen_hi_f32(m)));
    const vdbl e_lo = v_widen_lo_f32(entropy), e_hi = v_widen_hi_f32(entropy);
    const vflt above = v_narrow_f64(speed_add_log(e_lo, lo, SPEED_LOG_ERROR),
                                    speed_add_log(e_hi, hi, SPEED_LOG_ERROR));
    const vflt below = v_narrow_f64(speed_add_log(e_lo, lo, -SPEED_LOG_ERROR),
                                    speed_add_log(e_hi, hi, -SPEED_LOG_ERROR));
    const vint doubt = v_xor(v_cast_int(above), v_cast_int(below));
    if (v_any_bits(doubt) || v_any(v_gt32(least, bits)) ||
        v_any(v_gt32(bits, most)))
        return speed_entropy_library(entropy, argument);
    return above;
}

static SIMD_NOINLINE void speed_entropies(const SpeedModel *m,
                                          const SpeedBlocks *out,
                                          const float *lambda,
                                          const SpeedWork *work)
{
    const size_t cnt = speed_block_cnt(m), stride = m->block_stride;
    const vflt noise = v_set_f32(m->noise), cells = v_set_f32(SPEED_N);
    for (size_t b = 0; b < cnt; b += V_LANES) {
        vflt variance = v_set_f32(0), entropy = variance;
        for (int e = 0; e < SPEED_N && !*out->singular; e++) {
            const vflt product =
                v_mul_f32(v_load_f32(work->solved + e * stride + b),
                          v_load_f32(work->blocks + e * stride + b));
            variance = v_add_f32(variance, v_div_f32(product, cells));
        }
        for (int e = 0; e < SPEED_N; e++) {
            const vflt scale = v_set_f32(lambda[e] > 0 ? lambda[e] : 0);
            entropy = speed_entropy_add(
                entropy, v_add_f32(v_mul_f32(scale, variance), noise));
        }
        v_store_f32(out->variance + b, variance);
        v_store_f32(out->entropy + b, entropy);
    }
}
