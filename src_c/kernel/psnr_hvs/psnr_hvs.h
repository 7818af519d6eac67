/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * PSNR-HVS kernel contract: weighted errors of the DCT coefficients of one
 * plane, and their sum.
 *
 * The definition adds the squared errors of a plane, binary32 each, to one
 * binary32 total, block after block and coefficient after coefficient; the
 * total grows so large that it swallows small terms. So the terms of a band of
 * block rows are kept, which may be computed in any order, and a second kernel
 * adds them up in order.
 *
 * Blocks of 8x8 samples start at every seventh row and column. Reads no byte
 * outside the planes.
 */
#ifndef KERNEL_PSNR_HVS_H
#define KERNEL_PSNR_HVS_H

#include "kernel/kernel.h"

#define PSNR_HVS_SIZE 8
#define PSNR_HVS_STEP 7
#define PSNR_HVS_COEFFICIENTS 64
/* Blocks side by side whose terms lie interleaved. */
#define PSNR_HVS_GROUP 16
#define PSNR_HVS_GROUP_TERMS 1024

/* Variances are sums of squares times cnt / (cnt - 1), made of rounded parts:
 * 64 * (1 / 63) and 16 * (1 / 15). */
#define PSNR_HVS_UNBIASED_64 0x1.041042p+0f
#define PSNR_HVS_UNBIASED_16 0x1.111112p+0f

/* Contrast sensitivity of one plane's coefficients, in raster order. */
typedef struct PsnrHvsTable {
    float weight[64];  /* of an error */
    float mask[64];    /* of a coefficient's energy */
    float inverse[64]; /* 1 / mask, rounded */
    float rest[64];    /* and what is missing from it */
} PsnrHvsTable;

/* Block rows [begin, end) of a band that starts at block row `first_row`. */
typedef struct PsnrHvsTerms {
    const void *ref, *dist; /* bytes for 8-bit video, else uint16_t */
    ptrdiff_t ref_stride, dist_stride; /* bytes */
    unsigned w;                        /* of the plane, at least 8 */
    unsigned bpc;                      /* 8..12 */
    unsigned first_row;
    const PsnrHvsTable *table;
    /* Out, for a block row: groups of PSNR_HVS_GROUP blocks, in each the 64
     * coefficients, of each the blocks' terms; +0 past the last block. */
    float *terms;
    size_t stride; /* at least psnr_hvs_stride(w) */
} PsnrHvsTerms;

/* Add the terms of a band to the total; all block rows in one call. */
typedef struct PsnrHvsSum {
    const float *terms;
    size_t stride;
    unsigned blocks; /* in a row */
    float *total;
} PsnrHvsSum;

typedef struct PsnrHvsKernels {
    KernelFn terms;                     /* PsnrHvsTerms */
    KernelFn sum;                       /* PsnrHvsSum */
    size_t (*scratch_size)(unsigned w); /* for planes w samples wide */
} PsnrHvsKernels;

/* The table of luma (0), Cb (1) or Cr (2). */
void psnr_hvs_table(PsnrHvsTable *table, unsigned plane);

/* Blocks along `size` samples. */
unsigned psnr_hvs_blocks(unsigned size);

/* Terms of a block row. */
size_t psnr_hvs_stride(unsigned w);

#endif
