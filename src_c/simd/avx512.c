/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The kernel set "avx512". */
#if defined(__x86_64__)

#include "avx512.h"

#include "../kernel/templates.h"

SIMD_KERNELS(avx512);

SIMD_REGION_END

#endif
