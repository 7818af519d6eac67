/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "rows.h"

#include <string.h>

#include "context.h"

#define MAX_PARTS 16

/* A part reads some rows of its neighbours again, VIF 16 of them, so it should
 * have several times as many of its own. */
#define MIN_ROWS 64

typedef struct Split {
    WorkerSplit base;
    const RowCall *call;
    int64_t sums[MAX_PARTS][ROWS_MAX_SUMS];
} Split;

/* Where part i begins: even, as kernels take rows in pairs. */
static unsigned bound(const Split *split, unsigned i)
{
    const size_t rows = split->call->rows;
    return (unsigned)(i < split->base.parts ? rows * i / split->base.parts & ~1u
                                            : rows);
}

static void run_part(WorkerSplit *base, unsigned part, void *scratch)
{
    Split *split = (Split *)base;
    const RowCall *call = split->call;
    const Rows rows = {
        .begin = bound(split, part),
        .end = bound(split, part + 1),
        .scratch = scratch,
    };
    memset(split->sums[part], 0, call->sum_cnt * sizeof(int64_t));
    call->run(call->call, &rows, split->sums[part]);
}

static unsigned most_parts(unsigned rows)
{
    const unsigned most = rows / MIN_ROWS;
    return most < 1 ? 1 : most > MAX_PARTS ? MAX_PARTS : most;
}

/* Sums wrap modulo 2^64, as those of some definitions do. */
void rows_sum(const VmafContext *context, const RowCall *call)
{
    Split split = {
        .base = {
            .run = run_part,
            .max_parts = most_parts(call->rows),
            .scratch_size = call->scratch_size,
            .scratch = call->scratch,
        },
        .call = call,
    };
    worker_split(context ? context->workers : NULL, &split.base);
    for (unsigned s = 0; s < call->sum_cnt; s++) {
        uint64_t sum = 0;
        for (unsigned part = 0; part < split.base.parts; part++)
            sum += (uint64_t)split.sums[part][s];
        call->sums[s] = (int64_t)sum;
    }
}
