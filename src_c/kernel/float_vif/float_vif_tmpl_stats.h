/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Template of float VIF, part 1: from the moments of a sample to its terms. */

enum {
    VIF_REF,
    VIF_DIST,
    VIF_REF_REF,
    VIF_DIST_DIST,
    VIF_REF_DIST,
    VIF_MOMENTS
};

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
    VifNoise n = { .variance = s->noise,
                   .active = (float)s->noise,
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
    vdbl lo = v_div_f64(v_widen_lo_f32(a), v_add_f64(v_widen_lo_f32(b), plus));
    vdbl hi = v_div_f64(v_widen_hi_f32(a), v_add_f64(v_widen_hi_f32(b), plus));
    return v_narrow_f64(v_add_f64(one, lo), v_add_f64(one, hi));
}

/* As many vectors of samples as a filter along a row makes; each step is done
 * for all of them before the next one, as steps have to wait for each other. */
typedef struct VifVectors {
    vflt v[FILTER_ALONG];
} VifVectors;

/*
 * The same in binary32, for a >= 0 and a noise c that is a power of two from 2^-20
 * up; false where it may not be the same. In units of the result:
 *
 * b + c is exact as a sum of two, and its inverse within 2^-21.8, so that 1 + a / b
 * is within 2^-21.7. How far off that is follows from the remainder, whose
 * roundings leave 2^-43. The definition's own are below 2^-50. So if 2^-40 more or
 * less round to the same number, it is that one. From 2^23 up, the sum less 1 may
 * not be exact.
 */
static inline SIMD_INLINE bool vif_one_plus_quick(const VifVectors *a,
                                                  const VifVectors *b, double c,
                                                  VifVectors *sum)
{
    const vflt one = v_set_f32(1.f), noise = v_set_f32((float)c);
    vflt most = one;
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++) {
        const vflt large = v_max_f32(b->v[i], noise);
        const vflt small = v_min_f32(b->v[i], noise);
        const vflt under = v_add_f32(large, small);
        const vflt rest = v_sub_f32(small, v_sub_f32(under, large));
        vflt inverse = v_rcp_guess_f32(under);
        inverse = v_fma_f32(inverse, v_fnma_f32(under, inverse, one), inverse);
        const vflt near = v_add_f32(v_mul_f32(a->v[i], inverse), one);
        const vflt quotient = v_sub_f32(near, one);
        const vflt left =
            v_fnma_f32(quotient, rest, v_fnma_f32(quotient, under, a->v[i]));
        const vflt off = v_mul_f32(left, inverse);
        const vflt doubt = v_set_f32(0x1p-40f);
        const vflt low = v_add_f32(near, v_fnma_f32(near, doubt, off));
        const vflt high = v_add_f32(near, v_fma_f32(near, doubt, off));
        /* Two that differ do by 2^-23 or more. */
        const vflt gap = v_mul_f32(v_sub_f32(high, low), v_set_f32(0x1p46f));
        most = v_max_f32(most, v_max_f32(high, gap));
        sum->v[i] = low;
    }
    return !v_any(v_ge_f32(most, v_set_f32(0x1p23f)));
}

/* The logarithm that VIF is defined with. */
static inline SIMD_INLINE void vif_log2(VifVectors *x)
{
    VifVectors f, q;
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++) {
        const vint bits = v_cast_int(x->v[i]);
        const vint mantissa =
            v_and_or(bits, v_set32(0x7fffff), v_set32(127u << 23));
        f.v[i] = v_sub_f32(v_cast_f32(mantissa), v_set_f32(1.f));
        q.v[i] = v_set_f32(float_vif_log[0]);
    }
    SIMD_UNROLL
    for (int t = 1; t < FLOAT_VIF_LOG_TERMS; t++) {
        SIMD_UNROLL
        for (int i = 0; i < FILTER_ALONG; i++)
            q.v[i] = v_add_f32(v_mul_f32(q.v[i], f.v[i]),
                               v_set_f32(float_vif_log[t]));
    }
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++) {
        const vint exponent =
            v_and(v_shr32(v_cast_int(x->v[i]), 23), v_set32(255));
        x->v[i] = v_add_f32(v_to_f32(v_sub32(exponent, v_set32(127))),
                            v_mul_f32(q.v[i], f.v[i]));
    }
}

/* Variances of reference and distorted samples, and their covariance. */
typedef struct VifSamples {
    VifVectors ref, dist, both;
} VifSamples;

/* The variance of the reference is 0 where it is less than epsilon. Returns
 * whether any is above the noise. */
