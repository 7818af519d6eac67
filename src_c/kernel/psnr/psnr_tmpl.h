/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Squared differences written once over vector operations, for up to 12 bits;
 * at 16 a difference takes 17, and the plain kernel does it.
 */
#include "psnr.h"

enum {
    PSNR_STEP = 2 * V_LANES, /* 16-bit lanes */
    PSNR_MAX_BPC = 12,
    /* A lane adds up 64 pairs of at most 4095^2 each, less than 2^32. */
    PSNR_BLOCK = 64 * PSNR_STEP,
};

static vint psnr_block(const PsnrSse *s, const uint8_t *r, const uint8_t *d,
                       unsigned x, unsigned end)
{
    const uint16_t *r16 = (const void *)r, *d16 = (const void *)d;
    vint sum = v_set32(0);
    for (; x < end; x += PSNR_STEP) {
        vint e = s->bpc > 8 ? v_sub16(v_load(r16 + x), v_load(d16 + x))
                            : v_sub16(v_load8(r + x), v_load8(d + x));
        sum = v_dot16(sum, e, e);
    }
    return sum;
}

static void psnr_sse_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const PsnrSse *s = call;
    const unsigned whole = s->w - s->w % PSNR_STEP;
    vint total = v_set32(0);
    PsnrSse rest = *s;

    if (s->bpc > PSNR_MAX_BPC) {
        psnr_sse_scalar(s, rows, sums);
        return;
    }
    for (unsigned y = rows->begin; y < rows->end; y++) {
        const uint8_t *r =
            (const uint8_t *)s->ref + (ptrdiff_t)y * s->ref_stride;
        const uint8_t *d =
            (const uint8_t *)s->dist + (ptrdiff_t)y * s->dist_stride;
        for (unsigned x = 0; x < whole; x += PSNR_BLOCK) {
            unsigned end = whole - x < PSNR_BLOCK ? whole : x + PSNR_BLOCK;
            total = v_add64(total, psnr_block(s, r, d, x, end));
        }
    }
    /* What no whole vector covers, down the right edge. */
    const size_t skip = (size_t)whole * (s->bpc > 8 ? 2 : 1);
    rest.ref = (const uint8_t *)s->ref + skip;
    rest.dist = (const uint8_t *)s->dist + skip;
    rest.w -= whole;
    sums[0] += v_sum64(total);
    psnr_sse_scalar(&rest, rows, sums);
}
