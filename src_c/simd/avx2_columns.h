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

/* As columns_list(). */
static inline size_t v_columns(uint32_t *out, const uint16_t *sample,
                               uint32_t first, uint64_t bits)
{
    return columns_list(out, sample, first, bits);
}

static inline double v_sum_f64(vdbl a)
{
    double x[4];
    _mm256_storeu_pd(x, a);
    return x[0] + x[1] + x[2] + x[3];
}
