/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Memory of pictures, used again: a fresh block costs a page fault for every
 * 4 KB. While a context is open, some of the blocks that are given up are kept
 * for the next pictures of their size.
 */
#ifndef PICTURE_BLOCK_H
#define PICTURE_BLOCK_H

#include <stddef.h>

/* Alignment of a block: the widest vector and a cache line. */
#define PICTURE_BLOCK_ALIGN 64

/* Kept at once: a pair that comes and one that goes. Blocks larger than the
 * limit, which takes 4K of 10 bits, are not. */
#define PICTURE_BLOCKS_KEPT 4
#define PICTURE_BLOCK_KEPT_SIZE ((size_t)32 << 20)

/* Zeroed memory, or NULL. */
void *picture_block_take(size_t size);
void picture_block_give(void *block);

/* A context is open, or no more: with the last one go the blocks. */
void picture_block_keep(void);
void picture_block_drop(void);

#endif
