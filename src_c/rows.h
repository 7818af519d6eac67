/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The rows of a kernel call, cut among threads that have nothing else to do.
 *
 * With at least as many frames in work as threads, a call stays whole; with
 * fewer, say a single 4K frame, each idle worker takes a range of the rows.
 * Kernels return integer sums that add up over ranges, so the cut, which
 * depends on who is idle, cannot be seen in the result.
 */
#ifndef ROWS_H
#define ROWS_H

#include "../include/pyvmaf/extractor.h"

#define ROWS_MAX_PARTS 16

/* Rows [begin, end) of the call; `scratch` is this thread's. */
typedef struct RowRange {
    unsigned part, begin, end;
    void *scratch;
} RowRange;

typedef struct RowCall {
    unsigned rows;
    size_t scratch_size; /* that any range needs, aligned to 64 bytes */
    void *scratch;       /* the calling thread's */
    /* Handles one range: no failing, no logging, nothing shared written but
     * what belongs to the part and its rows. */
    void (*run)(void *arg, const RowRange *range);
    void *arg;
} RowCall;

/* Run ranges that cover [0, rows), in any order and at once; returns how many
 * parts there were, 1 to ROWS_MAX_PARTS. `context` is VmafExtractorInit's. */
unsigned rows_run(const VmafContext *context, const RowCall *call);

#endif
