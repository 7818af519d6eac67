/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Vector operations on 128-bit registers: NEON of arm64. */
#ifndef SIMD_NEON_H
#define SIMD_NEON_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arm_neon.h>

#include "../kernel/scalar.h"
#include "region.h"

SIMD_REGION_BEGIN("")

#endif
