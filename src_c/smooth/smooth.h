/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Contract of the smooth kernels: VIF, ADM and motion of the PyTorch twin without any
 * rounding to integers, and their gradients, in binary32. One scale of one
 * pair of planes of the same size; rows are contiguous. pyvmaf/torch has the
 * same arithmetic for any type and device and judges this one.
 *
 * There is one plain source; every kernel set has it compiled for its own
 * instructions, with the same results.
 */
#ifndef SMOOTH_H
#define SMOOTH_H

#include <stddef.h>

#define SMOOTH_REACH 8 /* taps on each side of a window's centre */
#define SMOOTH_BANDS 3 /* orientations: h, v, d */

/* A symmetric window; tap[k] weighs both samples k away from the centre. */
typedef struct SmoothTaps {
    int radius; /* 1, 2, 4 or 8 */
    float tap[SMOOTH_REACH + 1];
} SmoothTaps;

typedef struct SmoothVif {
    const float *ref, *dist; /* w x h grey levels minus 128 */
    int w, h;                /* each more than both radii */
    SmoothTaps taps, next_taps;
    float noise;    /* variance, squared grey levels */
    float inactive; /* what distorted variance costs where ref is flat */
    float gain_limit;
    int row_begin, row_end; /* rows to make */
    void *scratch;          /* smooth_vif_scratch_size() bytes */
} SmoothVif;

/* Where the results of one scale go. */
typedef struct SmoothVifSums {
    double *num, *den;           /* one per row of the scale */
    float *next_ref, *next_dist; /* w/2 x h/2; NULL: not wanted */
} SmoothVifSums;

/* Gradients: of what SmoothVifSums has, and of the planes. */
typedef struct SmoothVifSlopes {
    double num, den;                   /* of each row's sum */
    const float *next_ref, *next_dist; /* NULL: zero */
    float *ref, *dist;                 /* made; ref may be NULL */
    /* Made on the way; NULL: not wanted. */
    const SmoothVifSums *sums;
} SmoothVifSlopes;

size_t smooth_vif_scratch_size(int w);

typedef void (*SmoothVifFn)(const SmoothVif *vif, const SmoothVifSums *sums);
typedef void (*SmoothVifSlopesFn)(const SmoothVif *vif,
                                  const SmoothVifSlopes *slopes);
/* In place, of slopes by `dist` that were made for a `num` of 1 and without a
 * next scale: times `num`, plus what `next_dist` says. */
typedef void (*SmoothVifFinishFn)(const SmoothVif *vif,
                                  const SmoothVifSlopes *slopes);

/* One axis of one scale of ADM, in samples of the whole input or its band. */
typedef struct SmoothAxis {
    int size;                 /* of the whole input */
    int first, held;          /* part of the input that the planes hold */
    int begin, end;           /* of the band: what is made */
    int pool_begin, pool_end; /* of the band: what is summed */
} SmoothAxis;

typedef struct SmoothAdm {
    const float *ref, *dist; /* rows.held x cols.held grey levels minus 128 */
    ptrdiff_t stride;        /* from row to row, also of the slopes; floats */
    SmoothAxis rows, cols;
    float weight[SMOOTH_BANDS]; /* contrast sensitivity */
    float gain_limit;
    int with_aim;
    void *scratch; /* smooth_adm_scratch_size() bytes */
} SmoothAdm;

/* Sums of cubes, one per orientation and row [pool_begin, pool_end). */
typedef struct SmoothAdmSums {
    double (*num)[SMOOTH_BANDS];
    double (*aim)[SMOOTH_BANDS]; /* 0 without aim */
    double (*den)[SMOOTH_BANDS];
    float *next_ref, *next_dist; /* low bands, rows and cols [begin, end) */
} SmoothAdmSums;

typedef struct SmoothAdmSlopes {
    float num[SMOOTH_BANDS], aim[SMOOTH_BANDS], den[SMOOTH_BANDS];
    const float *next_ref, *next_dist; /* NULL: zero */
    float *ref, *dist; /* added to, laid out as the planes; NULL: not wanted */
} SmoothAdmSlopes;

size_t smooth_adm_scratch_size(int cols);

typedef void (*SmoothAdmFn)(const SmoothAdm *adm, const SmoothAdmSums *sums);
typedef void (*SmoothAdmSlopesFn)(const SmoothAdm *adm,
                                  const SmoothAdmSlopes *slopes);

/* Motion: the mean is over absolute low-passed differences of two frames. */
typedef struct SmoothMotion {
    const float *earlier, *current; /* w x h */
    int w, h;                       /* each more than the radius */
    SmoothTaps taps;                /* of radius 2 */
    int row_begin, row_end;         /* rows to make */
    void *scratch;                  /* smooth_motion_scratch_size() bytes */
} SmoothMotion;

size_t smooth_motion_scratch_size(int w);

/* One sum per row of the frame. */
typedef void (*SmoothMotionFn)(const SmoothMotion *motion, double *sums);
/* The gradient by `current`, with `slope` that of each row's sum; the one by
 * `earlier` is its negative. */
typedef void (*SmoothMotionSlopesFn)(const SmoothMotion *motion, double slope,
                                     float *current);

typedef struct SmoothKernels {
    SmoothVifFn vif;
    SmoothVifSlopesFn vif_slopes;
    SmoothVifFinishFn vif_finish;
    SmoothAdmFn adm;
    SmoothAdmSlopesFn adm_slopes;
    SmoothMotionFn motion;
    SmoothMotionSlopesFn motion_slopes;
} SmoothKernels;

/* The kernels that were compiled for the n-th set of kernel_table_name_at();
 * kernel_set() says which is the best. */
const SmoothKernels *smooth_kernels_at(unsigned position);

#endif
