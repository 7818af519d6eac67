/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CAMBI kernel contract: how visible the bands of one luma picture are.
 *
 * `contrast` measures one scale and makes the plane of the next one. A plane
 * holds samples of 10 bits, 0 to CAMBI_MAX_VALUE, with CAMBI_FLAT added to those
 * that lie in a flat area. That of scale 0 is made from the picture row by row as
 * it is needed. `top` is for the rare scale whose score is not the sum of all
 * its pixels, or depends on the order of summation.
 *
 * No byte outside the samples of the rows of a picture is read. Planes have room
 * for CAMBI_PAD samples before their first row and behind each of their rows;
 * what lies there may be read, and written behind rows of the call, but is of no
 * use. Nothing needs alignment.
 */
#ifndef KERNEL_CAMBI_H
#define KERNEL_CAMBI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

#define CAMBI_SCALES 5
#define CAMBI_FLAT 32768
#define CAMBI_PAD 64
#define CAMBI_MAX_VALUE 1024
#define CAMBI_VALUES 1025
#define CAMBI_MAX_STEPS 32
#define CAMBI_MAX_RADIUS 32
#define CAMBI_RECIPROCALS 4226

/* How the plane of scale 0 is made of a picture. */
typedef struct CambiPrepare {
    const void *picture;      /* bytes for 8-bit video, else uint16_t */
    ptrdiff_t picture_stride; /* bytes */
    unsigned bpc;             /* no sample has more bits */
    unsigned w, h;            /* working size */
    /* Where the w columns and h rows are taken from; NULL: the picture has the
     * working size. */
    const uint32_t *column, *row;
    bool average; /* over 2x2 samples */
    bool halve;   /* keep even rows and columns only, once all is done */
    /* In a flat area more than so many of the 7x7 samples around, those outside
     * not counted, equal their right and lower neighbours. */
    unsigned threshold;
} CambiPrepare;

/* The contrast of a pixel of a flat area with value v is the greatest, over
 * steps d = 1, ..., cnt that count at v, of
 *
 *     (weight[d] * n0 * n, rounded to binary32) * reciprocal[n0 + n]
 *
 * with n0 pixels of value v and n of v + d or v - d, whichever are more, in the
 * flat part of the window around it. */
typedef struct CambiSteps {
    unsigned cnt; /* 1 to CAMBI_MAX_STEPS, a power of two */
    /* Bit d - 1: step d counts at this value. */
    uint32_t counts[CAMBI_VALUES];
    /* No count of a value outside is looked up; low > high: none at all. */
    unsigned low, high;
} CambiSteps;

typedef struct CambiContrast {
    /* Of scale 0 alone: what the plane, w x h, is made from; `plane` is unused. */
    const CambiPrepare *prepare;
    const uint16_t *plane;
    ptrdiff_t stride; /* bytes */
    unsigned w, h;
    const CambiSteps *steps;
    unsigned radius; /* of the window, 0 to CAMBI_MAX_RADIUS */
    /* The even rows and columns of the filtered plane; NULL: not wanted. */
    uint16_t *next;
    ptrdiff_t next_stride; /* bytes */
    /* The contrasts, w * h of them; NULL: not wanted. */
    float *map;
} CambiContrast;

/* Over the pixels of the rows. Contrasts are multiples of 2^-24, so `sum`, in
 * units of that, adds over ranges; it is exact as long as it is below
 * CAMBI_EXACT_BITS bits, and otherwise not below either. */
#define CAMBI_EXACT_BITS 53
typedef struct CambiSums {
    int64_t sum;
    int64_t visible; /* pixels whose contrast is not 0 */
} CambiSums;

/* The sum of the `cnt` greatest of n > 0 values that are not negative, 0 < cnt
 * <= n, in the order in which the definition leaves them: a descending partition
 * at position `cnt`, in place. */
typedef double (*CambiTopFn)(float *value, size_t n, size_t cnt);

typedef struct CambiKernels {
    KernelFn contrast; /* const CambiContrast, CambiSums */
    CambiTopFn top;
    size_t (*scratch_size)(const CambiContrast *call);
} CambiKernels;

/* weight[d - 1] of step d. */
const int *cambi_weights(void);

/* What stands for 1/n in the definition, which has it printed with nine digits
 * and read back; the same table for every thread. */
const float *cambi_reciprocals(void);

#endif
