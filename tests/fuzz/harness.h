/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a harness has: libFuzzer's entry points, and a way to take its bytes apart. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stddef.h>
#include <stdint.h>

/* Returns 0. Whatever the bytes are, it must not crash, leak or fail a CHECK. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Words that the driver puts into inputs; ends with NULL. Optional. */
extern const char *const *fuzz_words;

typedef struct Input {
    const uint8_t *data;
    size_t left;
} Input;

/* 0 when nothing is left. */
static inline unsigned input_byte(Input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->data++;
}

static inline unsigned input_below(Input *in, unsigned n)
{
    return input_byte(in) % n;
}

static inline unsigned input_word(Input *in)
{
    const unsigned high = input_byte(in);
    return high << 8 | input_byte(in);
}

/* Mostly small, at times up to 2^20, the memory of whose frames is small, or the
 * greatest there is. */
static inline unsigned input_number(Input *in)
{
    const unsigned first = input_byte(in);
    if (first == 255)
        return ~0u;
    if (first < 240)
        return first;
    return (first & 15) << 16 | input_word(in);
}

/* Up to `end`, which is stepped over, or all; cut to the room there is. */
static inline const char *input_text(Input *in, char *room, size_t size,
                                     char end)
{
    size_t len = 0;
    while (in->left) {
        const char c = (char)input_byte(in);
        if (c == end)
            break;
        if (len + 1 < size && c)
            room[len++] = c;
    }
    room[len] = '\0';
    return room;
}

#endif
