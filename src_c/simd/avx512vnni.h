/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Vector operations on 512-bit registers with the 16-bit dot product of VNNI. */
#ifndef SIMD_AVX512VNNI_H
#define SIMD_AVX512VNNI_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <immintrin.h>

#include "../kernel/scalar.h"
#include "region.h"

SIMD_REGION_BEGIN("avx2,fma,bmi,bmi2,avx512f,avx512dq,avx512cd,avx512bw,avx512vl,avx512vnni")

#endif
