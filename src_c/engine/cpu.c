/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which instruction sets the processor and the operating system support. */
#include "cpu.h"

#if defined(__x86_64__)

/* The compiler's run-time library checks cpuid and, through xgetbv, that the
 * operating system saves the wide registers. */
static unsigned detect(void)
{
    unsigned flags = CPU_SSE2;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("ssse3"))
        flags |= CPU_SSSE3;
    if (__builtin_cpu_supports("sse4.1"))
        flags |= CPU_SSE41;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
        flags |= CPU_AVX2;
    if ((flags & CPU_AVX2) && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl"))
        flags |= CPU_AVX512;
    if ((flags & CPU_AVX512) && __builtin_cpu_supports("avx512vnni"))
        flags |= CPU_AVX512ICL;
    return flags;
}

#elif defined(__aarch64__)

static unsigned detect(void)
{
    return CPU_NEON; /* part of the base architecture */
}

#else

static unsigned detect(void)
{
    return 0;
}

#endif

unsigned cpu_flags(uint64_t mask)
{
    return detect() & ~(unsigned)mask;
}
