/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A few places for blocks, shared by all contexts, as a picture belongs to none.
 * Whoever exchanges a place's pointer owns what it held, so there is no lock,
 * and none that a fork could leave closed.
 */
#include "picture_block.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Ahead of the memory that is handed out. */
typedef struct Block {
    _Alignas(PICTURE_BLOCK_ALIGN) size_t size;
} Block;

static _Atomic(Block *) kept[PICTURE_BLOCKS_KEPT];
static atomic_uint contexts, turn;

static Block *take_kept(size_t size)
{
    for (unsigned i = 0; i < PICTURE_BLOCKS_KEPT; i++) {
        Block *block = atomic_exchange(&kept[i], NULL);
        if (block && block->size == size)
            return block;
        if (block) /* of another size: back, or away if the place is taken */
            free(atomic_exchange(&kept[i], block));
    }
    return NULL;
}

static void free_kept(void)
{
    for (unsigned i = 0; i < PICTURE_BLOCKS_KEPT; i++)
        free(atomic_exchange(&kept[i], NULL));
}

void *picture_block_take(size_t size)
{
    void *fresh = NULL;
    if (size > SIZE_MAX - sizeof(Block))
        return NULL;
    Block *block = take_kept(size);
    if (!block) {
        if (posix_memalign(&fresh, PICTURE_BLOCK_ALIGN, sizeof(Block) + size))
            return NULL;
        block = fresh;
        block->size = size;
    }
    return memset(block + 1, 0, size);
}

void picture_block_give(void *memory)
{
    Block *block = (Block *)memory - 1;
    if (block->size > PICTURE_BLOCK_KEPT_SIZE || !atomic_load(&contexts)) {
        free(block);
        return;
    }
    for (unsigned i = 0; i < PICTURE_BLOCKS_KEPT; i++) {
        Block *none = NULL;
        if (atomic_compare_exchange_strong(&kept[i], &none, block)) {
            block = NULL;
            break;
        }
    }
    /* All places are taken, perhaps by sizes that nobody asks for any more. */
    if (block)
        free(atomic_exchange(
            &kept[atomic_fetch_add(&turn, 1) % PICTURE_BLOCKS_KEPT], block));
    if (!atomic_load(&contexts)) /* the last one closed meanwhile */
        free_kept();
}

void picture_block_keep(void)
{
    atomic_fetch_add(&contexts, 1);
}

void picture_block_drop(void)
{
    if (atomic_fetch_sub(&contexts, 1) == 1)
        free_kept();
}
