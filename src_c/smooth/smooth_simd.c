/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "smooth_tmpl.h"

const SmoothKernels KERNEL_TABLE_NAME(smooth) = SMOOTH_TABLE;

SIMD_REGION_END
