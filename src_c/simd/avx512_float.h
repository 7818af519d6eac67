/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Floating-point operations on 512-bit registers; included by avx512.h. */

typedef __m256 vhlf; /* as many lanes of binary32 as vdbl has */

/* V_LANES unsigned samples as 32-bit lanes. */
static inline vint v_load8_32(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p));
}
static inline vint v_load16_32(const uint16_t *p)
{
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)p));
}
/* Half as many, as 64-bit lanes. */
static inline vint v_load32_64(const uint32_t *p)
{
    return _mm512_cvtepu32_epi64(_mm256_loadu_si256((const void *)p));
}

#include "x86_float.h"

/* 1 / a within 1.5 * 2^-12; a in the normal range. */
static inline vflt v_rcp_guess_f32(vflt a) { return _mm512_rcp14_ps(a); }

/* Masks: pick is a where m, else b; keep and drop put +0 for what goes. */
static inline vmask v_le_f32(vflt a, vflt b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}
static inline vflt v_pick_f32(vmask m, vflt a, vflt b)
{
    return _mm512_mask_mov_ps(b, m, a);
}
static inline vflt v_keep_f32(vmask m, vflt a)
{
    return _mm512_maskz_mov_ps(m, a);
}
static inline vflt v_drop_f32(vmask m, vflt a)
{
    return _mm512_maskz_mov_ps((vmask)~m, a);
}

/* Even and odd lanes of a then b, in order. */
static inline vflt v_even_f32(vflt a, vflt b)
{
    const vint even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20,
                                        22, 24, 26, 28, 30);
    return _mm512_permutex2var_ps(a, even, b);
}
static inline vflt v_odd_f32(vflt a, vflt b)
{
    const vint odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21,
                                       23, 25, 27, 29, 31);
    return _mm512_permutex2var_ps(a, odd, b);
}

/* Rows become columns: within 128 bits, then the quarters themselves. */
static inline void v_transpose_f32(vflt r[V_LANES])
{
    for (int i = 0; i < V_LANES; i += 4)
        v_transpose_quads(r + i);
    SIMD_UNROLL
    for (int i = 0; i < 4; i++) {
        vflt a = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x44);
        vflt b = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xee);
        vflt c = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x44);
        vflt d = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xee);
        r[i] = _mm512_shuffle_f32x4(a, c, 0x88);
        r[i + 4] = _mm512_shuffle_f32x4(a, c, 0xdd);
        r[i + 8] = _mm512_shuffle_f32x4(b, d, 0x88);
        r[i + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
}

/* Binary32 to binary64 and back, rounded to nearest. */
static inline vdbl v_widen_lo_f32(vflt a)
{
    return _mm512_cvtps_pd(_mm512_castps512_ps256(a));
}
static inline vdbl v_widen_hi_f32(vflt a)
{
    return _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1));
}
static inline vflt v_narrow_f64(vdbl lo, vdbl hi)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(lo)),
                              _mm512_cvtpd_ps(hi), 1);
}

/* Half vectors: what becomes one vector of binary64. */
static inline vhlf v_set_half(float x) { return _mm256_set1_ps(x); }
static inline vhlf v_load_half(const float *p) { return _mm256_loadu_ps(p); }
static inline void v_store_half(float *p, vhlf a) { _mm256_storeu_ps(p, a); }
static inline vhlf v_mul_half(vhlf a, vhlf b) { return _mm256_mul_ps(a, b); }
static inline vdbl v_widen_half(vhlf a) { return _mm512_cvtps_pd(a); }
static inline vhlf v_narrow_half(vdbl a) { return _mm512_cvtpd_ps(a); }
