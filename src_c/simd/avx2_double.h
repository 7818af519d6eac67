/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Binary64 operations on 256-bit registers; included by avx2.h. */

typedef __m256d vdmask; /* a choice among lanes of binary64 */

#define _mm256_castsi_pd _mm256_castsi256_pd
#define _mm256_castpd_si _mm256_castpd_si256
#include "x86_double.h"

/* Whether v_sqrt_f64 takes less than a dozen multiply-adds. */
#define V_QUICK_ROOTS 1

/* 1 / sqrt(a) within 1.5 * 2^-12; a in the normal range of binary32. */
static inline vdbl v_rsqrt_guess_f64(vdbl a)
{
    return _mm256_cvtps_pd(_mm_rsqrt_ps(_mm256_cvtpd_ps(a)));
}

/* Masks: pick is a where m, else b; keep puts +0 elsewhere; pick_sign is a where
 * the highest bit of the 64-bit lane is set. */
static inline vdmask v_lt_f64(vdbl a, vdbl b)
{
    return _mm256_cmp_pd(a, b, _CMP_LT_OQ);
}
static inline int v_any_f64(vdmask m) { return _mm256_movemask_pd(m) != 0; }
static inline vdbl v_pick_f64(vdmask m, vdbl a, vdbl b)
{
    return _mm256_blendv_pd(b, a, m);
}
static inline vdbl v_keep_f64(vdmask m, vdbl a) { return _mm256_and_pd(m, a); }
static inline vdbl v_pick_sign_f64(vint sign, vdbl a, vdbl b)
{
    return _mm256_blendv_pd(b, a, _mm256_castsi256_pd(sign));
}

/* Tests of 64-bit lanes, b without the upper half: those that passed all so far,
 * where a & b had a bit each time. A bit for each that did not. */
typedef vint vtests;
static inline vtests v_begin_tests(void) { return v_set32(0x7fffffff); }
static inline vtests v_test(vtests t, vint a, vint b)
{
    return v_min32(t, v_and(a, b));
}
static inline unsigned v_failed(vtests t)
{
    vint zero = _mm256_cmpeq_epi64(t, _mm256_setzero_si256());
    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(zero));
}

/* Store the 32-bit lanes of a that are not zero in `by`, close together; V_LANES
 * lanes may be written. Returns how many they are. */
static inline unsigned v_compress32(uint32_t *to, vint a, vint by)
{
    vint zero = _mm256_cmpeq_epi32(by, _mm256_setzero_si256());
    unsigned kept =
        ~(unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(zero)) & 0xff;
    /* Byte i of the order of lanes for `kept`: bits of an index spread out. */
    uint64_t mask = _pdep_u64(kept, 0x0101010101010101) * 0xff;
    uint64_t order = _pext_u64(0x0706050403020100, mask);
    vint at = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)order));
    v_store(to, _mm256_permutevar8x32_epi32(a, at));
    return (unsigned)__builtin_popcount(kept);
}

/* Field i of V_LANES records of four numbers each. */
static inline void v_load_records(const float *const at[V_LANES], vflt field[4])
{
    SIMD_UNROLL
    for (int i = 0; i < 4; i++)
        field[i] =
            _mm256_set_m128(_mm_loadu_ps(at[4 + i]), _mm_loadu_ps(at[i]));
    v_transpose_quads(field);
}

/* Half vectors. */
static inline vhlf v_add_half(vhlf a, vhlf b) { return _mm_add_ps(a, b); }
static inline vhlf v_sub_half(vhlf a, vhlf b) { return _mm_sub_ps(a, b); }
static inline vhlf v_div_half(vhlf a, vhlf b) { return _mm_div_ps(a, b); }
static inline vflt v_join_half(vhlf lo, vhlf hi)
{
    return _mm256_set_m128(hi, lo);
}

/* Each of the first or second half of the 32-bit lanes, twice. */
static inline vint v_twice32lo(vint a)
{
    return _mm256_permutevar8x32_epi32(
        a, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
}
static inline vint v_twice32hi(vint a)
{
    return _mm256_permutevar8x32_epi32(
        a, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
}

/* Each 128 bits, the q-th, from at[4 * q] bytes past p. */
static inline vint v_load_parts(const void *p, const int32_t *at)
{
    const char *c = p;
    return _mm256_set_m128i(_mm_loadu_si128((const void *)(c + at[4])),
                            _mm_loadu_si128((const void *)(c + at[0])));
}
