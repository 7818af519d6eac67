/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Template of float VIF, part 1: from the moments of a sample to its terms. */

enum { VIF_REF, VIF_DIST, VIF_REF_REF, VIF_DIST_DIST, VIF_REF_DIST, VIF_MOMENTS };

/* Constants of a scale. */
typedef struct VifNoise {
    double variance;
    float active;  /* the least variance that is not below the noise */
    float inverse; /* 1 / variance where it is a power of two, else 0 */
    float flat;
} VifNoise;

static VifNoise vif_noise(const FloatVifScale *s)
{
    int exponent;
    VifNoise n = { .variance = s->noise, .active = (float)s->noise,
                   .flat = s->flat };
    if ((double)n.active < s->noise)
        n.active = nextafterf(n.active, INFINITY);
    /* Between these bounds 1 + x / variance, x not below the variance, is
     * exact in binary64, or far from where binary32 would round otherwise. */
    if (frexp(s->noise, &exponent) == 0.5 && s->noise > 0x1p-20)
        n.inverse = (float)(1. / s->noise);
    return n;
}

/* 1 + a / (b + c) in binary64, rounded to binary32. */
static inline SIMD_INLINE vflt vif_one_plus(vflt a, vflt b, double c)
{
    const vdbl one = v_set_f64(1.), plus = v_set_f64(c);
    vdbl lo = v_div_f64(v_widen_lo_f32(a),
                        v_add_f64(v_widen_lo_f32(b), plus));
    vdbl hi = v_div_f64(v_widen_hi_f32(a),
                        v_add_f64(v_widen_hi_f32(b), plus));
    return v_narrow_f64(v_add_f64(one, lo), v_add_f64(one, hi));
}

/* The logarithm that VIF is defined with. */
static inline SIMD_INLINE vflt vif_log2(vflt x)
{
    const vint bits = v_cast_int(x);
    const vint exponent = v_and(v_shr32(bits, 23), v_set32(255));
    const vint mantissa = v_and_or(bits, v_set32(0x7fffff), v_set32(127u << 23));
    const vflt f = v_sub_f32(v_cast_f32(mantissa), v_set_f32(1.f));
    vflt q = v_set_f32(float_vif_log[0]);
    SIMD_UNROLL
    for (int i = 1; i < FLOAT_VIF_LOG_TERMS; i++)
        q = v_add_f32(v_mul_f32(q, f), v_set_f32(float_vif_log[i]));
    return v_add_f32(v_to_f32(v_sub32(exponent, v_set32(127))),
                     v_mul_f32(q, f));
}

/* Variances and covariance of V_LANES samples. */
typedef struct VifSample {
    vflt ref, dist, both;
} VifSample;

static inline SIMD_INLINE VifSample vif_sample(const vflt m[VIF_MOMENTS])
{
    const vflt zero = v_set_f32(0.f), r = m[VIF_REF], d = m[VIF_DIST];
    VifSample s = {
        v_max_f32(v_sub_f32(m[VIF_REF_REF], v_mul_f32(r, r)), zero),
        v_max_f32(v_sub_f32(m[VIF_DIST_DIST], v_mul_f32(d, d)), zero),
        v_sub_f32(m[VIF_REF_DIST], v_mul_f32(r, d)),
    };
    return s;
}

/* What is sent of samples that are not below the noise. */
static inline SIMD_INLINE vflt vif_sent(const VifNoise *n, vflt x)
{
    if (n->inverse != 0.f)
        return vif_log2(v_add_f32(v_mul_f32(x, v_set_f32(n->inverse)),
                                  v_set_f32(1.f)));
    return vif_log2(vif_one_plus(x, v_set_f32(0.f), n->variance));
}

/* What arrives of them: nothing where the two do not vary together, or one of
 * them not at all. Elsewhere the gain is not negative. */
static inline SIMD_INLINE vflt vif_arrives(const VifNoise *n,
                                           const VifSample *s, vflt gain,
                                           float limit)
{
    const vflt epsilon = v_set_f32(float_vif_epsilon);
    const vflt lost = v_max_f32(
        v_sub_f32(s->dist, v_mul_f32(gain, s->both)), epsilon);
    const vflt g = v_min_f32(gain, v_set_f32(limit));
    const vflt kept = v_mul_f32(v_mul_f32(g, g), s->ref);
    const vmask some =
        v_both(v_ge_f32(s->both, v_set_f32(0.f)),
               v_both(v_ge_f32(s->dist, epsilon), v_ge_f32(s->ref, epsilon)));
    return v_keep_f32(some, vif_log2(vif_one_plus(kept, lost, n->variance)));
}

/* Where the terms of a vector of samples go. */
typedef struct VifTerms {
    float *num[FLOAT_VIF_MAX_LIMITS], *den;
} VifTerms;

static inline SIMD_INLINE void vif_terms(const FloatVifScale *s,
                                         const VifNoise *n,
                                         const vflt m[VIF_MOMENTS],
                                         const VifTerms *out, size_t at)
{
    const vflt one = v_set_f32(1.f), epsilon = v_set_f32(float_vif_epsilon);
    const VifSample v = vif_sample(m);
    /* The reference's variance is 0 where it is less than epsilon. */
    const vflt x = v_keep_f32(v_ge_f32(v.ref, epsilon), v.ref);
    const vmask active = v_ge_f32(x, v_set_f32(n->active));
    const vflt flat = v_sub_f32(one, v_mul_f32(v.dist, v_set_f32(n->flat)));
    vflt num[FLOAT_VIF_MAX_LIMITS] = { flat, flat, flat, flat }, den = one;
    if (v_any(active)) {
        const vflt gain = v_div_f32(v.both, v_add_f32(v.ref, epsilon));
        den = v_pick_f32(active, vif_sent(n, x), one);
        for (unsigned i = 0; i < s->limit_cnt; i++)
            num[i] = v_pick_f32(active, vif_arrives(n, &v, gain, s->limit[i]),
                                flat);
    }
    v_store_f32(out->den + at, den);
    for (unsigned i = 0; i < s->limit_cnt; i++)
        v_store_f32(out->num[i] + at, num[i]);
}
