/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One number for an interval of frames. */
#ifndef POOLING_H
#define POOLING_H

#include <stdint.h>

#include "libvmaf/libvmaf.h"
#include "engine/collector.h"

/* The frames of [low, high] that subsampling keeps: all, or the multiples of
 * `n_subsample`. */
typedef struct PoolingRange {
    unsigned n_subsample, low, high;
} PoolingRange;

/* A column by the name that a caller knows it by. */
typedef struct PoolingColumn {
    const char *name;
    const CollectorColumn *column;
} PoolingColumn;

/* The first frame from `index` on that subsampling keeps; in 64 bits, so that
 * rounding up does not wrap. */
uint64_t pooling_on_grid(unsigned n_subsample, uint64_t index);

/* What any method needs, from one pass in index order. A NaN as the first
 * score stays in min and max, a later one is passed over there; both spoil the
 * means. */
typedef struct PoolingSums {
    unsigned cnt;
    double min, max;
    double sum;
    double sum_inverse; /* of 1 / (score + 1) */
} PoolingSums;

/* -EINVAL, without a log line, when a score is missing or the range is empty;
 * `*missing` is then the index, or UINT_MAX. */
int pooling_sum(Collector *collector, const CollectorColumn *column,
                const PoolingRange *range, PoolingSums *sums,
                unsigned *missing);
/* `method` is one of the four. */
double pooling_value(const PoolingSums *sums, enum VmafPoolingMethod method);

/* Both, and the reason of a failure logged; `name` is for that, `column` NULL
 * where nobody has scores. */
int pooling_pool(Collector *collector, const PoolingColumn *column,
                 enum VmafPoolingMethod method, const PoolingRange *range,
                 double *score);

#endif
