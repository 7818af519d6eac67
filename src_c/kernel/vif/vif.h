/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF kernel contract: one scale of one reference and of distorted pictures of it.
 *
 * Reads no byte outside the first `w` samples of the rows [0, h) of `ref` and
 * `dist` and writes none outside the first w/2 samples of the rows [0, h/2) of
 * the decimated planes. Rows need no alignment.
 */
#ifndef KERNEL_VIF_H
#define KERNEL_VIF_H

#include "kernel/kernel.h"

#define VIF_SCALES 4
#define VIF_MAX_LIMITS 4
#define VIF_MAX_LANES 8

/* A distorted picture. */
typedef struct VifLane {
    const void *dist; /* samples as of the reference */
    ptrdiff_t dist_stride;
    uint16_t *next_dist; /* of the next scale; NULL: not wanted */
    /* Enhancement gain limits, at least 1; a result is made for each. 0, in all
     * lanes: no statistics. */
    const double *limit;
    unsigned limit_cnt; /* at most VIF_MAX_LIMITS */
} VifLane;

typedef struct VifScale {
    const void *ref;      /* bytes at scale 0 of 8-bit video, else uint16_t */
    ptrdiff_t ref_stride; /* bytes */
    unsigned w, h;        /* of this scale, at least 2 each */
    unsigned bpc;         /* of the video, 8..16 */
    unsigned scale;       /* 0..3 */
    /* Plane of the next scale, w/2 x h/2; NULL: not wanted. */
    uint16_t *next_ref;
    ptrdiff_t next_stride; /* bytes, of all */
    const VifLane *lane;
    unsigned lane_cnt; /* 1..VIF_MAX_LANES */
} VifScale;

/* Integer totals of a lane's scale or of some of its rows. The decimated rows y with
 * 2y among the rows are written, so ranges that cover [0, h) once give the
 * whole scale. */
typedef struct VifSums {
    int64_t num_log[VIF_MAX_LIMITS]; /* log of what arrives, for each limit */
    int64_t den_log;                 /* log of what is sent; both * 2048 */
    int64_t num_non_log; /* distorted variance where the reference is flat */
    int64_t non_log_cnt; /* samples where the reference is flat */
} VifSums;

#define VIF_SUM_CNT 7 /* VifSums as an array */

/* The logarithm of each of n arguments, 2^16 <= z < 2^31, in units of 2^-11; n
 * is a multiple of 16. How a kernel set takes its logarithms, for tests. */
typedef void (*VifLogFn)(const uint32_t *z, int32_t *log, size_t n);

typedef struct VifKernels {
    KernelFn scale; /* VifSums of each lane of a VifScale */
    VifLogFn log;
    size_t (*scratch_size)(const VifScale *scale); /* for any rows of it */
} VifKernels;

/* Scale 3 of a picture 8..15 samples wide or high, which has one row or column;
 * `above` is scale 2. Adds the statistics of the whole scale to those of each
 * lane. */
void vif_scale3_small(const VifScale *scale, const VifScale *above,
                      VifSums *sums);

/* Logarithms by that table. */
void vif_log_scalar(const uint32_t *z, int32_t *log, size_t n);

/* T[i - 32768] = round(2048 * binary32 log2(i)), made on first use; the same
 * table for every thread. */
const uint16_t *vif_log_table(void);

#endif
