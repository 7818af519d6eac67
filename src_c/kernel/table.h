/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Kernel sets: for each instruction set a struct of pointers to the tables of
 * the kernel modules. The choice is made here and nowhere else; what follows is
 * a call through a pointer.
 */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "modules.h"

#define KERNEL_FIELD(set, name, Table) const struct Table *name;

typedef struct KernelTable {
    const char *name;
    KERNEL_MODULES(KERNEL_FIELD, )
} KernelTable;

/* The best set that these CpuFlags allow. */
const KernelTable *kernel_table(unsigned cpu_flags);

/* The set of that name, or NULL when it is unknown or this processor lacks
 * it; for tests and benchmarks. */
const KernelTable *kernel_table_by_name(const char *name);

/* The n-th set that was compiled in, best first; NULL past the last. */
const char *kernel_table_name_at(unsigned position);

/* The position of the best set that these CpuFlags allow. */
unsigned kernel_set(unsigned cpu_flags);

#endif
