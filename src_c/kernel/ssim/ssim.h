/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * SSIM kernel contract: box decimation, the low-pass of the next MS-SSIM level,
 * and the comparison of two planes.
 *
 * A plane holds samples of `bpc` bits (bytes up to 8 bits, else uint16_t), which
 * count as sample / 2^(bpc - 8), or binary32 values: SSIM_BINARY32 as `bpc`.
 * Strides are in bytes. Nothing outside of a plane is read.
 *
 * Products are rounded to binary32, sums are binary64 and rounded to binary32 at
 * the end of each filter pass; that is the definition, not a choice.
 */
#ifndef KERNEL_SSIM_H
#define KERNEL_SSIM_H

#include <stdbool.h>

#include "kernel/kernel.h"

#define SSIM_TAPS 11 /* of the window; a plane loses 10 rows and 10 columns */
#define SSIM_BINARY32 32

/* shrink: means over boxes of factor x factor samples, centred at every
 * factor-th sample; samples repeat backwards beyond the edges. One row per row
 * of `dst`. */
typedef struct SsimShrink {
    const void *src;
    float *dst; /* w / factor + w % 2 values per row */
    ptrdiff_t src_stride, dst_stride;
    unsigned w, h, bpc; /* of src */
    unsigned factor;    /* 2 or more, at most half of w and of h */
} SsimShrink;

/* halve: a plane of half the size, rounded up, through a 9 x 9 low-pass; samples
 * repeat backwards beyond the edges. One row per row of `dst`.
 *
 * `faint` has one byte per row: 1 when the row holds a value other than 0 that
 * is smaller than 2^-6. Without such values the binary64 sums are exact, so
 * their order is free. */
typedef struct SsimHalve {
    const void *src;
    const uint8_t *src_faint; /* NULL for samples */
    float *dst;
    uint8_t *dst_faint;
    ptrdiff_t src_stride, dst_stride;
    unsigned w, h, bpc; /* of src; 8 or more */
} SsimHalve;

/* Sums of one row over the window's positions: luminance, contrast and
 * structure terms and their product; and the greatest |structure|.
 *
 * Strips of SSIM_STRIP positions are added up one by one, and their sums from
 * left to right. In a strip, of sixteen positions at a time, the terms at x and
 * x + 8 are added to each other and then to the lane x % 8, missing ones as 0;
 * then the eight lanes from the first to the last. */
#define SSIM_STRIP 192
#define SSIM_LANES 8

typedef struct SsimRow {
    double l, c, s, lcs;
    double peak;
} SsimRow;

/* compare: one row per position of the window, h - 10 of them.
 * ordered: the sum of all terms of one kind over rows [0, h - 10), one running
 * sum from the top left to the bottom right, into `*sum`; not to be cut. */
typedef struct SsimCompare {
    const void *ref, *dist;
    ptrdiff_t ref_stride, dist_stride;
    unsigned w, h, bpc; /* w, h: 11 or more */
    bool luminance;     /* else l and lcs are left out, as 0 */
    SsimRow *row;       /* compare: indexed by row */
    unsigned kind;      /* ordered: 0 l, 1 c, 2 s, 3 lcs */
    double *sum;        /* ordered */
} SsimCompare;

typedef struct SsimKernels {
    KernelFn shrink, halve, compare, ordered;
    /* Bytes that rows of planes of that width need as scratch. */
    size_t (*scratch_size)(unsigned w);
} SsimKernels;

/* The plain kernel, which others call for factors that they leave out. */
void ssim_shrink_scalar(const void *call, const Rows *rows, int64_t *sums);

#endif
