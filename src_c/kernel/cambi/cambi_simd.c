/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "cambi_tmpl.h"

const CambiKernels KERNEL_TABLE_NAME(cambi) = {
    .contrast = cambi_contrast,
    .top = cambi_top,
    .scratch_size = cambi_scratch_size,
};

SIMD_REGION_END
