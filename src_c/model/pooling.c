/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "pooling.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>

#include "engine/log.h"

int pooling_sum(Collector *collector, const char *name,
                const PoolingRange *range, PoolingSums *sums, unsigned *missing)
{
    const unsigned step = range->n_subsample > 1 ? range->n_subsample : 1;
    /* 64 bits: neither rounding up nor the last step wraps. */
    uint64_t i = ((uint64_t)range->low + step - 1) / step * step;
    PoolingSums s = { 0 };

    for (; i <= range->high; i += step) {
        double score;
        *missing = (unsigned)i;
        if (collector_get(collector, name, &score, *missing))
            return -EINVAL;
        if (!s.cnt || score < s.min)
            s.min = score;
        if (!s.cnt || score > s.max)
            s.max = score;
        s.sum += score;
        s.sum_inverse += 1 / (score + 1);
        s.cnt++;
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

int pooling_pool(Collector *collector, const char *name,
                 enum VmafPoolingMethod method, const PoolingRange *range,
                 double *score)
{
    PoolingSums sums;
    unsigned missing;
    const int err = pooling_sum(collector, name, range, &sums, &missing);
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
