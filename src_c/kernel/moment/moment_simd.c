/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "moment_tmpl.h"

const MomentKernels KERNEL_TABLE_NAME(moment) = {
    .moments = moment_moments_simd,
    .errors = moment_errors_simd,
};

SIMD_REGION_END
