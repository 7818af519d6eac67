/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Vector operations on 256-bit registers: AVX2 and FMA. */
#ifndef SIMD_AVX2_H
#define SIMD_AVX2_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <immintrin.h>

#include "region.h"

SIMD_REGION_BEGIN("avx2,fma,bmi,bmi2")

#define V_LANES 8 /* of 32 bits */
#define V_REGISTERS 16
#define V_LUT_BITS 3

typedef __m256i vint;
typedef __m256i vmask;
typedef __m256 vflt, vlut;
typedef __m256d vdbl;

#define MM(name) _mm256_##name
#define _mm256_loadu_si _mm256_loadu_si256
#define _mm256_storeu_si _mm256_storeu_si256
#define _mm256_and_si _mm256_and_si256
#define _mm256_or_si _mm256_or_si256
#define _mm256_xor_si _mm256_xor_si256
#define _mm256_andnot_si _mm256_andnot_si256
#define _mm256_set1_epi64 _mm256_set1_epi64x

static inline vint v_blend_odd32(vint even, vint odd)
{
    return _mm256_blend_epi32(even, odd, 0xaa);
}

/* Even lanes: the high halves of the 64-bit lanes of `even`. Odd lanes: those
 * of `odd`. */
static inline vint v_join_high(vint even, vint odd)
{
    return v_blend_odd32(_mm256_srli_epi64(even, 32), odd);
}

/* Within 128 bits, low halves of 32-bit lanes first, then high halves. */
static inline vint v_halves(vint a)
{
    const vint order =
        _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15,
                         0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    return _mm256_shuffle_epi8(a, order);
}

#include "x86.h"

static inline vint v_load8(const uint8_t *p)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)p));
}

/* Unsigned 32-bit lanes below 65536, in order. */
static inline vint v_narrow16(vint a, vint b)
{
    return _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xd8);
}

/* sum + a0 * b0 + a1 * b1 of the signed 16-bit halves of each lane. */
static inline vint v_dot16(vint sum, vint a, vint b)
{
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
    SIMD_FIX(sum);
    return sum;
}

/* Masks of 32-bit lanes */
static inline vmask v_gt32(vint a, vint b) { return _mm256_cmpgt_epi32(a, b); }
static inline vmask v_both(vmask a, vmask b) { return _mm256_and_si256(a, b); }
static inline int v_any(vmask m) { return _mm256_movemask_epi8(m) != 0; }
static inline vint v_keep(vmask m, vint a) { return _mm256_and_si256(m, a); }
static inline vint v_drop(vmask m, vint a) { return _mm256_andnot_si256(m, a); }
static inline vint v_count(vint a, vmask m) { return _mm256_sub_epi32(a, m); }

/* Sums over lanes, modulo 2^64 */
static inline int64_t v_sum64(vint a)
{
    uint64_t x[4];
    v_store(x, a);
    return (int64_t)(x[0] + x[1] + x[2] + x[3]);
}
static inline int64_t v_sum32(vint a)
{
    vint lo = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(a));
    vint hi = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(a, 1));
    return v_sum64(_mm256_add_epi64(lo, hi));
}

/* a & b | c */
static inline vint v_and_or(vint a, vint b, vint c)
{
    return _mm256_or_si256(_mm256_and_si256(a, b), c);
}

/* Binary32 with the exponent and the top sixteen bits of the lane. With the
 * highest of the others cleared the conversion cannot round up past them. */
static inline vflt v_top_f32(vint a)
{
    return v_to_f32(v_clear(a, v_shr32(a, 16)));
}

static inline vflt v_cast_f32(vint a) { return _mm256_castsi256_ps(a); }
static inline vint v_cast_int(vflt a) { return _mm256_castps_si256(a); }
static inline vlut v_load_lut(const float *p) { return _mm256_loadu_ps(p); }
static inline vflt v_lookup(vlut table, vint index)
{
    return _mm256_permutevar8x32_ps(table, index);
}

static inline vdbl v_lo_f64(vint a)
{
    return _mm256_cvtepi32_pd(_mm256_castsi256_si128(a));
}
static inline vdbl v_hi_f64(vint a)
{
    return _mm256_cvtepi32_pd(_mm256_extracti128_si256(a, 1));
}
/* As many lanes as vdbl has. */
static inline vdbl v_load_f64(const int32_t *p)
{
    return _mm256_cvtepi32_pd(_mm_loadu_si128((const void *)p));
}
static inline vint v_trunc_f64(vdbl lo, vdbl hi)
{
    return _mm256_set_m128i(_mm256_cvttpd_epi32(hi), _mm256_cvttpd_epi32(lo));
}

/* ADM. Order: what zip and pack within 128 bits mixed, put in order. */
static inline vint v_order16(vint a)
{
    return _mm256_permute4x64_epi64(a, 0xd8);
}
static inline vint v_order32lo(vint lo, vint hi)
{
    return _mm256_permute2x128_si256(lo, hi, 0x20);
}
static inline vint v_order32hi(vint lo, vint hi)
{
    return _mm256_permute2x128_si256(lo, hi, 0x31);
}
/* The four bytes at each lane's distance from p, and p[index] of each lane. */
static inline vint v_gather32(const void *p, vint bytes)
{
    return _mm256_i32gather_epi32(p, bytes, 1);
}
static inline vflt v_gather_f32(const float *p, const int32_t *index)
{
    return _mm256_i32gather_ps(p, v_load(index), 4);
}
/* Signed 16-bit samples as 32-bit lanes. */
static inline vint v_load16(const int16_t *p)
{
    return _mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)p));
}
/* Low halves of the 64-bit lanes of a, then of b. */
static inline vint v_narrow64(vint a, vint b)
{
    __m256 pair =
        _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
    return v_order16(_mm256_castps_si256(pair));
}
/* a where the mask has ones, else b. */
static inline vint v_select(vint mask, vint a, vint b)
{
    return _mm256_blendv_epi8(b, a, mask);
}
static inline vint v_pick(vmask m, vint a, vint b)
{
    return _mm256_blendv_epi8(b, a, m);
}
static inline int v_any_bits(vint a) { return !_mm256_testz_si256(a, a); }
static inline vmask v_ge_f32(vflt a, vflt b)
{
    return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_GE_OQ));
}
static inline vmask v_lt_f32(vflt a, vflt b)
{
    return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LT_OQ));
}

#include "avx2_float.h"
#include "avx2_double.h"
#include "avx2_columns.h"

#endif
