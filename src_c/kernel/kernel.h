/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The one shape of a kernel: a call that says what to compute, the rows of it
 * to compute now, and integer sums to add to.
 *
 * Sums are 64-bit integers (signed or unsigned, the bits are the same), so that
 * a call may be cut at any rows and the parts may run in any order: nothing of
 * that shows in the result. A kernel that fills planes only has no sums. A
 * kernel with floating-point results writes one partial result per row into an
 * array of its call, and the extractor adds them in the order of rows.
 *
 * Kernels have no state, allocate nothing, cannot fail and log nothing.
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

typedef struct Rows {
    unsigned begin, end;
    void *scratch; /* the running thread's, aligned to 64 bytes */
} Rows;

/* `call` is the struct that the kernel's contract names; threads share it. */
typedef void (*KernelFn)(const void *call, const Rows *rows, int64_t *sums);

#endif
