/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The kernel sets that this build's target can have, best first, each with the
 * CpuFlags that it needs. The plain one needs none.
 */
#ifndef KERNEL_SETS_H
#define KERNEL_SETS_H

#include "engine/cpu.h"

#if defined(__x86_64__)
#define KERNEL_SETS(S)                                                         \
    S(avx512vnni, CPU_AVX512 | CPU_AVX512ICL)                                  \
    S(avx512, CPU_AVX512)                                                      \
    S(avx2, CPU_AVX2)                                                          \
    S(scalar, 0)
#elif defined(__aarch64__)
#define KERNEL_SETS(S)                                                         \
    S(neon, CPU_NEON)                                                          \
    S(scalar, 0)
#else
#define KERNEL_SETS(S) S(scalar, 0)
#endif

#endif
