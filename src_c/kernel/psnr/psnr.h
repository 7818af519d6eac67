/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* PSNR kernel contract: sum of squared differences of two planes. */
#ifndef KERNEL_PSNR_H
#define KERNEL_PSNR_H

#include "kernel/kernel.h"

typedef struct PsnrSse {
    const void *ref, *dist; /* bytes for 8-bit video, else uint16_t */
    ptrdiff_t ref_stride, dist_stride; /* bytes */
    unsigned w, bpc;
} PsnrSse;

/* sse: one sum, over a PsnrSse. */
typedef struct PsnrKernels {
    KernelFn sse;
} PsnrKernels;

/* The plain kernel, which others call for what they leave out. */
void psnr_sse_scalar(const void *call, const Rows *rows, int64_t *sums);

#endif
