/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Lists of columns where no instruction makes them. */
#ifndef SIMD_COLUMNS_H
#define SIMD_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

/* Bit i stands for column `first` + i, which has sample[i]: sample << 16 |
 * column of those whose bit is set, in order; how many they are. Four places
 * behind them may be written. */
static inline size_t columns_list(uint32_t *out, const uint16_t *sample,
                                  uint32_t first, uint64_t bits)
{
    const size_t cnt = (size_t)__builtin_popcountll(bits);
    /* Four at a time, so that the branch is seldom missed; behind the last one
     * any column will do. */
    for (size_t i = 0; i < cnt; i += 4) {
        for (size_t j = 0; j < 4; j++) {
            const uint32_t at = (uint32_t)__builtin_ctzll(bits | 1ull << 63);
            out[i + j] = (uint32_t)sample[at] << 16 | (first + at);
            bits &= bits - 1;
        }
    }
    return cnt;
}

#endif
