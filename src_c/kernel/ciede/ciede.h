/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CIEDE2000 kernel contract: the colour difference of every pixel of a range of
 * rows, and the sum of these differences.
 *
 * The definition adds the differences of a frame, binary32 each, to one
 * binary64 total in raster order. So the rows' differences are kept, which may
 * be computed in any order, and a second kernel adds them up. Pixels of one
 * colour differ by +0, which changes no total, and are left out.
 *
 * Reads no byte outside the planes.
 */
#ifndef KERNEL_CIEDE_H
#define KERNEL_CIEDE_H

#include "kernel/kernel.h"

#define CIEDE_LEVELS 256
#define CIEDE_PAIRS 65536

/* Lab coordinates, and the chroma hypot(a, b). */
typedef struct CiedeColour {
    float l, a, b, chroma;
} CiedeColour;

typedef struct CiedePicture {
    const void *plane[3]; /* bytes for 8-bit video, else uint16_t */
    ptrdiff_t stride[3];  /* bytes */
} CiedePicture;

/* Rows [begin, end) of a band of the picture that starts at `first_row`. */
typedef struct CiedeDelta {
    CiedePicture ref, dist;
    unsigned w;                  /* of luma */
    unsigned bpc;                /* 8..16 */
    unsigned chroma_w, chroma_h; /* at least 1 each; past them, the last one */
    unsigned shift_x, shift_y;   /* luma positions to chroma's */
    unsigned first_row;
    /* 8-bit video: the CIEDE_LEVELS colours of the chroma pair cb | cr << 8,
     * filled for all pairs of the frame; NULL: colours are computed. */
    const CiedeColour *const *pairs;
    /* Out, for row y of the band: the differences of the cnt[y] pixels whose
     * samples differ, in order, from delta + y * stride on. What follows
     * them up to ciede_stride(w) may be overwritten. */
    float *delta;
    size_t stride; /* at least ciede_stride(w) */
    unsigned *cnt;
} CiedeDelta;

/* Colours of luma levels [begin, end) beside one chroma pair of 8-bit video. */
typedef struct CiedeShades {
    unsigned cb, cr;
    CiedeColour *colour; /* CIEDE_LEVELS */
} CiedeShades;

/* Add the differences of a band to the total; all rows in one call. */
typedef struct CiedeSum {
    const float *delta;
    size_t stride;
    const unsigned *cnt;
    double *total;
} CiedeSum;

typedef struct CiedeKernels {
    KernelFn delta;                     /* CiedeDelta */
    KernelFn shades;                    /* CiedeShades */
    KernelFn sum;                       /* CiedeSum */
    size_t (*scratch_size)(unsigned w); /* for rows of w pixels */
} CiedeKernels;

/* Differences that a row has room for. */
size_t ciede_stride(unsigned w);

#endif
