/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "motion_tmpl.h"

const MotionKernels KERNEL_TABLE_NAME(motion) = {
    .sad = motion_sad_simd,
    .scratch_size = motion_scratch_size_simd,
};

SIMD_REGION_END
