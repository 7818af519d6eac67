/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Instruction sets of this processor, in the bits of libvmaf's cpumask. */
#ifndef CPU_H
#define CPU_H

#include <stdint.h>

enum CpuFlags {
    CPU_SSE2 = 1, /* NEON on arm64 has the same bit */
    CPU_NEON = 1,
    CPU_SSSE3 = 2,
    CPU_SSE41 = 4,
    CPU_AVX2 = 8,    /* with FMA, BMI1, BMI2 and the OS saving YMM */
    CPU_AVX512 = 16, /* also F, DQ, CD, BW, VL and the OS saving ZMM */
    /* Also VNNI. libvmaf asks for all that Ice Lake has; the kernels here need
     * no more than this, which Cascade Lake has too. */
    CPU_AVX512ICL = 32,
};

/* What the processor has and the mask leaves (a set bit switches a set off). */
unsigned cpu_flags(uint64_t mask);

#endif
