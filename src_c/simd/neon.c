/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The kernel set "neon". */
#if defined(__aarch64__)

#include "neon.h"

#include "../kernel/templates.h"

SIMD_KERNELS(neon);

SIMD_REGION_END

#endif
