/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A frame at work: the pair, the pictures of earlier frames, and one task for
 * each group of registrations that has to see it.
 */
#ifndef FRAME_H
#define FRAME_H

#include "context.h"

typedef struct Frame Frame;

typedef struct FramePair {
    const VmafPicture *ref, *dist;
    unsigned index;
    bool halo; /* seen, but not scored */
} FramePair;

/* Takes references of its own. NULL: no memory. Registrations that do not have to
 * see the frame are done with it. */
Frame *frame_new(VmafContext *ctx, const FramePair *pair);

/* Run the tasks that are left: all, or those that must run in order, on this
 * thread. All of them run; the error is that of the first registration that
 * fails, and its reason is this thread's last message. */
int frame_run(Frame *frame, bool in_order_only);
bool frame_is_done(const Frame *frame);
void frame_free(Frame *frame);

/* The same as a job of the workers, which frees the frame. */
void frame_run_job(void *frame);

#endif
