/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "pooling.h"

#include <errno.h>
#include <limits.h>
#include <math.h>

#include "engine/log.h"

uint64_t pooling_on_grid(unsigned n_subsample, uint64_t index)
{
    return (index + n_subsample - 1) / n_subsample * n_subsample;
}

static void pooling_add(PoolingSums *s, double score)
{
    if (!s->cnt || score < s->min)
        s->min = score;
    if (!s->cnt || score > s->max)
        s->max = score;
    s->sum += score;
    s->sum_inverse += 1 / (score + 1);
    s->cnt++;
}

/* The first frame of the range without a score; there is one. */
static unsigned pooling_find_missing(Collector *collector,
                                     const CollectorColumn *column,
                                     const unsigned range[3])
{
    double unused;
    unsigned i = range[0];
    while (!collector_get(collector, column, &unused, i))
        i += range[2];
    return i;
}

enum { CHUNK = 512 };

int pooling_sum(Collector *collector, const CollectorColumn *column,
                const PoolingRange *range, PoolingSums *sums, unsigned *missing)
{
    const unsigned step = range->n_subsample;
    uint64_t i = pooling_on_grid(step, range->low);
    PoolingSums s = { 0 };
    double score[CHUNK];
    while (i <= range->high) {
        const uint64_t left = (range->high - i) / step + 1;
        const unsigned cnt = left < CHUNK ? (unsigned)left : CHUNK;
        const uint64_t last = i + (uint64_t)(cnt - 1) * step;
        const unsigned part[3] = { (unsigned)i, (unsigned)last, step };
        if (collector_read(collector, column, part, score) < cnt) {
            *missing = pooling_find_missing(collector, column, part);
            return -EINVAL;
        }
        for (unsigned k = 0; k < cnt; k++)
            pooling_add(&s, score[k]);
        i = last + step;
    }
    *missing = UINT_MAX;
    *sums = s;
    return s.cnt ? 0 : -EINVAL;
}

double pooling_value(const PoolingSums *sums, enum VmafPoolingMethod method)
{
    switch (method) {
    case VMAF_POOL_METHOD_MIN: return sums->min;
    case VMAF_POOL_METHOD_MAX: return sums->max;
    case VMAF_POOL_METHOD_MEAN: return sums->sum / sums->cnt;
    case VMAF_POOL_METHOD_HARMONIC_MEAN:
        return sums->cnt / sums->sum_inverse - 1;
    default: return NAN;
    }
}

int pooling_pool(Collector *collector, const PoolingColumn *column,
                 enum VmafPoolingMethod method, const PoolingRange *range,
                 double *score)
{
    PoolingSums sums;
    unsigned missing;
    const char *const name = column->name;
    const int err =
        pooling_sum(collector, column->column, range, &sums, &missing);
    if (!err)
        *score = pooling_value(&sums, method);
    else if (missing != UINT_MAX)
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "cannot pool \"%s\" over frames %u to "
                 "%u: no score at index %u",
                 name, range->low, range->high, missing);
    else
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "cannot pool \"%s\": no frame from %u "
                 "to %u is a multiple of the subsampling, %u",
                 name, range->low, range->high, range->n_subsample);
    return err;
}
