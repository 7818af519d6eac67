/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One block of memory cut into pieces. A layout is a function that takes its
 * pieces from a Workspace; run over no memory it takes nothing and counts, so
 * that the size of a block always follows from its layout.
 */
#ifndef KERNEL_WORKSPACE_H
#define KERNEL_WORKSPACE_H

#include <stddef.h>
#include <stdint.h>
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

/* Memory for `size` bytes, aligned; NULL: there is none. What whole pages of two
 * megabytes lie in it are asked for in such, where the system has them: rows lie
 * in more small ones than a processor keeps the addresses of. The block itself
 * is not aligned to them: the C library would not keep it for the next context,
 * and fresh memory costs more than these pages save in a few frames. */
static inline void *workspace_reserve(size_t size)
{
    void *block = NULL;
    if (posix_memalign(&block, WORKSPACE_ALIGN, size))
        return NULL;
#ifdef MADV_HUGEPAGE
    const uintptr_t huge = (uintptr_t)1 << 21;
    const uintptr_t begin = ((uintptr_t)block + huge - 1) & ~(huge - 1);
    const uintptr_t end = ((uintptr_t)block + size) & ~(huge - 1);
    if (begin < end)
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* or not */
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
