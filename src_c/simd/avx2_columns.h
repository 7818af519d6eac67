/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Columns of samples in 256-bit registers; included by avx2.h. */
#include "columns.h"
#include "x86_columns.h"

typedef vint vmask16; /* a choice among 16-bit lanes */
static inline vmask16 v_eq16(vint a, vint b)
{
    return _mm256_cmpeq_epi16(a, b);
}
static inline vmask16 v_gt16(vint a, vint b) /* signed */
{
    return _mm256_cmpgt_epi16(a, b);
}
static inline vmask16 v_both16(vmask16 a, vmask16 b) { return v_and(a, b); }
static inline vmask16 v_either16(vmask16 a, vmask16 b) { return v_or(a, b); }
static inline vint v_pick16(vmask16 m, vint a, vint b)
{
    return _mm256_blendv_epi8(b, a, m);
}
/* A bit per lane, and a byte of ones or zeros per lane of two. */
static inline uint32_t v_bits16(vmask16 m)
{
    return _pext_u32((uint32_t)_mm256_movemask_epi8(m), 0xaaaaaaaa);
}
static inline vint v_bytes16(vmask16 lo, vmask16 hi)
{
    return v_order16(_mm256_packs_epi16(lo, hi));
}

/* first + i for each lane i of m, in order; how many they are. V_LANES places
 * may be written. */
static inline size_t v_lanes(uint32_t *out, uint32_t first, vmask m)
{
    const unsigned bits = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(m));
    const uint64_t bytes = _pdep_u64(bits, 0x0101010101010101) * 0xff;
    const uint64_t lanes = _pext_u64(0x0706050403020100, bytes);
    const vint lane = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)lanes));
    v_store(out, v_add32(lane, v_set32(first)));
    return (size_t)__builtin_popcount(bits);
}

/* As columns_list(). */
static inline size_t v_columns(uint32_t *out, const uint16_t *sample,
                               uint32_t first, uint64_t bits)
{
    return columns_list(out, sample, first, bits);
}

static inline vflt v_gather_lanes_f32(const float *p, vint index)
{
    return _mm256_i32gather_ps(p, index, 4);
}

static inline double v_sum_f64(vdbl a)
{
    double x[4];
    _mm256_storeu_pd(x, a);
    return x[0] + x[1] + x[2] + x[3];
}
