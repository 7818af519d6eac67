/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a context holds. context.c makes it and registers, read.c takes frames
 * and the flush, frame.c runs them, settled.c and query.c answer.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "libvmaf/libvmaf.h"
#include "collector.h"
#include "failure.h"
#include "registration.h"
#include "retained.h"
#include "settled.h"
#include "worker.h"

struct ModelBinding;

struct VmafContext {
    VmafConfiguration cfg;
    pthread_mutex_t api;     /* calls that change the context */
    pthread_mutex_t predict; /* predictions are looked up, made and stored */
    struct ModelBinding *binding; /* models that have predicted, with predict */
    Collector *collector;
    WorkerPool *workers; /* NULL: everything runs on the caller's thread */
    /* In order of registration; changed with settled.lock held too. */
    Registration **reg;
    unsigned reg_cnt, reg_capacity;
    /* Of the first reference picture. */
    atomic_bool has_geometry;
    PyvmafExtractorInit geometry;
    atomic_uint first_index; /* of the first pair passed in */
    atomic_uint picture_cnt; /* pairs passed in */
    atomic_uint read_cnt;    /* pairs taken */
    bool flushed;
    bool has_read;       /* pictures, of halos too */
    bool trusts_samples; /* pictures are not searched for too large ones */
    unsigned reads_ref, reads_dist; /* enum PyvmafPlanes, of all extractors */
    HaloFrames halo;
    FrameSet restored; /* frames whose scores were restored */
    Retained retained;
    atomic_uint first_failed; /* frame; UINT_MAX: none */
    atomic_bool abandoned;    /* frames that no worker has begun are dropped */
    Failure failure;          /* of frames */
    Failure unsettled;        /* of what was published as they settled */
    Settled settled;
};

/* Mark this thread as working for `ctx` (or NULL) and tell for whom it did. */
VmafContext *context_work_for(VmafContext *ctx);
/* -EDEADLK and a logged reason when it works for `ctx`: an extractor called
 * back. */
int context_check_outside(VmafContext *ctx, const char *call);

/* Take or leave `api`; -EDEADLK as above. */
int context_lock(VmafContext *ctx, const char *call);
void context_unlock(VmafContext *ctx);

/* Does a call's argument look right? -EINVAL and a logged reason. */
int context_check(const char *call, bool arguments_given);

#endif
