/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The kernel set "avx512vnni". */
#if defined(__x86_64__)

#include "avx512vnni.h"

#include "../kernel/templates.h"

SIMD_KERNELS(avx512vnni);

SIMD_REGION_END

#endif
