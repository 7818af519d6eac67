/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * replay FILE: repeats recorded kernel calls with the kernels of REPLAY_SET and
 * compares sums and memory with what was recorded. tests/support/replay.py
 * writes the file and tells its format. Every block of memory of a call is
 * allocated by itself and as large as the contract says, for sanitizers to see
 * what is touched beside it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "kernel/modules.h"

enum { MAX_BLOCKS = 256, GARBAGE = 0xC3 };
#define SUMS_START ((int64_t)1 << 40)

#define JOIN(name, set) name##_kernels_##set
#define TABLE(name, set) JOIN(name, set)
#define DECLARE(set, name, Table) extern const struct Table TABLE(name, set);
#define ROW(set, name, Table) { #name, &TABLE(name, set) },
KERNEL_MODULES(DECLARE, REPLAY_SET)
DECLARE(REPLAY_SET, smooth, SmoothKernels)

static const struct {
    const char *name;
    const void *table;
} modules[] = { KERNEL_MODULES(ROW, REPLAY_SET)
                    ROW(REPLAY_SET, smooth, SmoothKernels) };

enum Access { READ, WRITE, SCRATCH };
enum Scratch { BYTES, OF_NUMBER, OF_CALL };

/* The words of a record, in the order of the file. */
typedef struct Head {
    char name[96], module[32];
    uint64_t kernel; /* offset in the module's table */
    uint64_t scratch_kind, scratch, scratch_argument;
    uint64_t rows, cut, sums;
    uint64_t shape; /* of the kernel: a KernelFn, or how many arguments */
    uint64_t argument[2], second[2], third; /* pointers: block, offset */
    uint64_t blocks, pointers;
} Head;

typedef struct BlockHead {
    uint64_t size, lead, access; /* lead: of the address past 64 bytes */
} BlockHead;

typedef struct PointerHead {
    uint64_t block, offset, target, target_offset;
} PointerHead;

/* Kernels of other shapes, which have no rows. */
typedef void (*Kernel2Fn)(const void *argument, void *second);
typedef void (*Kernel3Fn)(const void *argument, void *second, size_t third);

typedef struct Block {
    uint64_t size, access;
    unsigned char *memory, *allocated;
    const unsigned char *before, *after, *mask;
} Block;

static Block block[MAX_BLOCKS];

static void *allocate(size_t size)
{
    void *memory;
    if (posix_memalign(&memory, 64, size))
        exit(2);
    return memory;
}

/* The next bytes of the file, in whole words. */
static const void *take(const unsigned char **at, size_t bytes)
{
    const unsigned char *found = *at;
    *at += (bytes + 7) / 8 * 8;
    return found;
}

static void take_block(Block *b, const unsigned char **at)
{
    const BlockHead *head = take(at, sizeof(*head));
    b->size = head->size;
    b->access = head->access;
    if (b->access != SCRATCH)
        b->before = take(at, b->size);
    if (b->access == WRITE) {
        b->after = take(at, b->size);
        b->mask = take(at, b->size);
    }
    b->allocated = allocate(head->lead + b->size);
    b->memory = b->allocated + head->lead;
    if (b->access == SCRATCH)
        memset(b->memory, GARBAGE, b->size);
    else
        memcpy(b->memory, b->before, b->size);
}

static void set_pointers(const Head *head, const PointerHead *pointer)
{
    for (uint64_t i = 0; i < head->pointers; i++) {
        void *target =
            block[pointer[i].target].memory + pointer[i].target_offset;
        memcpy(block[pointer[i].block].memory + pointer[i].offset, &target,
               sizeof(target));
    }
}

static void *pointer_to(const uint64_t where[2])
{
    return block[where[0]].memory + where[1];
}

static const void *member(const void *table, uint64_t offset)
{
    return (const char *)table + offset;
}

static size_t scratch_size(const Head *head, const void *table,
                           const void *call)
{
    size_t (*of_number)(unsigned n);
    size_t (*of_call)(const void *call);
    switch (head->scratch_kind) {
    case OF_NUMBER:
        memcpy(&of_number, member(table, head->scratch), sizeof(of_number));
        return of_number((unsigned)head->scratch_argument);
    case OF_CALL:
        memcpy(&of_call, member(table, head->scratch), sizeof(of_call));
        return of_call(call);
    default: return head->scratch;
    }
}

static void run_rows(const Head *head, const void *table, unsigned begin,
                     unsigned end, int64_t *sums)
{
    const void *call = pointer_to(head->argument);
    const size_t size = scratch_size(head, table, call);
    KernelFn kernel;
    memcpy(&kernel, member(table, head->kernel), sizeof(kernel));
    Rows rows = { .begin = begin, .end = end };
    rows.scratch = allocate(size);
    memset(rows.scratch, GARBAGE, size);
    kernel(call, &rows, head->sums ? sums : NULL);
    free(rows.scratch);
}

static void run(const Head *head, const void *table, int64_t *sums)
{
    const unsigned rows = (unsigned)head->rows, third = rows / 3;
    if (head->shape == 2) {
        Kernel2Fn kernel;
        memcpy(&kernel, member(table, head->kernel), sizeof(kernel));
        kernel(pointer_to(head->argument), pointer_to(head->second));
    } else if (head->shape == 3) {
        Kernel3Fn kernel;
        memcpy(&kernel, member(table, head->kernel), sizeof(kernel));
        kernel(pointer_to(head->argument), pointer_to(head->second),
               head->third);
    } else if (head->cut) {
        run_rows(head, table, third, rows, sums);
        run_rows(head, table, 0, third, sums);
    } else {
        run_rows(head, table, 0, rows, sums);
    }
}

/* Inputs hold pointers of this process, so `mask` of what must stay is made of
 * the outputs only; that inputs stay is proven where they were recorded. */
static bool same(const Block *b)
{
    for (uint64_t i = 0; b->access == WRITE && i < b->size; i++)
        if ((b->memory[i] ^ b->after[i]) & b->mask[i])
            return false;
    return true;
}

/* Whether the call differs; moves on to the next one. */
static bool replay(const unsigned char **at)
{
    const Head *head = take(at, sizeof(*head));
    const int64_t *want = take(at, head->sums * sizeof(*want));
    const void *table = NULL;
    bool differs = false;
    int64_t *sums = malloc((head->sums + 1) * sizeof(*sums));
    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
        if (!strcmp(modules[i].name, head->module))
            table = modules[i].table;
    for (uint64_t i = 0; i < head->blocks; i++)
        take_block(&block[i], at);
    set_pointers(head, take(at, head->pointers * sizeof(PointerHead)));
    for (uint64_t i = 0; i < head->sums; i++)
        sums[i] = SUMS_START;
    run(head, table, sums);
    for (uint64_t i = 0; i < head->sums; i++)
        differs |= sums[i] - SUMS_START != want[i];
    for (uint64_t i = 0; i < head->blocks; i++)
        differs |= !same(&block[i]);
    for (uint64_t i = 0; i < head->blocks; i++)
        free(block[i].allocated);
    free(sums);
    if (differs)
        printf("%s differs\n", head->name);
    return differs;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END))
        return 2;
    size_t size = (size_t)ftell(file), calls = 0, differing = 0;
    unsigned char *all = allocate(size);
    rewind(file);
    if (fread(all, 1, size, file) != size)
        return 2;
    fclose(file);
    for (const unsigned char *at = all; at < all + size; calls++)
        differing += replay(&at);
    printf("%zu of %zu calls differ\n", differing, calls);
    free(all);
    return differing || !calls;
}
