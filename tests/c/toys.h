/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Small extractors that misbehave on demand, and shortcuts for the tests. */
#ifndef TOYS_H
#define TOYS_H

#include <stdio.h>
#include <stdlib.h>

#include <pyvmaf/extractor.h>
#include <pyvmaf/pyvmaf.h>

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__,            \
                    #condition, pyvmaf_last_message());                        \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

/* `toy`: publishes toy_value = index * toy_gain, with `debug` toy_debug too.
 * `toy_fail`: as toy, but fails at frames >= 3. `toy_init`: init fails.
 * `toy_temporal`: checks that frames come in order. `toy_prev`: publishes the
 * first sample of the two earlier references, -1 for none. `toy_slow`: takes
 * longer for earlier frames, publishes two names. `toy_many`: 300 names.
 * `toy_nosy`: calls its own context. */
void toys_register(void);

/* init() calls less close() calls */
int toys_live(void);

VmafContext *toys_context(unsigned n_threads, unsigned n_subsample);
/* A 4:2:0 picture of 64x64, all luma samples `value`. */
VmafPicture toys_picture(unsigned value);
/* Read one pair, whose reference is filled with `index`; on failure the
 * pictures are given back. */
int toys_read(VmafContext *ctx, unsigned index);
int toys_flush(VmafContext *ctx);
/* vmaf_use_feature() with one option; `key` NULL: none. */
int toys_use(VmafContext *ctx, const char *name, const char *key,
             const char *value);
/* The stored value; fails the test when there is none. */
double toys_score(VmafContext *ctx, const char *name, unsigned index);

#endif
