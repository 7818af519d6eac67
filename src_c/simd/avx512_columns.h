/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Columns of samples in 512-bit registers; included by avx512.h. */
#include "x86_columns.h"

typedef __mmask32 vmask16; /* a choice among 16-bit lanes */
static inline vmask16 v_eq16(vint a, vint b)
{
    return _mm512_cmpeq_epi16_mask(a, b);
}
static inline vmask16 v_gt16(vint a, vint b) /* signed */
{
    return _mm512_cmpgt_epi16_mask(a, b);
}
static inline vmask16 v_both16(vmask16 a, vmask16 b) { return a & b; }
static inline vmask16 v_either16(vmask16 a, vmask16 b) { return a | b; }
static inline vint v_pick16(vmask16 m, vint a, vint b)
{
    return _mm512_mask_mov_epi16(b, m, a);
}
/* A bit per lane, and a byte of ones or zeros per lane of two. */
static inline uint32_t v_bits16(vmask16 m) { return m; }
static inline vint v_bytes16(vmask16 lo, vmask16 hi)
{
    return _mm512_movm_epi8((__mmask64)hi << 32 | lo);
}

/* Bit i stands for column `first` + i, which has sample[i]: sample << 16 |
 * column of those whose bit is set, in order; how many they are. V_LANES places
 * behind them may be written. */
static inline size_t v_columns(uint32_t *out, const uint16_t *sample,
                               uint32_t first, uint64_t bits)
{
    const uint32_t *const start = out;
    vint column = _mm512_add_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        _mm512_set1_epi32((int)first));
    for (unsigned i = 0; i < 64; i += 16) {
        const __mmask16 some = (__mmask16)(bits >> i);
        const vint high =
            _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(
                                  (const void *)(sample + i))),
                              16);
        const vint both = _mm512_or_si512(high, column);
        _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(some, both));
        out += __builtin_popcount(some);
        column = _mm512_add_epi32(column, _mm512_set1_epi32(16));
    }
    return (size_t)(out - start);
}

static inline double v_sum_f64(vdbl a)
{
    double x[8];
    _mm512_storeu_pd(x, a);
    return x[0] + x[1] + x[2] + x[3] + x[4] + x[5] + x[6] + x[7];
}
