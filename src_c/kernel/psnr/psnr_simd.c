/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "psnr_tmpl.h"

const PsnrKernels KERNEL_TABLE_NAME(psnr) = {
    .sse = psnr_sse_simd,
};

SIMD_REGION_END
