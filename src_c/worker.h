/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Threads that run jobs from a bounded queue. */
#ifndef WORKER_H
#define WORKER_H

typedef struct WorkerPool WorkerPool;

/* Start `cnt` threads, all or none; run(job) is called for every job. 0 or the
 * negative errno value of what could not be made. */
int worker_create(WorkerPool **pool, unsigned cnt, void (*run)(void *job));

/* Queue a job; waits while `cnt` jobs are queued. */
void worker_submit(WorkerPool *pool, void *job);

/* Wait until every submitted job is done. */
void worker_wait(WorkerPool *pool);

/* Wait, then end and join the threads. NULL is fine. */
void worker_destroy(WorkerPool *pool);

#endif
