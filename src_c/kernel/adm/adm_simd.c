/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "adm_tmpl.h"

const AdmKernels KERNEL_TABLE_NAME(adm) = {
    .scale = adm_scale_simd,
    .scratch_size = adm_scratch_size_simd,
};

SIMD_REGION_END
