/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Sum of squared differences in plain loops. */
#include "psnr.h"

/* 2^16 squares of at most 255^2 add up to less than 2^32. */
#define BLOCK 65536

static uint32_t block8(const uint8_t *r, const uint8_t *d, unsigned n)
{
    uint32_t sum = 0;
    for (unsigned x = 0; x < n; x++) {
        const int16_t e = (int16_t)(r[x] - d[x]);
        sum += (uint32_t)(e * e);
    }
    return sum;
}

static uint64_t row8(const uint8_t *r, const uint8_t *d, unsigned w)
{
    uint64_t sum = 0;
    for (; w > BLOCK; w -= BLOCK, r += BLOCK, d += BLOCK)
        sum += block8(r, d, BLOCK);
    return sum + block8(r, d, w);
}

/* The square of a 16-bit difference needs all 32 bits of its unsigned type. */
static uint64_t row16(const uint16_t *r, const uint16_t *d, unsigned w)
{
    uint64_t sum = 0;
    for (unsigned x = 0; x < w; x++) {
        const uint32_t e = (uint32_t)(r[x] - d[x]);
        sum += e * e;
    }
    return sum;
}

void psnr_sse_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const PsnrSse *sse = call;
    uint64_t sum = 0;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        const void *r =
            (const uint8_t *)sse->ref + (ptrdiff_t)y * sse->ref_stride;
        const void *d =
            (const uint8_t *)sse->dist + (ptrdiff_t)y * sse->dist_stride;
        sum += sse->bpc == 8 ? row8(r, d, sse->w) : row16(r, d, sse->w);
    }
    sums[0] += (int64_t)sum;
}

const PsnrKernels psnr_kernels_scalar = {
    .sse = psnr_sse_scalar,
};
