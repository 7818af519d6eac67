/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The smooth kernels of each kernel set, in the order of kernel/table.c. */
#include "kernel/sets.h"
#include "smooth.h"

#define DECLARE_SET(set, needed)                                               \
    extern const SmoothKernels smooth_kernels_##set;
KERNEL_SETS(DECLARE_SET)

#define POINTER(set, needed) &smooth_kernels_##set,
static const SmoothKernels *const sets[] = { KERNEL_SETS(POINTER) };

const SmoothKernels *smooth_kernels_at(unsigned position)
{
    return sets[position];
}
