/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "ssim_tmpl.h"

const SsimKernels KERNEL_TABLE_NAME(ssim) = {
    .shrink = ssim_shrink_simd,
    .halve = ssim_halve_simd,
    .compare = ssim_compare_simd,
    .ordered = ssim_ordered_simd,
    .scratch_size = ssim_scratch_size,
};

SIMD_REGION_END
