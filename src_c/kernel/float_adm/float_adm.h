/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Contract of the float ADM kernel: one scale of one picture pair in binary32.
 *
 * The wavelet sums its four taps in ascending order, down the columns first,
 * then along the rows. The gain of the decoupling is a true quotient, as
 * libvmaf has it where there is no SSE2; its x86 build refines the processor's
 * own reciprocal, which each vendor makes otherwise. The sums of a row run from
 * left to right. There is one result per row of the band that is pooled, as a
 * scale's sums are those of its rows, added from top to bottom.
 *
 * Reads no byte outside the first `w` samples of the rows [0, h) of the inputs
 * and writes none outside the first (w+1)/2 samples of the low bands' rows and
 * the results of pooled rows. Rows need no alignment but that of a sample.
 */
#ifndef KERNEL_FLOAT_ADM_H
#define KERNEL_FLOAT_ADM_H

#include "kernel/kernel.h"

#define FLOAT_ADM_SCALES 4
#define FLOAT_ADM_MAX_LIMITS 4
/* Of a smaller picture the last band has one row or column, and no neighbours. */
#define FLOAT_ADM_MIN_SIZE 17

/* One row of the pooled window; orientations are h, v, d. */
typedef struct FloatAdmRow {
    float num[FLOAT_ADM_MAX_LIMITS][3]; /* detail that survives, per limit */
    float aim[FLOAT_ADM_MAX_LIMITS][3]; /* impairment that was added */
    float den[3];                       /* detail of the reference */
} FloatAdmRow;

typedef struct FloatAdmScale {
    const void *ref, *dist; /* bytes, uint16_t or float, see `bits` */
    ptrdiff_t ref_stride, dist_stride; /* bytes */
    unsigned w, h;                     /* of the input, at least 3 each */
    unsigned bits; /* of a sample: 8, up to 16, or 32: grey levels less 128 */
    unsigned limit_cnt; /* 0: low bands only, `row` is not written */
    double limit[FLOAT_ADM_MAX_LIMITS]; /* of the gain taken for detail */
    float factor[3];     /* contrast sensitivity of each orientation */
    float exponent;      /* of pooling */
    unsigned no_masking; /* thresholds are 0 */
    FloatAdmRow *row;    /* (h+1)/2 results; those in the window are written */
    /* Low bands, (w+1)/2 x (h+1)/2; NULL: not wanted. */
    float *low_ref, *low_dist;
    ptrdiff_t low_stride; /* bytes, of both */
} FloatAdmScale;

/* The first row or column of a band of n that is pooled; as many are left out
 * at its end. */
unsigned float_adm_margin(unsigned n);

typedef struct FloatAdmKernels {
    KernelFn scale; /* of FloatAdmScale, no sums; rows of the bands */
    size_t (*scratch_size)(unsigned w); /* for any scale of a w wide picture */
} FloatAdmKernels;

#endif
