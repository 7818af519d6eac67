/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which frames a registration is done with, and which of them have been settled:
 * frames complete in any order on any thread and are settled in order.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <pthread.h>

#include "frameset.h"
#include "pyvmaf/extractor.h"

typedef struct Progress {
    pthread_mutex_t lock;
    FrameSet done;
    bool begun;
    unsigned base; /* the first frame */
    unsigned next; /* the first one that is not settled */
    bool settling; /* a thread is at it */
    bool finished;
} Progress;

int progress_init(Progress *progress);
void progress_free(Progress *progress);

/* A frame is about to be worked on. Call in order of submission. */
void progress_submit(Progress *progress, unsigned index);
/* It is done, with success or not. -ENOMEM. */
int progress_done(Progress *progress, unsigned index);
bool progress_has(Progress *progress, unsigned index);

/* Frames to settle, for this thread to do now; false: none, or another thread is
 * at it and will take what has come meanwhile. */
bool progress_take(Progress *progress, PyvmafSpan *span);
void progress_settled(Progress *progress, const PyvmafSpan *span);
/* The last span, at the end of the run. */
PyvmafSpan progress_finish(Progress *progress);

/* Is everything known that the frame's scores need, when they need so many
 * frames after it? Frames before the first one need nothing. */
bool progress_is_final(Progress *progress, unsigned index, unsigned look_ahead);

#endif
