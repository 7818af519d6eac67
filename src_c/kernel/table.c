/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The only place where an instruction set is chosen. */
#include "table.h"

#include <string.h>

#include "../cpu.h"

extern const KernelTable kernels_scalar, kernels_avx2, kernels_avx512,
    kernels_avx512vnni, kernels_neon;

/* Best first. A set is used when all its flags are there; instruction sets
 * that this build's target cannot have are left out. */
static const struct {
    unsigned flags;
    const KernelTable *table;
} sets[] = {
#if defined(__x86_64__)
    { CPU_AVX512 | CPU_AVX512ICL, &kernels_avx512vnni },
    { CPU_AVX512, &kernels_avx512 },
    { CPU_AVX2, &kernels_avx2 },
#elif defined(__aarch64__)
    { CPU_NEON, &kernels_neon },
#endif
    { 0, &kernels_scalar },
};

enum { SET_CNT = sizeof(sets) / sizeof(sets[0]) };

const KernelTable *kernel_table(unsigned cpu_flags)
{
    unsigned i = 0;
    while ((sets[i].flags & cpu_flags) != sets[i].flags)
        i++;
    return sets[i].table;
}

const KernelTable *kernel_table_by_name(const char *name)
{
    unsigned have = cpu_flags(0);
    for (unsigned i = 0; i < SET_CNT; i++)
        if (!strcmp(sets[i].table->name, name))
            return (sets[i].flags & have) == sets[i].flags ? sets[i].table
                                                           : NULL;
    return NULL;
}

const char *kernel_table_name_at(unsigned position)
{
    return position < SET_CNT ? sets[position].table->name : NULL;
}
