/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One number for an interval of frames. */
#ifndef POOLING_H
#define POOLING_H

#include "../include/libvmaf/libvmaf.h"
#include "collector.h"

/* Pool a stored series over the frames of [low, high] that subsampling keeps. */
int pooling_pool(Collector *collector, const char *name,
                 enum VmafPoolingMethod method, unsigned n_subsample,
                 unsigned low, unsigned high, double *score);

#endif
