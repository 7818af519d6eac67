/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One block of memory cut into pieces. A layout is a function that takes its
 * pieces from a Workspace; run over no memory it takes nothing and counts, so
 * that the size of a block always follows from its layout.
 */
#ifndef KERNEL_WORKSPACE_H
#define KERNEL_WORKSPACE_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WORKSPACE_ALIGN 64

typedef struct Workspace {
    char *base;  /* aligned to WORKSPACE_ALIGN; NULL: count only */
    size_t used; /* bytes taken so far */
} Workspace;

static inline size_t workspace_align(size_t bytes)
{
    return (bytes + WORKSPACE_ALIGN - 1) & ~(size_t)(WORKSPACE_ALIGN - 1);
}

/* The next `bytes` bytes, aligned; NULL when only counting. */
static inline void *workspace_take(Workspace *ws, size_t bytes)
{
    char *piece = ws->base ? ws->base + ws->used : NULL;
    ws->used += workspace_align(bytes);
    return piece;
}

/* Memory for `size` bytes, aligned; NULL: there is none. A block of megabytes is
 * asked for in pages of that size, where the system has them: its rows lie in
 * more small ones than a processor keeps the addresses of. */
static inline void *workspace_reserve(size_t size)
{
    const size_t huge = (size_t)1 << 21;
    void *block = NULL;
    if (posix_memalign(&block, size < huge ? WORKSPACE_ALIGN : huge, size))
        return NULL;
#ifdef MADV_HUGEPAGE
    if (size >= huge)
        (void)madvise(block, size, MADV_HUGEPAGE); /* or not */
#endif
    return block;
}

/* A zeroed block for `bytes`; NULL: no memory. Kernels work on whole vectors, so
 * they read what lies behind their rows. No result depends on it, which tools
 * that look for undefined values cannot know. */
static inline void *workspace_alloc(size_t bytes)
{
    const size_t size = workspace_align(bytes);
    void *block = workspace_reserve(size);
    return block ? memset(block, 0, size) : NULL;
}

/* A block that grows to what is asked for, and then loses what was in it. */
typedef struct Scratch {
    void *memory;
    size_t size;
} Scratch;

/* NULL: no memory. */
static inline void *scratch_of(Scratch *scratch, size_t size)
{
    if (size > scratch->size) {
        free(scratch->memory);
        scratch->memory = workspace_alloc(size);
        scratch->size = scratch->memory ? size : 0;
    }
    return scratch->memory;
}

#endif
