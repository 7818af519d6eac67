/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Sum of squared differences in plain loops. */
#include "scalar.h"

/* A square of 16-bit samples needs all 32 bits of its unsigned type. */
static inline uint32_t square(int32_t difference)
{
    return (uint32_t)difference * (uint32_t)difference;
}

uint64_t psnr_sse_scalar(const PsnrSse *sse)
{
    uint64_t sum = 0;
    for (unsigned y = 0; y < sse->h; y++) {
        const uint8_t *r =
            (const uint8_t *)sse->ref + (ptrdiff_t)y * sse->ref_stride;
        const uint8_t *d =
            (const uint8_t *)sse->dist + (ptrdiff_t)y * sse->dist_stride;
        if (sse->bpc == 8) {
            for (unsigned x = 0; x < sse->w; x++)
                sum += square(r[x] - d[x]);
        } else {
            const uint16_t *r16 = (const void *)r, *d16 = (const void *)d;
            for (unsigned x = 0; x < sse->w; x++)
                sum += square(r16[x] - d16[x]);
        }
    }
    return sum;
}
