/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Vector operations on 256-bit registers: AVX2 and FMA. */
#ifndef SIMD_AVX2_H
#define SIMD_AVX2_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <immintrin.h>

#include "../kernel/scalar.h"
#include "region.h"

SIMD_REGION_BEGIN("avx2,fma,bmi,bmi2")

#define V_LANES 8

typedef __m256i vint;
typedef __m256i vmask;
typedef __m256 vflt, vlut;
typedef __m256d vdbl;

/* Memory */
static inline vint v_load(const void *p) { return _mm256_loadu_si256(p); }
static inline void v_store(void *p, vint a) { _mm256_storeu_si256(p, a); }
static inline vint v_load8(const uint8_t *p)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)p));
}
static inline vint v_set32(uint32_t x) { return _mm256_set1_epi32((int)x); }
static inline vint v_set16(uint16_t x) { return _mm256_set1_epi16((short)x); }

/* 32-bit and bitwise */
static inline vint v_and(vint a, vint b) { return _mm256_and_si256(a, b); }
static inline vint v_or(vint a, vint b) { return _mm256_or_si256(a, b); }
static inline vint v_xor(vint a, vint b) { return _mm256_xor_si256(a, b); }
static inline vint v_clear(vint a, vint b) { return _mm256_andnot_si256(b, a); }
static inline vint v_add32(vint a, vint b) { return _mm256_add_epi32(a, b); }
static inline vint v_sub32(vint a, vint b) { return _mm256_sub_epi32(a, b); }
static inline vint v_max32(vint a, vint b) { return _mm256_max_epi32(a, b); }
static inline vint v_shl32(vint a, int n) { return _mm256_slli_epi32(a, n); }
static inline vint v_shr32(vint a, int n) { return _mm256_srli_epi32(a, n); }
static inline vint v_sar32(vint a, int n) { return _mm256_srai_epi32(a, n); }
static inline vint v_mulround32(vint a, vint b)
{
    const vint half = _mm256_set1_epi64x(0x80000000);
    vint even = _mm256_mul_epu32(a, b);
    vint odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32),
                                _mm256_srli_epi64(b, 32));
    even = _mm256_srli_epi64(_mm256_add_epi64(even, half), 32);
    odd = _mm256_add_epi64(odd, half);
    return _mm256_blend_epi32(even, odd, 0xaa);
}

/* 16-bit, two in a 32-bit lane */
static inline vint v_shl16(vint a, int n) { return _mm256_slli_epi16(a, n); }
static inline vint v_shr16(vint a, int n) { return _mm256_srli_epi16(a, n); }
static inline vint v_mullo16(vint a, vint b)
{
    return _mm256_mullo_epi16(a, b);
}
static inline vint v_mulhi16(vint a, vint b)
{
    return _mm256_mulhi_epu16(a, b);
}
static inline vint v_zip16lo(vint a, vint b)
{
    return _mm256_unpacklo_epi16(a, b);
}
static inline vint v_zip16hi(vint a, vint b)
{
    return _mm256_unpackhi_epi16(a, b);
}
static inline vint v_pack16(vint lo, vint hi)
{
    return _mm256_packs_epi32(lo, hi);
}
static inline vint v_high16(vint lo, vint hi)
{
    return v_pack16(v_sar32(lo, 16), v_sar32(hi, 16));
}
static inline vint v_low16(vint lo, vint hi)
{
    const vint mask = v_set32(0xffff);
    return _mm256_packus_epi32(v_and(lo, mask), v_and(hi, mask));
}
static inline vint v_narrow16(vint a, vint b)
{
    return _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xd8);
}
static inline vint v_dot16(vint sum, vint a, vint b)
{
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
    SIMD_KEEP_ORDER(sum);
    return sum;
}

/* Masks */
static inline vmask v_gt32(vint a, vint b) { return _mm256_cmpgt_epi32(a, b); }
static inline vmask v_both(vmask a, vmask b) { return _mm256_and_si256(a, b); }
static inline int v_any(vmask m) { return _mm256_movemask_epi8(m) != 0; }
static inline vint v_keep(vmask m, vint a) { return _mm256_and_si256(m, a); }
static inline vint v_drop(vmask m, vint a) { return _mm256_andnot_si256(m, a); }
static inline vint v_count(vint a, vmask m) { return _mm256_sub_epi32(a, m); }

/* Sums over lanes */
static inline vint v_add64(vint sum, vint a)
{
    const vint low = _mm256_set1_epi64x(0xffffffff);
    sum = _mm256_add_epi64(sum, _mm256_and_si256(a, low));
    return _mm256_add_epi64(sum, _mm256_srli_epi64(a, 32));
}
static inline int64_t v_sum64(vint a)
{
    int64_t x[4];
    _mm256_storeu_si256((void *)x, a);
    return x[0] + x[1] + x[2] + x[3];
}
static inline int64_t v_sum32(vint a)
{
    vint lo = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(a));
    vint hi = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(a, 1));
    return v_sum64(_mm256_add_epi64(lo, hi));
}

/* Binary32 */
static inline vflt v_setf32(float x) { return _mm256_set1_ps(x); }
static inline vflt v_cast_f32(vint a) { return _mm256_castsi256_ps(a); }
static inline vint v_cast_int(vflt a) { return _mm256_castps_si256(a); }
static inline vflt v_to_f32(vint a) { return _mm256_cvtepi32_ps(a); }
static inline vint v_trunc_f32(vflt a) { return _mm256_cvttps_epi32(a); }
static inline vflt v_fma_f32(vflt a, vflt b, vflt c)
{
    return _mm256_fmadd_ps(a, b, c);
}
static inline vlut v_load_lut(const float *p) { return _mm256_loadu_ps(p); }
static inline vflt v_lookup(vlut table, vint index)
{
    return _mm256_permutevar8x32_ps(table, index);
}

/* Binary64, half a vector of lanes */
static inline vdbl v_set_f64(double x) { return _mm256_set1_pd(x); }
static inline vdbl v_lo_f64(vint a)
{
    return _mm256_cvtepi32_pd(_mm256_castsi256_si128(a));
}
static inline vdbl v_hi_f64(vint a)
{
    return _mm256_cvtepi32_pd(_mm256_extracti128_si256(a, 1));
}
static inline vdbl v_add_f64(vdbl a, vdbl b) { return _mm256_add_pd(a, b); }
static inline vdbl v_sub_f64(vdbl a, vdbl b) { return _mm256_sub_pd(a, b); }
static inline vdbl v_mul_f64(vdbl a, vdbl b) { return _mm256_mul_pd(a, b); }
static inline vdbl v_div_f64(vdbl a, vdbl b) { return _mm256_div_pd(a, b); }
static inline vdbl v_min_f64(vdbl a, vdbl b) { return _mm256_min_pd(a, b); }
static inline vint v_trunc_f64(vdbl lo, vdbl hi)
{
    return _mm256_set_m128i(_mm256_cvttpd_epi32(hi), _mm256_cvttpd_epi32(lo));
}

#endif
