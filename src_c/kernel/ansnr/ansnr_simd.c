/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "ansnr_tmpl.h"

const AnsnrKernels KERNEL_TABLE_NAME(ansnr) = {
    .rows = ansnr_rows_simd,
    .scratch_size = ansnr_scratch_size,
};

SIMD_REGION_END
