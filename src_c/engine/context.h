/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a context holds. context.c makes and registers, frame.c runs frames and
 * the flush, query.c answers; `api` is held by whatever changes the context.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "libvmaf/libvmaf.h"
#include "collector.h"
#include "picture_pool.h"
#include "registration.h"
#include "worker.h"

/* The pictures that later frames look back at, and the pool they may be from;
 * shared with threads that fetch while a frame is being read. */
typedef struct Retained {
    pthread_mutex_t lock;
    VmafPicture prev[2]; /* the reference one and two frames earlier */
    bool wanted;         /* some registration looks back */
    unsigned in_work;    /* frames that will give pictures back */
    PicturePool *pool;
    bool has_geometry; /* of the first reference picture */
    PyvmafExtractorInit geometry;
} Retained;

/* The first failure in a worker that no call has reported yet. */
typedef struct Failure {
    pthread_mutex_t lock;
    int err;
    char *message;
} Failure;

struct VmafContext {
    VmafConfiguration cfg;
    pthread_mutex_t api;     /* calls that change the context */
    pthread_mutex_t predict; /* predictions are looked up, made and stored */
    Collector *collector;
    WorkerPool *workers; /* NULL: everything runs on the caller's thread */
    Registration **reg;  /* in order of registration */
    unsigned reg_cnt, reg_capacity;
    unsigned picture_cnt; /* pairs passed in */
    atomic_uint read_cnt; /* pairs taken */
    bool flushed;
    Retained retained;
    Failure failure;
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

/* frame.c: a queued frame. */
void frame_run_job(void *job);

/* With retained.lock held: when somebody waits for a picture of the pool that no
 * frame in work will give back, let go of those that are retained, by a copy
 * where they may be looked back at. */
void context_feed_pool(VmafContext *ctx);

#endif
