/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Vector operations on 256-bit registers: AVX2 and FMA. */
#ifndef SIMD_AVX2_H
#define SIMD_AVX2_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <immintrin.h>

#include "../kernel/scalar.h"
#include "region.h"

SIMD_REGION_BEGIN("avx2,fma,bmi,bmi2")

#endif
