/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ANSNR kernel contract: the energy of the lightly smoothed reference and of its
 * difference from the strongly smoothed distorted picture, per row.
 *
 * Samples count as sample / 2^(bpc - 8) - 128. All arithmetic is binary32 in one
 * order: products from left to right, rows of a window from top to bottom, and
 * the two sums of a row from left to right. Nothing outside of the planes is
 * read.
 */
#ifndef KERNEL_ANSNR_H
#define KERNEL_ANSNR_H

#include "kernel/kernel.h"

#define ANSNR_MIN_SIZE 3 /* least width and height */

typedef struct AnsnrRow {
    float signal, noise;
} AnsnrRow;

typedef struct Ansnr {
    const void *ref, *dist; /* bytes for 8-bit video, else uint16_t */
    ptrdiff_t ref_stride, dist_stride; /* bytes */
    unsigned w, h, bpc;
    AnsnrRow *row; /* h of them */
} Ansnr;

typedef struct AnsnrKernels {
    KernelFn rows; /* of an Ansnr; no sums */
    /* Bytes that rows of planes of that width need as scratch. */
    size_t (*scratch_size)(unsigned w);
} AnsnrKernels;

#endif
