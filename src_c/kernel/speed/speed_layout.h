/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What every SpEED kernel knows: its scratch memory. */
#ifndef KERNEL_SPEED_LAYOUT_H
#define KERNEL_SPEED_LAYOUT_H

#include "kernel/workspace.h"
#include "speed.h"

/* log2(2 pi e), twice the entropy of a Gaussian of variance 1. */
#define SPEED_LOG_2PIE 0x1.06073a671183dp+2

/* A row's samples beyond its ends. */
#define SPEED_ROOM 16

/* Columns of a matrix in memory: cells rounded up to whole vectors. */
#define SPEED_PADDED 32

/* Scratch of decimate: some rows of the source, and of what is low-passed
 * downwards only. */
typedef struct SpeedRows {
    float *source[SPEED_MAX_REACH];
    float *down;
} SpeedRows;

/* Scratch of model. */
typedef struct SpeedWork {
    float *plane;   /* less its mean */
    float *smooth;  /* the mean, downwards only, with room for its taps */
    double *offset; /* cells of each position of a row, less their means */
    float *blocks;  /* a column for each block */
    float *solved;  /* inverse covariance times blocks */
} SpeedWork;

void speed_lay_out_rows(SpeedRows *rows, const SpeedDecimate *d, Workspace *ws);
/* Of one plane; there is room for that of each plane of a call. */
void speed_lay_out(SpeedWork *work, const SpeedModel *m, Workspace *ws);

/* For every kernel set. */
size_t speed_decimate_scratch_size(const SpeedDecimate *call);
size_t speed_model_scratch_size(const SpeedModel *call);

#endif
