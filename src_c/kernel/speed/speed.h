/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * SpEED kernel contract: how much detail the blocks of a plane carry.
 *
 * decimate  a plane, or the difference of two, is resized, low-passed and
 *           thinned out sixteenfold. Rows: those of the thin planes, one plane
 *           after the other. Each row of the thin planes is written once.
 * model     blocks of 5 x 5 samples of a thin plane less its local mean are
 *           taken for a Gaussian scale mixture. Rows: planes.
 *
 * All values are binary32 and each is rounded as written in the definition, so
 * every kernel set gives the same bits. The sums that run over a whole plane
 * have one order, which is why a plane is never cut in `model`.
 */
#ifndef KERNEL_SPEED_H
#define KERNEL_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

#define SPEED_SIDE 5       /* of a block */
#define SPEED_CELLS 25     /* samples of a block */
#define SPEED_STEP 16      /* from one thin sample to the next */
#define SPEED_MAX_TAPS 35  /* of the low pass */
#define SPEED_MAX_REACH 9  /* source samples behind a resized one */
#define SPEED_MAX_PLANES 4 /* of one call */

/* What a thin sample reads along one axis. Tap k of sample j weighs a resized
 * sample, which is a weighted sum of `reach` source samples; the i-th of these
 * is at[n] with weight[n], n = i * stride + k * cnt + j. Mirroring at the edges
 * is done: 0 <= at[n] < size, also for what fills up the stride. */
typedef struct SpeedAxis {
    unsigned size;   /* source samples */
    unsigned cnt;    /* thin samples */
    unsigned stride; /* a multiple of 16, at least the taps times cnt and 15 */
    unsigned reach;  /* 1, 2, 4 or 9; with 1 every weight is 1 */
    int32_t *at;
    float *weight;
} SpeedAxis;

typedef struct SpeedPlane {
    const void *plane; /* bytes for 8-bit video, else uint16_t */
    const void *minus; /* what is subtracted; NULL: the grey in the middle */
    ptrdiff_t stride, minus_stride; /* bytes */
    float *low;                     /* the thin plane: rows.cnt rows */
} SpeedPlane;

typedef struct SpeedDecimate {
    unsigned bpc; /* 8, 10, 12 or 16; samples are scaled to 8 bits */
    SpeedAxis columns, rows;
    bool normalise; /* divide a resized sample by the sum of its weights */
    unsigned taps;
    float tap[SPEED_MAX_TAPS];
    size_t low_stride; /* floats, a multiple of 16, at least columns.cnt */
    unsigned plane_cnt;
    SpeedPlane plane[SPEED_MAX_PLANES];
} SpeedDecimate;

/* What becomes of one thin plane. Blocks stand row by row. */
typedef struct SpeedBlocks {
    const float *low;
    float *variance, *entropy; /* of each block; room for block_stride */
    bool *singular; /* the covariance has no inverse: every variance is 0 */
} SpeedBlocks;

typedef struct SpeedModel {
    unsigned w, h;       /* of the thin planes, at least 5 each */
    size_t low_stride;   /* floats */
    size_t block_stride; /* a multiple of 64, at least the number of blocks */
    unsigned mean_taps;  /* of the local mean, at most 9 */
    float mean_tap[SPEED_MAX_REACH];
    float noise; /* added to the variance, greater than 0 */
    unsigned plane_cnt;
    SpeedBlocks plane[SPEED_MAX_PLANES];
} SpeedModel;

typedef struct SpeedKernels {
    KernelFn decimate; /* a SpeedDecimate */
    KernelFn model;    /* a SpeedModel */
    size_t (*decimate_scratch_size)(const SpeedDecimate *call);
    size_t (*model_scratch_size)(const SpeedModel *call);
} SpeedKernels;

#endif
