/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Reading a frame: one context's pair, or those of several with one reference. */
#ifndef READ_H
#define READ_H

#include "frame.h"

/* One context's part in it; whoever asks sets the first two. */
typedef struct Reading {
    VmafContext *ctx;
    FramePair pair;
    Frame *frame; /* NULL: the pair was refused */
    int err;      /* the context's answer, and why */
    char reason[1024];
} Reading;

/* Read the pairs, with ctx->api of all locked. Their frames run on the workers
 * of the first, or on this thread if it has none. */
void reading_run(Reading *reading, unsigned cnt);

/* Does the context still take frames? -EINVAL and a logged reason. */
int reading_check(const VmafContext *ctx, const char *call);

#endif
