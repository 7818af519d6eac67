/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "vif_tmpl.h"

const VifKernels KERNEL_TABLE_NAME(vif) = {
    .scale = vif_scale_simd,
    .log = vif_log_simd,
    .scratch_size = vif_scratch_size_simd,
};

SIMD_REGION_END
