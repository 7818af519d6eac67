/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Vector operations on 512-bit registers: AVX-512 F, DQ, CD, BW, VL. */
#ifndef SIMD_AVX512_H
#define SIMD_AVX512_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <immintrin.h>

#include "region.h"

#define SIMD_AVX512                                                            \
    "avx2,fma,bmi,bmi2,avx512f,avx512dq,avx512cd,avx512bw,avx512vl"

#ifdef SIMD_AVX512_DOT
SIMD_REGION_BEGIN(SIMD_AVX512 ",avx512vnni")
#else
SIMD_REGION_BEGIN(SIMD_AVX512)
#endif

#define V_LANES 16 /* of 32 bits */

/* Of a function whose loops the compiler shall take with registers of half. */
#ifndef __clang__
#define SIMD_HALF_VECTORS __attribute__((target("prefer-vector-width=256")))
#endif

#define V_REGISTERS 32
#define V_LUT_BITS 4

typedef __m512i vint;
typedef __mmask16 vmask;
typedef __m512 vflt, vlut;
typedef __m512d vdbl;

#define MM(name) _mm512_##name
#define _mm512_loadu_si _mm512_loadu_si512
#define _mm512_storeu_si _mm512_storeu_si512
#define _mm512_and_si _mm512_and_si512
#define _mm512_or_si _mm512_or_si512
#define _mm512_xor_si _mm512_xor_si512
#define _mm512_andnot_si _mm512_andnot_si512

static inline vint v_blend_odd32(vint even, vint odd)
{
    return _mm512_mask_mov_epi32(even, 0xaaaa, odd);
}

/* Even lanes: the high halves of the 64-bit lanes of `even`. Odd lanes: those
 * of `odd`. */
static inline vint v_join_high(vint even, vint odd)
{
    return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
}

/* Within 128 bits, low halves of 32-bit lanes first, then high halves. */
static inline vint v_halves(vint a)
{
    const vint order = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15));
    return _mm512_shuffle_epi8(a, order);
}

#include "x86.h"

static inline vint v_load8(const uint8_t *p)
{
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)p));
}

/* What zip and pack within 128 bits mixed, put in order. */
static inline vint v_order16(vint a)
{
    const vint even_odd = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    return _mm512_permutexvar_epi64(even_odd, a);
}

/* Unsigned 32-bit lanes below 65536, in order. */
static inline vint v_narrow16(vint a, vint b)
{
    return v_order16(_mm512_packus_epi32(a, b));
}

/* sum + a0 * b0 + a1 * b1 of the signed 16-bit halves of each lane. */
static inline vint v_dot16(vint sum, vint a, vint b)
{
#ifdef SIMD_AVX512_DOT
    return _mm512_dpwssd_epi32(sum, a, b);
#else
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
    SIMD_FIX(sum);
    return sum;
#endif
}

/* Masks of 32-bit lanes */
static inline vmask v_gt32(vint a, vint b)
{
    return _mm512_cmpgt_epi32_mask(a, b);
}
static inline vmask v_both(vmask a, vmask b) { return a & b; }
static inline int v_any(vmask m) { return m != 0; }
static inline vint v_keep(vmask m, vint a)
{
    return _mm512_maskz_mov_epi32(m, a);
}
static inline vint v_drop(vmask m, vint a)
{
    return _mm512_maskz_mov_epi32((vmask)~m, a);
}
static inline vint v_count(vint a, vmask m)
{
    return _mm512_mask_add_epi32(a, m, a, _mm512_set1_epi32(1));
}

/* Sums over lanes; modulo 2^64, as lanes may carry a bias near its half. */
static inline int64_t v_sum64(vint a)
{
    uint64_t x[8];
    _mm512_storeu_si512((void *)x, a);
    return (int64_t)(x[0] + x[1] + x[2] + x[3] + x[4] + x[5] + x[6] + x[7]);
}
static inline int64_t v_sum32(vint a)
{
    vint lo = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(a));
    vint hi = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(a, 1));
    return v_sum64(_mm512_add_epi64(lo, hi));
}

/* a & b | c */
static inline vint v_and_or(vint a, vint b, vint c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0xea);
}

/* Binary32 with the exponent and the top sixteen bits of the lane. */
static inline vflt v_top_f32(vint a)
{
    return _mm512_cvt_roundepi32_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

static inline vflt v_cast_f32(vint a) { return _mm512_castsi512_ps(a); }
static inline vint v_cast_int(vflt a) { return _mm512_castps_si512(a); }
static inline vlut v_load_lut(const float *p) { return _mm512_loadu_ps(p); }
static inline vflt v_lookup(vlut table, vint index)
{
    return _mm512_permutexvar_ps(index, table);
}

static inline vdbl v_lo_f64(vint a)
{
    return _mm512_cvtepi32_pd(_mm512_castsi512_si256(a));
}
static inline vdbl v_hi_f64(vint a)
{
    return _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(a, 1));
}
/* As many lanes as vdbl has. */
static inline vdbl v_load_f64(const int32_t *p)
{
    return _mm512_cvtepi32_pd(_mm256_loadu_si256((const void *)p));
}
static inline vint v_trunc_f64(vdbl lo, vdbl hi)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvttpd_epi32(lo)),
                              _mm512_cvttpd_epi32(hi), 1);
}

/* ADM. The same for 32-bit lanes. */
static inline vint v_order32lo(vint lo, vint hi)
{
    const vint turns = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    return _mm512_permutex2var_epi64(lo, turns, hi);
}
static inline vint v_order32hi(vint lo, vint hi)
{
    const vint turns = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    return _mm512_permutex2var_epi64(lo, turns, hi);
}
/* The four bytes at each lane's distance from p, and p[index] of each lane. */
static inline vint v_gather32(const void *p, vint bytes)
{
    return _mm512_i32gather_epi32(bytes, p, 1);
}
static inline vflt v_gather_f32(const float *p, const int32_t *index)
{
    return _mm512_i32gather_ps(v_load(index), p, 4);
}
/* Signed 16-bit samples as 32-bit lanes. */
static inline vint v_load16(const int16_t *p)
{
    return _mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)p));
}
/* Low halves of the 64-bit lanes of a, then of b. */
static inline vint v_narrow64(vint a, vint b)
{
    const vint even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20,
                                        22, 24, 26, 28, 30);
    return _mm512_permutex2var_epi32(a, even, b);
}
/* a where the mask has ones, else b. */
static inline vint v_select(vint mask, vint a, vint b)
{
    return _mm512_ternarylogic_epi32(mask, a, b, 0xca);
}
static inline vint v_pick(vmask m, vint a, vint b)
{
    return _mm512_mask_mov_epi32(b, m, a);
}
static inline int v_any_bits(vint a)
{
    return _mm512_test_epi32_mask(a, a) != 0;
}
static inline vmask v_ge_f32(vflt a, vflt b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}
static inline vmask v_lt_f32(vflt a, vflt b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

#include "avx512_float.h"
#include "avx512_double.h"
#include "avx512_columns.h"

#endif
