/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM over vector operations, part 2: the high bands T of the distorted
 * picture are split into what is kept of the reference O (R) and what was
 * added (A = T - R).
 */

/* The angle test with its binary32 operands computed in any order. Their
 * errors, and those of the definition's own roundings, move neither side by
 * more than 2^-19 u z (by Cauchy and Schwarz |p| is at most sqrt(u z)); where
 * both sides are closer than twice that, the answer is `unsure`. Where u z is
 * 0 both sides are 0 in either way. */
static inline vmask adm_cone(vflt p, vflt u, vflt z, vmask *unsure)
{
    vflt uz = v_mul_f32(u, z), left = v_mul_f32(p, p);
    vflt right = v_mul_f32(uz, v_set_f32((float)adm_cos2));
    vflt apart = v_sub_f32(left, right);
    apart = v_cast_f32(v_and(v_cast_int(apart), v_set32(0x7fffffff)));
    *unsure = v_lt_f32(apart, v_mul_f32(uz, v_set_f32(0x1p-18f)));
    return v_both(v_ge_f32(left, right), v_ge_f32(p, v_set_f32(0.f)));
}

static void adm_cone_exact16(const AdmWork *a, unsigned j)
{
    const int16_t *oh = a->band[0][ADM_H], *ov = a->band[0][ADM_V];
    const int16_t *th = a->band[1][ADM_H], *tv = a->band[1][ADM_V];
    int16_t *aligned = a->aligned;
    for (unsigned i = j; i < j + ADM_STEP16; i++)
        aligned[i] = -adm_within_cone(oh[i], ov[i], th[i], tv[i]);
}

static void adm_cone_exact32(const AdmWork *a, unsigned j)
{
    const int32_t *oh = a->band[0][ADM_H], *ov = a->band[0][ADM_V];
    const int32_t *th = a->band[1][ADM_H], *tv = a->band[1][ADM_V];
    int32_t *aligned = a->aligned;
    for (unsigned i = j; i < j + V_LANES; i++)
        aligned[i] = -adm_within_cone(oh[i], ov[i], th[i], tv[i]);
}

/* Sums of two products in binary32 from zipped 16-bit pairs. */
static inline vmask adm_cone_zipped(vint o, vint t, vmask *unsure)
{
    const vint zero = v_set32(0);
    return adm_cone(v_to_f32(v_dot16(zero, o, t)),
                    v_to_f32(v_dot16(zero, o, o)),
                    v_to_f32(v_dot16(zero, t, t)), unsure);
}

static inline void adm_align16(const AdmWork *a, unsigned j, const vint o[3],
                               const vint t[3])
{
    const vint ones = v_set32(0xffffffff);
    vmask unsure_lo, unsure_hi;
    vmask lo = adm_cone_zipped(v_zip16lo(o[ADM_H], o[ADM_V]),
                               v_zip16lo(t[ADM_H], t[ADM_V]), &unsure_lo);
    vmask hi = adm_cone_zipped(v_zip16hi(o[ADM_H], o[ADM_V]),
                               v_zip16hi(t[ADM_H], t[ADM_V]), &unsure_hi);
    v_store((int16_t *)a->aligned + j,
            v_pack16(v_keep(lo, ones), v_keep(hi, ones)));
    if (v_any(unsure_lo) || v_any(unsure_hi))
        adm_cone_exact16(a, j);
}

static inline void adm_align32(const AdmWork *a, unsigned j, const vint o[3],
                               const vint t[3])
{
    vmask unsure;
    vflt oh = v_to_f32(o[ADM_H]), ov = v_to_f32(o[ADM_V]);
    vflt th = v_to_f32(t[ADM_H]), tv = v_to_f32(t[ADM_V]);
    vmask cone = adm_cone(v_fma_f32(oh, th, v_mul_f32(ov, tv)),
                          v_fma_f32(oh, oh, v_mul_f32(ov, ov)),
                          v_fma_f32(th, th, v_mul_f32(tv, tv)), &unsure);
    v_store((int32_t *)a->aligned + j, v_keep(cone, v_set32(0xffffffff)));
    if (v_any(unsure))
        adm_cone_exact32(a, j);
}

/* floor(2^30 / u) for u in [2^14, 2^15]. The quotient has 17 bits at most and
 * binary32 24, so that truncation is at most one too high. */
static inline vint adm_reciprocal(vint u)
{
    const vint one = v_set32(1 << 30);
    vint q = v_trunc_f32(v_div_f32(v_set_f32(0x1p30f), v_to_f32(u)));
    vint rest = v_sub32(one, v_mullo32(q, u));
    return v_add32(q, v_sar32(rest, 31));
}

/* |o| k, rounded, of the gain k = |t| / |o| in Q15, from |o| = 2^14 on. With u
 * = |o| rounded to 15 bits, k = (t / u + 2^14 2^e) >> (15 + e) is split at bit e
 * of t; |t| beyond 2 |o| gives 1 in any case. All stays below 2^32. `sign` is
 * -1 for negative o: the rounding is that of the signed product. */
