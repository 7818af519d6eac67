/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Binary64 operations on 512-bit registers; included by avx512.h. */

typedef __mmask8 vdmask; /* a choice among lanes of binary64 */

#define _mm512_castsi_pd _mm512_castsi512_pd
#define _mm512_castpd_si _mm512_castpd_si512
#include "x86_double.h"

/* Whether v_sqrt_f64 takes less than a dozen multiply-adds. */
#define V_QUICK_ROOTS 0

/* 1 / sqrt(a) within 1.5 * 2^-12; a in the normal range of binary32. */
static inline vdbl v_rsqrt_guess_f64(vdbl a) { return _mm512_rsqrt14_pd(a); }

/* Masks: pick is a where m, else b; keep puts +0 elsewhere; pick_sign is a where
 * the highest bit of the 64-bit lane is set. */
static inline vdmask v_lt_f64(vdbl a, vdbl b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
}
static inline int v_any_f64(vdmask m) { return m != 0; }
static inline vdbl v_pick_f64(vdmask m, vdbl a, vdbl b)
{
    return _mm512_mask_mov_pd(b, m, a);
}
static inline vdbl v_keep_f64(vdmask m, vdbl a)
{
    return _mm512_maskz_mov_pd(m, a);
}
static inline vdbl v_pick_sign_f64(vint sign, vdbl a, vdbl b)
{
    return _mm512_mask_mov_pd(b, _mm512_movepi64_mask(sign), a);
}

/* Tests of 64-bit lanes, b without the upper half: those that passed all so far,
 * where a & b had a bit each time. A bit for each that did not. */
typedef __mmask8 vtests;
static inline vtests v_begin_tests(void) { return 0xff; }
static inline vtests v_test(vtests t, vint a, vint b)
{
    return _mm512_mask_test_epi64_mask(t, a, b);
}
static inline unsigned v_failed(vtests t) { return (unsigned)t ^ 0xff; }

/* Store the 32-bit lanes of a that are not zero in `by`, close together; V_LANES
 * lanes may be written. Returns how many they are. */
static inline unsigned v_compress32(uint32_t *to, vint a, vint by)
{
    __mmask16 kept = _mm512_test_epi32_mask(by, by);
    v_store(to, _mm512_maskz_compress_epi32(kept, a));
    return (unsigned)__builtin_popcount(kept);
}

/* Field i of V_LANES records of four numbers each. */
static inline void v_load_records(const float *const at[V_LANES], vflt field[4])
{
    SIMD_UNROLL
    for (int i = 0; i < 4; i++) {
        vflt four = _mm512_castps128_ps512(_mm_loadu_ps(at[i]));
        four = _mm512_insertf32x4(four, _mm_loadu_ps(at[4 + i]), 1);
        four = _mm512_insertf32x4(four, _mm_loadu_ps(at[8 + i]), 2);
        field[i] = _mm512_insertf32x4(four, _mm_loadu_ps(at[12 + i]), 3);
    }
    v_transpose_quads(field);
}

/* Half vectors. */
static inline vhlf v_add_half(vhlf a, vhlf b) { return _mm256_add_ps(a, b); }
static inline vhlf v_sub_half(vhlf a, vhlf b) { return _mm256_sub_ps(a, b); }
static inline vhlf v_div_half(vhlf a, vhlf b) { return _mm256_div_ps(a, b); }
static inline vflt v_join_half(vhlf lo, vhlf hi)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(lo), hi, 1);
}

/* Each of the first or second half of the 32-bit lanes, twice. */
static inline vint v_twice32lo(vint a)
{
    return _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7), a);
}
static inline vint v_twice32hi(vint a)
{
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(8, 8, 9, 9, 10, 10, 11,
                                                      11, 12, 12, 13, 13, 14,
                                                      14, 15, 15),
                                    a);
}

/* Each 128 bits, the q-th, from at[4 * q] bytes past p. */
static inline vint v_load_parts(const void *p, const int32_t *at)
{
    const char *c = p;
    vint a = _mm512_castsi128_si512(_mm_loadu_si128((const void *)(c + at[0])));
    a = _mm512_inserti32x4(a, _mm_loadu_si128((const void *)(c + at[4])), 1);
    a = _mm512_inserti32x4(a, _mm_loadu_si128((const void *)(c + at[8])), 2);
    return _mm512_inserti32x4(a, _mm_loadu_si128((const void *)(c + at[12])),
                              3);
}
