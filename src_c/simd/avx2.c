/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The kernel set "avx2". */
#if defined(__x86_64__)

#include "avx2.h"

#include "../kernel/templates.h"

SIMD_KERNELS(avx2);

SIMD_REGION_END

#endif