static inline SIMD_INLINE bool vif_samples(VifSamples *s,
                                           vflt m[VIF_MOMENTS][FILTER_ALONG],
                                           const VifNoise *n)
{
    const vflt zero = v_set_f32(0.f), epsilon = v_set_f32(float_vif_epsilon);
    vflt most = zero;
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++) {
        const vflt r = m[VIF_REF][i], d = m[VIF_DIST][i];
        const vflt x = v_sub_f32(m[VIF_REF_REF][i], v_mul_f32(r, r));
        const vflt y = v_sub_f32(m[VIF_DIST_DIST][i], v_mul_f32(d, d));
        s->ref.v[i] = v_keep_f32(v_ge_f32(x, epsilon), x);
        s->dist.v[i] = v_max_f32(y, zero);
        s->both.v[i] = v_sub_f32(m[VIF_REF_DIST][i], v_mul_f32(r, d));
        most = v_max_f32(most, s->ref.v[i]);
    }
    return v_any(v_ge_f32(most, v_set_f32(n->active)));
}

/* What is sent of samples that are not below the noise. */
static inline SIMD_INLINE void vif_sent(const VifNoise *n, const VifVectors *x,
                                        VifVectors *sent)
{
    const vflt one = v_set_f32(1.f), inverse = v_set_f32(n->inverse);
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++)
        sent->v[i] = n->inverse != 0.f
                         ? v_add_f32(v_mul_f32(x->v[i], inverse), one)
                         : vif_one_plus(x->v[i], v_set_f32(0.f), n->variance);
    vif_log2(sent);
}

/* What arrives of them: nothing where the two do not vary together, or one of
 * them not at all. Elsewhere the gain is not negative. */
static inline SIMD_INLINE void vif_arrives(const VifNoise *n,
                                           const VifSamples *s,
                                           const VifVectors *gain, float limit,
                                           VifVectors *num)
{
    const vflt zero = v_set_f32(0.f), epsilon = v_set_f32(float_vif_epsilon);
    const vflt most = v_set_f32(limit);
    VifVectors kept, lost;
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++) {
        const vflt both = s->both.v[i], g = v_min_f32(gain->v[i], most);
        lost.v[i] = v_max_f32(
            v_sub_f32(s->dist.v[i], v_mul_f32(gain->v[i], both)), epsilon);
        kept.v[i] = v_mul_f32(v_mul_f32(g, g), s->ref.v[i]);
    }
    if (n->inverse == 0.f ||
        !vif_one_plus_quick(&kept, &lost, n->variance, num)) {
        SIMD_UNROLL
        for (int i = 0; i < FILTER_ALONG; i++)
            num->v[i] = vif_one_plus(kept.v[i], lost.v[i], n->variance);
    }
    vif_log2(num);
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++) {
        const vmask vary = v_both(v_ge_f32(s->dist.v[i], epsilon),
                                  v_ge_f32(s->ref.v[i], epsilon));
        num->v[i] =
            v_keep_f32(v_both(v_ge_f32(s->both.v[i], zero), vary), num->v[i]);
    }
}

/* Stores terms: these where the reference is above the noise, else others. */
static inline SIMD_INLINE void vif_store(float *at, const VifNoise *n,
                                         const VifVectors *x,
                                         const VifVectors *active,
                                         const VifVectors *flat)
{
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++) {
        const vmask is = v_ge_f32(x->v[i], v_set_f32(n->active));
        v_store_f32(at + i * V_LANES, v_pick_f32(is, active->v[i], flat->v[i]));
    }
}

/* Where the terms of samples go. */
typedef struct VifTerms {
    float *num[FLOAT_VIF_MAX_LIMITS], *den;
} VifTerms;

static inline SIMD_INLINE void vif_terms(const FloatVifScale *s,
                                         const VifNoise *n,
                                         vflt m[VIF_MOMENTS][FILTER_ALONG],
                                         const VifTerms *out, size_t at)
{
    const vflt one = v_set_f32(1.f), epsilon = v_set_f32(float_vif_epsilon);
    VifVectors ones, flat, gain, terms;
    VifSamples v;
    const bool active = vif_samples(&v, m, n);
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++) {
        ones.v[i] = one;
        flat.v[i] = v_sub_f32(one, v_mul_f32(v.dist.v[i], v_set_f32(n->flat)));
    }
    if (!active) {
        vif_store(out->den + at, n, &v.ref, &ones, &ones);
        for (unsigned i = 0; i < s->limit_cnt; i++)
            vif_store(out->num[i] + at, n, &v.ref, &flat, &flat);
        return;
    }
    vif_sent(n, &v.ref, &terms);
    vif_store(out->den + at, n, &v.ref, &terms, &ones);
    SIMD_UNROLL
    for (int i = 0; i < FILTER_ALONG; i++)
        gain.v[i] = v_div_f32(v.both.v[i], v_add_f32(v.ref.v[i], epsilon));
    for (unsigned i = 0; i < s->limit_cnt; i++) {
        vif_arrives(n, &v, &gain, s->limit[i], &terms);
        vif_store(out->num[i] + at, n, &v.ref, &terms, &flat);
    }
}
