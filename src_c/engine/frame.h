/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A frame at work: the pair, the pictures of earlier frames, and one task for
 * each group of registrations that has to see it. Frames of several streams with
 * one reference are chained: they run together, on the workers of the first.
 */
#ifndef FRAME_H
#define FRAME_H

#include "context.h"

typedef struct Frame Frame;

typedef struct FramePair {
    const VmafPicture *ref, *dist;
    unsigned index;
    bool halo;            /* seen, but not scored */
    unsigned ref_checked; /* planes of the reference that were searched */
} FramePair;

/* Takes references of its own. NULL: no memory. Registrations that do not have to
 * see the frame are done with it. */
Frame *frame_new(VmafContext *ctx, const FramePair *pair);

/* Have `next` and what follows it follow `frame`, of another context. */
void frame_chain(Frame *frame, Frame *next);

/* Run the tasks of a chain that are left: all, or those that must run in order,
 * on this thread. All of them run, whatever fails. */
void frame_run(Frame *frame, bool in_order_only);
/* The error of the first registration that failed since this was asked, whose
 * reason becomes this thread's last message. */
int frame_take_error(Frame *frame);
/* Free the chain if all is done; else hand it to the workers. */
void frame_hand_over(Frame *frame, WorkerPool *workers);

/* The rest of a chain as a job of the workers, which frees it. */
void frame_run_job(void *frame);

#endif
