/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "speed_tmpl.h"

const SpeedKernels KERNEL_TABLE_NAME(speed) = {
    .decimate = speed_decimate,
    .model = speed_model,
    .decimate_scratch_size = speed_decimate_scratch_size,
    .model_scratch_size = speed_model_scratch_size,
};

SIMD_REGION_END
