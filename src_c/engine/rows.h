/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The rows of a kernel call, cut among threads that have nothing else to do.
 *
 * With at least as many frames in work as threads, a call stays whole; with
 * fewer, say a single 4K frame, each idle worker takes a range of the rows.
 * Sums are integers that add up over ranges, so the cut, which depends on who
 * is idle, cannot be seen in the result.
 */
#ifndef ROWS_H
#define ROWS_H

#include "kernel/kernel.h"
#include "libvmaf/libvmaf.h"

/* Most sums that a kernel has. */
#define ROWS_MAX_SUMS 320

typedef struct RowCall {
    KernelFn run;
    const void *call;    /* the kernel's */
    unsigned rows;       /* [0, rows) are computed */
    size_t scratch_size; /* bytes that any range of them needs */
    void *scratch;       /* the calling thread's, aligned to 64 bytes */
    int64_t *sums;       /* set to the sums of all rows */
    unsigned sum_cnt;    /* at most ROWS_MAX_SUMS; 0: the kernel has none */
} RowCall;

/* Compute all rows. `context` is PyvmafExtractorInit's; NULL: do not cut. */
void rows_sum(const VmafContext *context, const RowCall *call);

#endif
