/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The memory of an instance: one block that a layout is cut from. */
#ifndef FEATURE_MEMORY_H
#define FEATURE_MEMORY_H

#include <stdlib.h>

#include "kernel/workspace.h"

/* The pieces of a state, taken in a fixed order. */
typedef void (*MemoryLayout)(void *state, Workspace *ws);

/* One block for all pieces, which the layout is then run over; NULL: no memory.
 * The caller frees it. */
static inline void *memory_alloc(MemoryLayout lay_out, void *state)
{
    Workspace ws = { NULL, 0 };
    lay_out(state, &ws);
    void *memory = workspace_alloc(ws.used);
    if (memory)
        lay_out(state, &(Workspace){ memory, 0 });
    return memory;
}

#endif
