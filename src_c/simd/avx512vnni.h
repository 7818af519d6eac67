/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Vector operations on 512-bit registers, the 16-bit dot product by VNNI. */
#define SIMD_AVX512_DOT
#include "avx512.h"
