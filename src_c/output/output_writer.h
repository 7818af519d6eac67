/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the log formats share: which frames and columns to print, and how
 * numbers look. A format is a function that prints all of it; the file's error
 * state is looked at once, at the end.
 */
#ifndef OUTPUT_WRITER_H
#define OUTPUT_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/collector.h"
#include "output.h"
#include "model/pooling.h"

/* A column and the name that it is printed under. */
typedef struct OutputColumn {
    const char *name;
    const CollectorColumn *column;
} OutputColumn;

typedef struct OutputWriter {
    FILE *file;
    Collector *collector;
    OutputColumn *column; /* in log order */
    unsigned column_cnt;
    const OutputInfo *info;
    uint64_t next_frame;
} OutputWriter;

/* As text: a sign, 309 digits, the point and 16 decimals fit. */
typedef struct OutputNumber {
    char text[344];
} OutputNumber;

/* The pooled values of a log, in their order. */
enum { OUTPUT_POOL_CNT = 4 };
extern const struct OutputPool {
    const char *name;
    enum VmafPoolingMethod method;
} output_pools[OUTPUT_POOL_CNT];

/* Six decimals, or sixteen for a fraction that six would show as zero. */
OutputNumber output_number(double value);
/* Frame pairs a second, two decimals. */
double output_fps(const OutputWriter *w);
OutputNumber output_fps_number(double fps);

/* The next frame to print, from 0 up: on the subsampling grid and with at
 * least one score. */
bool output_next_frame(OutputWriter *w, unsigned *frame);
/* The next column from `*column` up with a score in that frame, which is moved
 * past it; NULL when there is none. */
const char *output_next_score(const OutputWriter *w, unsigned frame,
                              unsigned *column, double *value);
/* A column's alias, or its stored name; NULL past the last. */
const char *output_name(const OutputWriter *w, unsigned column);
/* false: a score is missing, so that column has no pooled values. */
bool output_pool(const OutputWriter *w, unsigned column, PoolingSums *sums);

void output_write_xml(OutputWriter *w);
void output_write_json(OutputWriter *w);
void output_write_csv(OutputWriter *w);
void output_write_sub(OutputWriter *w);

#endif
