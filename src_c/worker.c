/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Worker threads behind a ring of waiting jobs. */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct WorkerPool {
    pthread_mutex_t lock;
    pthread_cond_t not_empty, not_full, idle;
    void (*run)(void *job);
    pthread_t *thread;
    unsigned thread_cnt;
    void **ring; /* `size` slots, `cnt` filled, from `head` on */
    unsigned size, head, cnt;
    unsigned running;
    bool stop;
};

static void *work(void *arg)
{
    WorkerPool *pool = arg;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->cnt && !pool->stop)
            pthread_cond_wait(&pool->not_empty, &pool->lock);
        if (!pool->cnt)
            break;
        void *job = pool->ring[pool->head];
        pool->head = (pool->head + 1) % pool->size;
        pool->cnt--;
        pool->running++;
        pthread_cond_signal(&pool->not_full);
        pthread_mutex_unlock(&pool->lock);

        pool->run(job);

        pthread_mutex_lock(&pool->lock);
        pool->running--;
        if (!pool->cnt && !pool->running)
            pthread_cond_broadcast(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
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
    pthread_cond_t *cond[] = {&pool->not_empty, &pool->not_full, &pool->idle};
    for (unsigned i = 0; i < 3; i++) {
        if ((err = pthread_cond_init(cond[i], NULL))) {
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

void worker_wait(WorkerPool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->cnt || pool->running)
        pthread_cond_wait(&pool->idle, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
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
    pthread_cond_destroy(&pool->idle);
    pthread_mutex_destroy(&pool->lock);
    free(pool->ring);
    free(pool->thread);
    free(pool);
}
