/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Vector operations on 512-bit registers: AVX-512 F, DQ, CD, BW, VL. */
#ifndef SIMD_AVX512_H
#define SIMD_AVX512_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <immintrin.h>

#include "../kernel/scalar.h"
#include "region.h"

SIMD_REGION_BEGIN("avx2,fma,bmi,bmi2,avx512f,avx512dq,avx512cd,avx512bw,avx512vl")

#endif
