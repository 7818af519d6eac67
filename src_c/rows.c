/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "rows.h"

#include "context.h"

/* A part reads some rows of its neighbours again, VIF 16 of them, so it should
 * have several times as many of its own. */
#define MIN_ROWS 64

typedef struct Split {
    WorkerSplit base;
    const RowCall *call;
} Split;

/* Where part i begins: even, as kernels take rows in pairs. */
static unsigned bound(const Split *split, unsigned i)
{
    const size_t rows = split->call->rows;
    return (unsigned)(i < split->base.parts ? rows * i / split->base.parts & ~1u
                                            : rows);
}

static void run(WorkerSplit *base, unsigned part, void *scratch)
{
    const Split *split = (const Split *)base;
    const RowRange range = {
        .part = part,
        .begin = bound(split, part),
        .end = bound(split, part + 1),
        .scratch = scratch,
    };
    split->call->run(split->call->arg, &range);
}

unsigned rows_run(const VmafContext *context, const RowCall *call)
{
    const unsigned most = call->rows / MIN_ROWS;
    Split split = {
        .base = {
            .run = run,
            .max_parts = most < 1                ? 1
                         : most > ROWS_MAX_PARTS ? ROWS_MAX_PARTS
                                                 : most,
            .scratch_size = call->scratch_size,
            .scratch = call->scratch,
        },
        .call = call,
    };
    worker_split(context ? context->workers : NULL, &split.base);
    return split.base.parts;
}
