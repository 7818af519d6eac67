/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The only place where an instruction set is chosen. */
#include "table.h"

#include <string.h>

#include "sets.h"

#define DECLARE(set, name, Table)                                              \
    extern const struct Table name##_kernels_##set;
#define DECLARE_SET(set, needed) KERNEL_MODULES(DECLARE, set)
KERNEL_SETS(DECLARE_SET)

#define POINTER(set, name, Table) .name = &name##_kernels_##set,
#define ROW(set, needed) { needed, { #set, KERNEL_MODULES(POINTER, set) } },
static const struct {
    unsigned needed;
    KernelTable table;
} sets[] = { KERNEL_SETS(ROW) };

enum { SET_CNT = sizeof(sets) / sizeof(sets[0]) };

unsigned kernel_set(unsigned cpu_flags)
{
    unsigned i = 0;
    while ((sets[i].needed & cpu_flags) != sets[i].needed)
        i++;
    return i;
}

const KernelTable *kernel_table(unsigned cpu_flags)
{
    return &sets[kernel_set(cpu_flags)].table;
}

const KernelTable *kernel_table_by_name(const char *name)
{
    unsigned have = cpu_flags(0);
    for (unsigned i = 0; i < SET_CNT; i++)
        if (!strcmp(sets[i].table.name, name))
            return (sets[i].needed & have) == sets[i].needed ? &sets[i].table
                                                             : NULL;
    return NULL;
}

const char *kernel_table_name_at(unsigned position)
{
    return position < SET_CNT ? sets[position].table.name : NULL;
}
