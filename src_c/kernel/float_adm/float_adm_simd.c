/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "float_adm.h"

const FloatAdmKernels KERNEL_TABLE_NAME(float_adm) = { 0 };

SIMD_REGION_END
