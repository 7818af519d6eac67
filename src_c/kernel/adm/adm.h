/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM kernel contract: one scale of one reference and of distorted pictures of it,
 * from the low bands of the scale above to integer sums.
 *
 * Reads no byte outside the first `w` samples of the rows [0, h) of video; rows
 * need no alignment. Low bands are the kernels' own: their rows start at
 * multiples of ADM_LOW_ALIGN bytes, and up to the next multiple behind their
 * last sample they are read and written.
 */
#ifndef KERNEL_ADM_H
#define KERNEL_ADM_H

#include <stdbool.h>

#include "kernel/kernel.h"

#define ADM_SCALES 4
#define ADM_MAX_VARIANTS 6 /* of a lane */
#define ADM_MAX_LANES 8
#define ADM_MAX_IN_ALL 12 /* variants of all lanes */
#define ADM_LOW_ALIGN 64
/* The level-3 input then has 5 samples and its bands 3, which the border rules
 * need; every rounding shift is at least 1. */
#define ADM_MIN_SIZE 33

/* Orientation order of all arrays of three. */
enum AdmBand { ADM_H = 0, ADM_V = 1, ADM_D = 2 };

/* What differs between two configurations that share one transform. */
typedef struct AdmVariant {
    double gain_limit;  /* 1..100 */
    uint32_t factor[3]; /* contrast sensitivity K of this scale; scale 0: below
                         * 2^16 */
    bool skip_aim;
} AdmVariant;

/* A distorted picture. */
typedef struct AdmLane {
    const void *dist; /* as the reference */
    ptrdiff_t dist_stride;
    void *low_dist;
    const AdmVariant *variant;
    unsigned variant_cnt; /* 0, in all lanes: low bands only */
} AdmLane;

typedef struct AdmScale {
    /* Scale 0: samples, bytes for 8-bit video, else uint16_t. Later: low bands
     * of the scale before, int16_t of scale 0, else int32_t. */
    const void *ref;
    ptrdiff_t ref_stride; /* bytes */
    unsigned w, h;        /* of the input; bands are half that, rounded up */
    unsigned bpc;         /* of the video, 8..16 */
    unsigned scale;
    /* Low bands of this scale (types as above); NULL: not wanted. */
    void *low_ref;
    ptrdiff_t low_stride; /* bytes, of all */
    const AdmLane *lane;
    unsigned lane_cnt; /* 1..ADM_MAX_LANES */
} AdmScale;

/* A lane's sums over the pooling window; each row of the band is rounded on its own, so
 * that sums of rows add up exactly (modulo 2^64). */
typedef struct AdmSums {
    int64_t num[ADM_MAX_VARIANTS][3]; /* detail kept (DLM) */
    int64_t aim[ADM_MAX_VARIANTS][3]; /* impairment added; 0 when skipped */
    uint64_t den[3];                  /* detail of the reference */
} AdmSums;

#define ADM_SUM_CNT 39 /* AdmSums as an array */

typedef struct AdmKernels {
    KernelFn
        scale; /* AdmSums of each lane of an AdmScale; rows are the band's */
    size_t (*scratch_size)(const AdmScale *scale); /* for any rows of it */
} AdmKernels;

/* The plain kernel, which others call for what they leave out. */
void adm_scale_scalar(const void *call, const Rows *rows, int64_t *sums);
size_t adm_scratch_size_scalar(const AdmScale *scale);

#endif
