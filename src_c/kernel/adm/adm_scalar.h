/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the two files of the plain ADM kernel share. */
#ifndef KERNEL_ADM_SCALAR_H
#define KERNEL_ADM_SCALAR_H

#include "adm_plan.h"

enum { REF, DIST };

/* What the two pooling passes need of one signal (the kept detail R or the
 * added impairment A) of one variant. Columns count from the work window. */
typedef struct AdmSignal {
    uint32_t *size[2][3]; /* |x|, this row and the one before */
    uint32_t *sum[3];     /* neighbour weights of all orientations, 3 rows */
    uint32_t *middle[2];  /* centre weights, likewise */
} AdmSignal;

typedef struct AdmScalar {
    const AdmScale *in;
    AdmPlan plan;
    unsigned cols;       /* of the work window */
    int16_t *line[2][4]; /* scale 0: centred input rows, modulo 4 */
    unsigned next_line;
    int32_t *down[2];          /* vertically filtered row, low and high */
    int16_t *odd[2], *even[2]; /* the same, parted, at scale 0 */
    int32_t *wide;             /* low band of a row before it is narrowed */
    int32_t *band[2][3];       /* high bands of one row, work window */
    int32_t *restored[3];      /* R before the gain limit */
    uint8_t *aligned;          /* angle flag */
    int32_t *split[2];         /* R and A of one orientation */
    uint32_t *threshold;
    AdmSignal signal[ADM_MAX_VARIANTS][2];
} AdmScalar;

/* Makes the bands of one row: stores the low ones, leaves the work window of the
 * high ones in `band`. Rows come in order. */
void adm_scalar_wavelet(AdmScalar *a, unsigned row);

#endif
