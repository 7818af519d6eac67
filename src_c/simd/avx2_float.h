/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Floating-point operations on 256-bit registers; included by avx2.h. */

typedef __m128 vhlf; /* as many lanes of binary32 as vdbl has */

/* V_LANES unsigned samples as 32-bit lanes. */
static inline vint v_load8_32(const uint8_t *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)p));
}
static inline vint v_load16_32(const uint16_t *p)
{
    return _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)p));
}
/* Half as many, as 64-bit lanes. */
static inline vint v_load32_64(const uint32_t *p)
{
    return _mm256_cvtepu32_epi64(_mm_loadu_si128((const void *)p));
}

#include "x86_float.h"

/* 1 / a within 1.5 * 2^-12; a in the normal range. */
static inline vflt v_rcp_guess_f32(vflt a) { return _mm256_rcp_ps(a); }

/* Masks: pick is a where m, else b; keep and drop put +0 for what goes. */
static inline vmask v_le_f32(vflt a, vflt b)
{
    return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LE_OQ));
}
static inline vflt v_pick_f32(vmask m, vflt a, vflt b)
{
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(m));
}
static inline vflt v_keep_f32(vmask m, vflt a)
{
    return _mm256_and_ps(_mm256_castsi256_ps(m), a);
}
static inline vflt v_drop_f32(vmask m, vflt a)
{
    return _mm256_andnot_ps(_mm256_castsi256_ps(m), a);
}

/* Even and odd lanes of a then b, in order. */
static inline vflt v_even_f32(vflt a, vflt b)
{
    vflt mixed = _mm256_shuffle_ps(a, b, 0x88);
    return v_cast_f32(v_order16(v_cast_int(mixed)));
}
static inline vflt v_odd_f32(vflt a, vflt b)
{
    vflt mixed = _mm256_shuffle_ps(a, b, 0xdd);
    return v_cast_f32(v_order16(v_cast_int(mixed)));
}

/* Rows become columns. */
static inline void v_transpose_f32(vflt r[V_LANES])
{
    v_transpose_quads(r);
    v_transpose_quads(r + 4);
    SIMD_UNROLL
    for (int i = 0; i < 4; i++) {
        vflt top = r[i], bottom = r[i + 4];
        r[i] = _mm256_permute2f128_ps(top, bottom, 0x20);
        r[i + 4] = _mm256_permute2f128_ps(top, bottom, 0x31);
    }
}

/* Binary32 to binary64 and back, rounded to nearest. */
static inline vdbl v_widen_lo_f32(vflt a)
{
    return _mm256_cvtps_pd(_mm256_castps256_ps128(a));
}
static inline vdbl v_widen_hi_f32(vflt a)
{
    return _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
}
static inline vflt v_narrow_f64(vdbl lo, vdbl hi)
{
    return _mm256_set_m128(_mm256_cvtpd_ps(hi), _mm256_cvtpd_ps(lo));
}

/* Half vectors: what becomes one vector of binary64. */
static inline vhlf v_set_half(float x) { return _mm_set1_ps(x); }
static inline vhlf v_load_half(const float *p) { return _mm_loadu_ps(p); }
static inline void v_store_half(float *p, vhlf a) { _mm_storeu_ps(p, a); }
static inline vhlf v_mul_half(vhlf a, vhlf b) { return _mm_mul_ps(a, b); }
static inline vdbl v_widen_half(vhlf a) { return _mm256_cvtps_pd(a); }
static inline vhlf v_narrow_half(vdbl a) { return _mm256_cvtpd_ps(a); }
