/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Parts of a job: who runs them, with what memory, and that all are run. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src_c/engine/worker.h"
#include "toys.h"

enum { THREADS = 4, SCRATCH = 100 };

/* A job that splits its work once all other threads have nothing to do. */
typedef struct Job {
    WorkerPool *pool;
    WorkerSplit split;
    pthread_barrier_t together;
    unsigned wanted;
    atomic_bool over;
    atomic_uint runs[THREADS];
    pthread_t thread[THREADS];
    void *scratch[THREADS];
} Job;

static Job *job_of(WorkerSplit *split)
{
    return (Job *)((char *)split - offsetof(Job, split));
}

static void note_part(WorkerSplit *split, unsigned part, void *scratch)
{
    Job *job = job_of(split);
    CHECK(part < split->parts);
    atomic_fetch_add(&job->runs[part], 1);
    job->thread[part] = pthread_self();
    job->scratch[part] = scratch;
}

/* No part ends before all have begun: each needs a thread of its own. */
static void run_together(WorkerSplit *split, unsigned part, void *scratch)
{
    Job *job = job_of(split);
    if (split->parts < job->wanted)
        return;
    note_part(split, part, scratch);
    memset(scratch, (int)part, SCRATCH);
    pthread_barrier_wait(&job->together);
}

static void run_alone(WorkerSplit *split, unsigned part, void *scratch)
{
    if (split->parts == job_of(split)->wanted)
        note_part(split, part, scratch);
}

/* Threads need a moment to get to where they wait. */
static void split_when_idle(void *arg)
{
    Job *job = arg;
    for (unsigned tries = 0; tries < 100000; tries++) {
        worker_split(job->pool, &job->split);
        if (job->split.parts == job->wanted)
            break;
        usleep(100);
    }
    job->over = true;
}

static void start(Job *job, unsigned wanted,
                  void (*run)(WorkerSplit *, unsigned, void *))
{
    memset(job, 0, sizeof *job);
    job->wanted = wanted;
    job->split.run = run;
    job->split.max_parts = wanted;
    job->split.scratch_size = SCRATCH;
    job->split.scratch = aligned_alloc(64, 128);
    pthread_barrier_init(&job->together, NULL, wanted);
    CHECK(!worker_create(&job->pool, THREADS, split_when_idle));
}

static void finish(Job *job)
{
    worker_submit(job->pool, job);
    while (!job->over)
        usleep(100);
    worker_destroy(job->pool);
    pthread_barrier_destroy(&job->together);
    free(job->split.scratch);
    CHECK(job->split.parts == job->wanted);
    for (unsigned i = 0; i < job->wanted; i++)
        CHECK(job->runs[i] == 1);
}

static void test_idle_threads_help(unsigned wanted)
{
    Job job;
    start(&job, wanted, run_together);
    void *own = job.split.scratch;
    finish(&job);
    unsigned own_cnt = 0;
    for (unsigned i = 0; i < wanted; i++) {
        CHECK(job.scratch[i] && (uintptr_t)job.scratch[i] % 64 == 0);
        own_cnt += job.scratch[i] == own;
        for (unsigned k = 0; k < i; k++) {
            CHECK(!pthread_equal(job.thread[i], job.thread[k]));
            CHECK(job.scratch[i] != job.scratch[k]);
        }
    }
    CHECK(own_cnt == 1);
}

/* Helpers that get no memory leave their parts to the thread that asked. */
static void test_no_memory(void)
{
    Job job;
    start(&job, THREADS, run_alone);
    job.split.scratch_size = (size_t)1 << 62;
    finish(&job);
    for (unsigned i = 0; i < THREADS; i++)
        CHECK(job.scratch[i] == job.split.scratch);
}

static void test_no_pool(void)
{
    Job job;
    memset(&job, 0, sizeof job);
    job.wanted = 1;
    job.split.run = run_alone;
    job.split.max_parts = THREADS;
    worker_split(NULL, &job.split);
    CHECK(job.split.parts == 1 && job.runs[0] == 1);
    CHECK(pthread_equal(job.thread[0], pthread_self()));
}

/* Two jobs at once on two threads: nobody is idle. */
typedef struct Busy {
    Job job[2];
    pthread_barrier_t both;
    WorkerPool *pool;
} Busy;

static Busy busy;

static void split_while_busy(void *arg)
{
    Job *job = arg;
    pthread_barrier_wait(&busy.both);
    for (unsigned i = 0; i < 10; i++)
        worker_split(busy.pool, &job->split);
    pthread_barrier_wait(&busy.both);
}

static void test_busy_threads_do_not_help(void)
{
    pthread_barrier_init(&busy.both, NULL, 2);
    CHECK(!worker_create(&busy.pool, 2, split_while_busy));
    for (unsigned i = 0; i < 2; i++) {
        busy.job[i].wanted = 1;
        busy.job[i].split.run = run_alone;
        busy.job[i].split.max_parts = THREADS;
        worker_submit(busy.pool, &busy.job[i]);
    }
    worker_destroy(busy.pool);
    pthread_barrier_destroy(&busy.both);
    for (unsigned i = 0; i < 2; i++)
        CHECK(busy.job[i].runs[0] == 10);
}

/* Many jobs that all split, whatever the others do at the time. */
typedef struct Sum {
    WorkerSplit split;
    WorkerPool **pool;
    atomic_uint total;
} Sum;

static void add_part(WorkerSplit *split, unsigned part, void *scratch)
{
    Sum *sum = (Sum *)split;
    memset(scratch, (int)part, SCRATCH);
    for (unsigned i = part; i < 1000; i += split->parts)
        atomic_fetch_add(&sum->total, i);
}

static void sum_up(void *arg)
{
    Sum *sum = arg;
    char own[SCRATCH];
    sum->split.run = add_part;
    sum->split.max_parts = 16;
    sum->split.scratch_size = SCRATCH;
    sum->split.scratch = own;
    worker_split(*sum->pool, &sum->split);
}

static void test_many(unsigned threads)
{
    enum { JOBS = 300 };
    static Sum sum[JOBS];
    WorkerPool *pool;
    memset(sum, 0, sizeof sum);
    CHECK(!worker_create(&pool, threads, sum_up));
    for (unsigned i = 0; i < JOBS; i++) {
        sum[i].pool = &pool;
        worker_submit(pool, &sum[i]);
        if (i % 7 == 0)
            usleep(100);
    }
    worker_destroy(pool);
    for (unsigned i = 0; i < JOBS; i++)
        CHECK(sum[i].total == 499500);
}

int main(void)
{
    test_no_pool();
    for (unsigned wanted = 2; wanted <= THREADS; wanted++)
        test_idle_threads_help(wanted);
    test_no_memory();
    test_busy_threads_do_not_help();
    test_many(1);
    test_many(2);
    test_many(8);
    puts("worker: ok");
    return 0;
}
