/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Worker threads behind a ring of waiting jobs. A thread that finds no job
 * takes parts of the jobs that others are at.
 */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "kernel/workspace.h"
#include "wait.h"

struct WorkerPool {
    pthread_mutex_t lock;
    pthread_cond_t not_empty, not_full, part_done;
    void (*run)(void *job);
    pthread_t *thread;
    unsigned thread_cnt;
    void **ring; /* `size` slots, `cnt` filled, from `head` on */
    unsigned size, head, cnt;
    WorkerSplit *split; /* those with parts that nobody has taken */
    unsigned untaken;   /* parts of all of them */
    unsigned waiting;   /* threads without work */
    bool stop;
};

static void offer(WorkerPool *pool, WorkerSplit *split)
{
    split->offered = true;
    split->next = pool->split;
    pool->split = split;
    pool->untaken += split->parts;
    for (unsigned i = 1; i < split->parts; i++)
        pthread_cond_signal(&pool->not_empty);
}

/* What is left then is the asking thread's. */
static void withdraw(WorkerPool *pool, WorkerSplit *split)
{
    WorkerSplit **at = &pool->split;
    while (*at != split)
        at = &(*at)->next;
    *at = split->next;
    pool->untaken -= split->parts - split->taken;
    split->offered = false;
}

/* Call with the lock held, which this gives up for the work itself. */
static void run_part(WorkerPool *pool, WorkerSplit *split, void *scratch)
{
    const unsigned part = split->taken++;
    if (split->offered) {
        pool->untaken--;
        if (split->taken == split->parts)
            withdraw(pool, split);
    }
    pthread_mutex_unlock(&pool->lock);

    split->run(split, part, scratch);

    pthread_mutex_lock(&pool->lock);
    if (++split->done == split->parts)
        pthread_cond_broadcast(&pool->part_done);
}

/* Without memory a thread is no help. */
static void help(WorkerPool *pool, Scratch *scratch)
{
    WorkerSplit *split = pool->split;
    void *memory = scratch_of(scratch, split->scratch_size);
    if (memory || !split->scratch_size)
        run_part(pool, split, memory);
    else
        withdraw(pool, split);
}

static void run_job(WorkerPool *pool)
{
    void *job = pool->ring[pool->head];
    pool->head = (pool->head + 1) % pool->size;
    pool->cnt--;
    pthread_cond_signal(&pool->not_full);
    pthread_mutex_unlock(&pool->lock);

    pool->run(job);

    pthread_mutex_lock(&pool->lock);
}

static void *work(void *arg)
{
    WorkerPool *pool = arg;
    Scratch scratch = { 0 }; /* for parts of others' jobs */
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->cnt && !pool->split && !pool->stop) {
            pool->waiting++;
            pthread_cond_wait(&pool->not_empty, &pool->lock);
            pool->waiting--;
        }
        if (pool->split)
            help(pool, &scratch);
        else if (pool->cnt)
            run_job(pool);
        else
            break;
    }
    pthread_mutex_unlock(&pool->lock);
    free(scratch.memory);
    return NULL;
}

/* Signals go to the program's own threads: the new ones inherit a full mask. */
static int start_threads(WorkerPool *pool, unsigned cnt)
{
    sigset_t all, old;
    int err = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (pool->thread_cnt < cnt && !err) {
        err = pthread_create(&pool->thread[pool->thread_cnt], NULL, work, pool);
        pool->thread_cnt += !err;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return -err;
}

static int init_locks(WorkerPool *pool)
{
    int err = pthread_mutex_init(&pool->lock, NULL);
    if (err)
        return -err;
    pthread_cond_t *cond[] = { &pool->not_empty, &pool->not_full,
                               &pool->part_done };
    for (unsigned i = 0; i < 3; i++) {
        if ((err = wait_cond_init(cond[i]))) {
            while (i--)
                pthread_cond_destroy(cond[i]);
            pthread_mutex_destroy(&pool->lock);
            return -err;
        }
    }
    return 0;
}

int worker_create(WorkerPool **out, unsigned cnt, void (*run)(void *job))
{
    WorkerPool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return -ENOMEM;
    int err = init_locks(pool);
    if (err) {
        free(pool);
        return err;
    }
    pool->run = run;
    pool->size = cnt;
    pool->ring = calloc(cnt, sizeof *pool->ring);
    pool->thread = calloc(cnt, sizeof *pool->thread);
    err = pool->ring && pool->thread ? start_threads(pool, cnt) : -ENOMEM;
    if (err)
        worker_destroy(pool);
    else
        *out = pool;
    return err;
}

void worker_submit(WorkerPool *pool, void *job)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->cnt == pool->size)
        pthread_cond_wait(&pool->not_full, &pool->lock);
    pool->ring[(pool->head + pool->cnt) % pool->size] = job;
    pool->cnt++;
    pthread_cond_signal(&pool->not_empty);
    pthread_mutex_unlock(&pool->lock);
}

/* With the lock held: one part for this thread and for each that waits and has
 * not been called for a job or a part that is to be had. */
static unsigned count_parts(const WorkerPool *pool, unsigned max)
{
    const unsigned called = pool->cnt + pool->untaken;
    const unsigned free = pool->waiting > called ? pool->waiting - called : 0;
    return free < max ? free + 1 : max;
}

static void run_split(WorkerPool *pool, WorkerSplit *split)
{
    offer(pool, split);
    while (split->taken < split->parts)
        run_part(pool, split, split->scratch);
    while (split->done < split->parts)
        pthread_cond_wait(&pool->part_done, &pool->lock);
}

void worker_split(WorkerPool *pool, WorkerSplit *split)
{
    split->taken = split->done = 0;
    split->parts = 1;
    if (pool) {
        pthread_mutex_lock(&pool->lock);
        split->parts = count_parts(pool, split->max_parts);
        if (split->parts > 1)
            run_split(pool, split);
        pthread_mutex_unlock(&pool->lock);
    }
    if (split->parts == 1)
        split->run(split, 0, split->scratch);
}

int worker_wait_room(WorkerPool *pool, unsigned milliseconds)
{
    const struct timespec until = wait_until(milliseconds);
    bool in_time = true;
    pthread_mutex_lock(&pool->lock);
    while (pool->cnt == pool->size && in_time)
        in_time = wait_cond(&pool->not_full, &pool->lock, &until);
    const int err = pool->cnt == pool->size ? -EAGAIN : 0;
    /* Whoever submits next may be another thread that waits for this. */
    if (!err)
        pthread_cond_signal(&pool->not_full);
    pthread_mutex_unlock(&pool->lock);
    return err;
}

void worker_destroy(WorkerPool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->not_empty);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_cnt; i++)
        pthread_join(pool->thread[i], NULL);

    pthread_cond_destroy(&pool->not_empty);
    pthread_cond_destroy(&pool->not_full);
    pthread_cond_destroy(&pool->part_done);
    pthread_mutex_destroy(&pool->lock);
    free(pool->ring);
    free(pool->thread);
    free(pool);
}
