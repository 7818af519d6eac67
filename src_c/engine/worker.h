/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Threads that run jobs from a bounded queue, and help each other when it is
 * empty. */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct WorkerPool WorkerPool;

/* Work inside a job that can be cut in parts, which may run at once. */
typedef struct WorkerSplit {
    void (*run)(struct WorkerSplit *split, unsigned part, void *scratch);
    unsigned max_parts;
    size_t
        scratch_size; /* bytes each participating thread needs, 64-byte aligned */
    void *scratch;    /* the calling thread's */
    /* Set by worker_split() before the first run(). */
    unsigned parts;
    /* Of the pool. */
    unsigned taken, done;
    bool offered;
    struct WorkerSplit *next;
} WorkerSplit;

/* Start `cnt` threads, all or none; run(job) is called for every job. 0 or the
 * negative errno value of what could not be made. */
int worker_create(WorkerPool **pool, unsigned cnt, void (*run)(void *job));

/* Queue a job; waits while `cnt` jobs are queued. */
void worker_submit(WorkerPool *pool, void *job);

/* Run parts 0 .. parts - 1 on this thread and on those that have nothing to do
 * now, one part for each; when all are busy, one part. Returns when every part
 * is done, and waits for none that nobody has begun. A NULL pool is all busy. */
void worker_split(WorkerPool *pool, WorkerSplit *split);

/* Wait until there is room for a job, at most so long; then -EAGAIN. */
int worker_wait_room(WorkerPool *pool, unsigned milliseconds);

/* Wait until every submitted job is done, then end and join the threads. NULL is fine. */
void worker_destroy(WorkerPool *pool);

#endif
