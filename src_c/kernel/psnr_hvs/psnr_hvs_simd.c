/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "psnr_hvs.h"

#include "psnr_hvs_tmpl.h"
#include "psnr_hvs_tmpl_sum.h"

const PsnrHvsKernels KERNEL_TABLE_NAME(psnr_hvs) = {
    .terms = psnr_hvs_terms_simd,
    .sum = psnr_hvs_sum_simd,
    .scratch_size = psnr_hvs_scratch_size_simd,
};

SIMD_REGION_END
