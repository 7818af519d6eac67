/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* PSNR kernel contract: sum of squared differences of two planes. */
#ifndef KERNEL_PSNR_H
#define KERNEL_PSNR_H

#include <stddef.h>
#include <stdint.h>

typedef struct PsnrSse {
    const void *ref, *dist; /* bytes for 8-bit video, else uint16_t */
    ptrdiff_t ref_stride, dist_stride; /* bytes */
    unsigned w, h;
    unsigned bpc;
} PsnrSse;

typedef uint64_t (*PsnrSseFn)(const PsnrSse *sse);

#endif