static inline vint adm_restore_large(vint abs_o, vint abs_t, vint sign)
{
    const vint half = v_set32(1 << 14), bits15 = v_set32(0x7fff);
    vint bits = v_cast_int(v_top_f32(abs_o));
    vint e = v_sub32(v_shr32(bits, 23), v_set32(127 + 14));
    e = v_max32(e, v_set32(0));
    vint unit = v_shlv32(v_set32(1), e);
    vint u = v_shrv32(v_add32(abs_o, v_shr32(unit, 1)), e);
    vint rec = adm_reciprocal(u);
    vint t = v_minu32(abs_t, v_add32(abs_o, abs_o));
    vint low = v_and(t, v_sub32(unit, v_set32(1)));
    vint k = v_add32(v_mullo32(rec, v_shrv32(t, e)),
                     v_shrv32(v_mullo32(rec, low), e));
    k = v_minu32(v_shr32(v_add32(k, half), 15), v_set32(1 << 15));
    vint rounding = v_add32(half, sign);
    vint r = v_mullo32(k, v_and(abs_o, bits15));
    r = v_shr32(v_add32(r, rounding), 15);
    return v_add32(r, v_mullo32(k, v_shr32(abs_o, 15)));
}

/* R before the gain limit. */
static inline vint adm_restore(vint o, vint t)
{
    vint sign = v_sar32(o, 31), against = v_sar32(v_xor(o, t), 31);
    vint abs_o = v_abs32(o), abs_t = v_abs32(t);
    vint large = adm_restore_large(abs_o, abs_t, sign);
    vmask small = v_gt32(v_set32(ADM_EXACT_GAIN), abs_o);
    vint r = v_pick(small, v_minu32(abs_o, abs_t), large);
    r = v_clear(r, against);
    return v_sub32(v_xor(r, sign), sign);
}

static inline vint adm_restore16(vint o, vint t)
{
    vint lo =
        adm_restore(v_sar32(v_zip16lo(o, o), 16), v_sar32(v_zip16lo(t, t), 16));
    vint hi =
        adm_restore(v_sar32(v_zip16hi(o, o), 16), v_sar32(v_zip16hi(t, t), 16));
    return v_pack16(lo, hi);
}

/* `x` limited to what lies between 0 and `t`. */
static inline vint adm_between16(vint x, vint t)
{
    const vint zero = v_set32(0);
    return v_max16(v_min16(x, v_max16(t, zero)), v_min16(t, zero));
}

static inline vint adm_between32(vint x, vint t)
{
    const vint zero = v_set32(0);
    return v_max32(v_min32(x, v_max32(t, zero)), v_min32(t, zero));
}

static void adm_decouple_fine(const AdmWork *a, AdmSpan part)
{
    for (unsigned j = part.begin; j < part.end; j += ADM_STEP16) {
        vint o[3], t[3], sizes = v_set32(0);
        for (unsigned q = 0; q < 3; q++) {
            o[q] = v_load((int16_t *)a->band[0][q] + j);
            t[q] = v_load((int16_t *)a->band[1][q] + j);
            sizes = v_or(sizes, v_abs16(o[q]));
        }
        adm_align16(a, j, o, t);
        const vint bits = v_set16((uint16_t)-ADM_EXACT_GAIN);
        bool large = v_any_bits(v_and(sizes, bits));
        for (unsigned q = 0; q < 3; q++) {
            vint r =
                large ? adm_restore16(o[q], t[q]) : adm_between16(t[q], o[q]);
            v_store((int16_t *)a->restored[q] + j, r);
        }
    }
}

static void adm_decouple_coarse(const AdmWork *a, AdmSpan part)
{
    for (unsigned j = part.begin; j < part.end; j += V_LANES) {
        vint o[3], t[3];
        for (unsigned q = 0; q < 3; q++) {
            o[q] = v_load((int32_t *)a->band[0][q] + j);
            t[q] = v_load((int32_t *)a->band[1][q] + j);
            v_store((int32_t *)a->restored[q] + j, adm_restore(o[q], t[q]));
        }
        adm_align32(a, j, o, t);
    }
}

/* Multiplication of R by the gain limit, truncated, where the result matters:
 * up to `cap` a product fits the lanes, and beyond it exceeds any legal T. */
typedef struct AdmLimit {
    bool whole; /* an integer */
    double limit;
    vint factor, cap, minus_cap;
} AdmLimit;

static inline AdmLimit adm_limit(double limit, bool fine)
{
    AdmLimit l = { .whole = limit == (int)limit, .limit = limit };
    int32_t cap = (int32_t)((fine ? 32767. : 2147483647.) / limit);
    if (fine) {
        l.factor = v_set16((uint16_t)limit);
        l.cap = v_set16((uint16_t)cap);
        l.minus_cap = v_set16((uint16_t)-cap);
    } else {
        l.factor = v_set32((uint32_t)limit);
        l.cap = v_set32((uint32_t)cap);
        l.minus_cap = v_set32((uint32_t)-cap);
    }
    return l;
}

static inline vint adm_times(vint r, double limit)
{
    vdbl factor = v_set_f64(limit);
    return v_trunc_f64(v_mul_f64(v_lo_f64(r), factor),
                       v_mul_f64(v_hi_f64(r), factor));
}

static inline vint adm_enhance16(vint r, vint t, vint aligned,
                                 const AdmLimit *l)
{
    vint x = v_max16(v_min16(r, l->cap), l->minus_cap);
    if (l->whole)
        x = v_mullo16(x, l->factor);
    else
        x = v_pack16(adm_times(v_sar32(v_zip16lo(x, x), 16), l->limit),
                     adm_times(v_sar32(v_zip16hi(x, x), 16), l->limit));
    return v_select(aligned, adm_between16(x, t), r);
}

static inline vint adm_enhance32(vint r, vint t, vint aligned,
                                 const AdmLimit *l)
{
    vint x = v_max32(v_min32(r, l->cap), l->minus_cap);
    x = l->whole ? v_mullo32(x, l->factor) : adm_times(x, l->limit);
    return v_select(aligned, adm_between32(x, t), r);
}
