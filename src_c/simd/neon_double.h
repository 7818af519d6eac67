/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Binary64 operations on 128-bit registers; included by neon.h. */

typedef uint64x2_t vdmask; /* a choice among lanes of binary64 */

/* a * b + c and c - a * b, rounded once. */
static inline vdbl v_fma_f64(vdbl a, vdbl b, vdbl c)
{
    return vfmaq_f64(c, a, b);
}
static inline vdbl v_fnma_f64(vdbl a, vdbl b, vdbl c)
{
    return vfmsq_f64(c, a, b);
}
static inline vflt v_fnma_f32(vflt a, vflt b, vflt c)
{
    return vfmsq_f32(c, a, b);
}
static inline vdbl v_sqrt_f64(vdbl a) { return vsqrtq_f64(a); }
static inline vdbl v_max_f64(vdbl a, vdbl b) { return vmaxq_f64(a, b); }
static inline vdbl v_abs_f64(vdbl a) { return vabsq_f64(a); }

/* The bits of lanes, as 64-bit integers, and back. */
static inline vdbl v_of_bits_f64(vint a) { return vreinterpretq_f64_u32(a); }
static inline vint v_bits_f64(vdbl a) { return vreinterpretq_u32_f64(a); }
static inline vint v_shl64(vint a, int n)
{
    return OF_U64(vshlq_u64(U64(a), vdupq_n_s64(n)));
}

/* To the nearest integer, ties to even. */
static inline vint v_nearest_f32(vflt a) { return OF_S32(vcvtnq_s32_f32(a)); }

/* Whether v_sqrt_f64 takes less than a dozen multiply-adds. */
#define V_QUICK_ROOTS 1

/* 1 / sqrt(a) within 1.5 * 2^-12; a in the normal range of binary32. The
 * estimate has eight bits. */
static inline vdbl v_rsqrt_guess_f64(vdbl a)
{
    vdbl y = vrsqrteq_f64(a);
    return vmulq_f64(y, vrsqrtsq_f64(vmulq_f64(a, y), y));
}

/* Masks: pick is a where m, else b; keep puts +0 elsewhere; pick_sign is a where
 * the highest bit of the 64-bit lane is set. */
static inline vdmask v_lt_f64(vdbl a, vdbl b) { return vcltq_f64(a, b); }
static inline int v_any_f64(vdmask m)
{
    return vmaxvq_u32(vreinterpretq_u32_u64(m)) != 0;
}
static inline vdbl v_pick_f64(vdmask m, vdbl a, vdbl b)
{
    return vbslq_f64(m, a, b);
}
static inline vdbl v_keep_f64(vdmask m, vdbl a)
{
    return vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(a), m));
}
static inline vdbl v_pick_sign_f64(vint sign, vdbl a, vdbl b)
{
    return vbslq_f64(vcltzq_s64(S64(sign)), a, b);
}

/* Tests of 64-bit lanes, b without the upper half: those that passed all so far,
 * where a & b had a bit each time. A bit for each that did not. */
typedef uint64x2_t vtests;
static inline vtests v_begin_tests(void) { return vdupq_n_u64(UINT64_MAX); }
static inline vtests v_test(vtests t, vint a, vint b)
{
    return vandq_u64(t, vtstq_u64(U64(a), U64(b)));
}
static inline unsigned v_failed(vtests t)
{
    const uint64x2_t bit = vcombine_u64(vcreate_u64(1), vcreate_u64(2));
    return (unsigned)vaddvq_u64(vbicq_u64(bit, t));
}

/* Store the 32-bit lanes of a that are not zero in `by`, close together; V_LANES
 * lanes may be written. Returns how many they are. */
static inline unsigned v_compress32(uint32_t *to, vint a, vint by)
{
    uint32_t lane[V_LANES], keep[V_LANES];
    unsigned cnt = 0;
    vst1q_u32(lane, a);
    vst1q_u32(keep, by);
    for (int i = 0; i < V_LANES; i++) {
        to[cnt] = lane[i];
        cnt += keep[i] != 0;
    }
    return cnt;
}

/* Field i of V_LANES records of four numbers each. */
static inline void v_load_records(const float *const at[V_LANES], vflt field[4])
{
    for (int i = 0; i < 4; i++)
        field[i] = vld1q_f32(at[i]);
    v_transpose_f32(field);
}

/* Half vectors. */
static inline vhlf v_add_half(vhlf a, vhlf b) { return vadd_f32(a, b); }
static inline vhlf v_sub_half(vhlf a, vhlf b) { return vsub_f32(a, b); }
static inline vhlf v_div_half(vhlf a, vhlf b) { return vdiv_f32(a, b); }
static inline vflt v_join_half(vhlf lo, vhlf hi)
{
    return vcombine_f32(lo, hi);
}

/* Each of the first or second half of the 32-bit lanes, twice. */
static inline vint v_twice32lo(vint a) { return vzip1q_u32(a, a); }
static inline vint v_twice32hi(vint a) { return vzip2q_u32(a, a); }

/* Each 128 bits, the q-th, from at[4 * q] bytes past p. */
static inline vint v_load_parts(const void *p, const int32_t *at)
{
    return v_load((const char *)p + at[0]);
}

/* Signed 16-bit lanes: squares as 32-bit lanes, of the first halves of 128 bits
 * and of the second; distances, unsigned. */
static inline void v_square16(vint a, vint *lo, vint *hi)
{
    *lo = OF_S32(vmull_s16(vget_low_s16(S16(a)), vget_low_s16(S16(a))));
    *hi = OF_S32(vmull_high_s16(S16(a), S16(a)));
}
static inline vint v_distance16(vint a, vint b)
{
    return OF_S16(vabdq_s16(S16(a), S16(b)));
}
