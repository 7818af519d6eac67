/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Settled frames and halos, with a consumer beside the reader. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include "toys.h"

enum { FRAMES = 300 };

typedef struct Consumer {
    VmafContext *ctx;
    unsigned cnt;
    double score[FRAMES];
} Consumer;

static void *consume(void *arg)
{
    Consumer *consumer = arg;
    for (;;) {
        unsigned index;
        const int err = pyvmaf_wait_settled(consumer->ctx, &index, 20);
        if (err == -ENODATA)
            return NULL;
        if (err == -EAGAIN)
            continue;
        CHECK(!err && index == consumer->cnt);
        CHECK(!vmaf_feature_score_at_index(consumer->ctx,
                                           "VMAF_integer_feature_motion2_score",
                                           &consumer->score[index], index));
        CHECK(toys_score(consumer->ctx, "toy_value", index) == index);
        consumer->cnt++;
    }
}

static void test_consumer(unsigned threads)
{
    Consumer consumer = { .ctx = toys_context(threads, 0) };
    pthread_t thread;
    CHECK(!toys_use(consumer.ctx, "motion", NULL, NULL));
    CHECK(!toys_use(consumer.ctx, "toy", NULL, NULL));
    CHECK(!pthread_create(&thread, NULL, consume, &consumer));
    for (unsigned i = 0; i < FRAMES; i++)
        CHECK(!toys_read(consumer.ctx, i));
    CHECK(!toys_flush(consumer.ctx));
    CHECK(!pthread_join(thread, NULL));
    CHECK(consumer.cnt == FRAMES);
    double column[FRAMES];
    CHECK(!pyvmaf_feature_scores(consumer.ctx, "integer_motion2", 0, FRAMES - 1,
                                 1, column));
    for (unsigned i = 0; i < FRAMES; i++)
        CHECK(column[i] == consumer.score[i]);
    CHECK(!vmaf_close(consumer.ctx));
}

static int read_halo(VmafContext *ctx, unsigned index)
{
    VmafPicture ref = toys_picture(index), dist = toys_picture(index);
    return pyvmaf_read_halo(ctx, &ref, &dist, index);
}

static void test_halo(unsigned threads)
{
    unsigned before, after, index;
    double score, whole;
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "motion", NULL, NULL));
    CHECK(!pyvmaf_halo(ctx, &before, &after) && before == 1 && after == 1);
    CHECK(!read_halo(ctx, 9));
    CHECK(!toys_read(ctx, 10) && !toys_read(ctx, 11));
    CHECK(!read_halo(ctx, 12) && !toys_flush(ctx));
    CHECK(!pyvmaf_next_settled(ctx, &index) && index == 10);
    CHECK(!pyvmaf_next_settled(ctx, &index) && index == 11);
    CHECK(pyvmaf_next_settled(ctx, &index) == -ENODATA);
    CHECK(vmaf_feature_score_at_index(ctx, "integer_motion2", &score, 9) ==
          -EINVAL);
    CHECK(vmaf_feature_score_at_index(ctx, "integer_motion2", &score, 12) ==
          -EINVAL);
    score = toys_score(ctx, "integer_motion2", 11);
    CHECK(!vmaf_close(ctx));

    ctx = toys_context(0, 0);
    CHECK(!toys_use(ctx, "motion", NULL, NULL));
    for (unsigned i = 0; i < 14; i++)
        CHECK(!toys_read(ctx, i));
    CHECK(!toys_flush(ctx));
    whole = toys_score(ctx, "integer_motion2", 11);
    CHECK(score == whole);
    CHECK(!vmaf_close(ctx));
}

static void test_arguments(void)
{
    VmafContext *ctx = toys_context(0, 0);
    unsigned index;
    double score;
    CHECK(pyvmaf_next_settled(NULL, &index) == -EINVAL);
    CHECK(pyvmaf_next_settled(ctx, NULL) == -EINVAL);
    CHECK(pyvmaf_next_settled(ctx, &index) == -EAGAIN);
    CHECK(pyvmaf_halo(ctx, &index, NULL) == -EINVAL);
    CHECK(pyvmaf_read_halo(ctx, NULL, NULL, 0) == -EINVAL);
    CHECK(pyvmaf_feature_scores(ctx, "x", 0, 0, 0, &score) == -EINVAL);
    CHECK(pyvmaf_feature_scores(ctx, "x", 1, 0, 1, &score) == -EINVAL);
    CHECK(pyvmaf_wait_room(NULL, 0) == -EINVAL && !pyvmaf_wait_room(ctx, 0));
    CHECK(pyvmaf_wait_idle(NULL, 0) == -EINVAL && !pyvmaf_wait_idle(ctx, 0));
    CHECK(pyvmaf_abandon(NULL) == -EINVAL && !pyvmaf_abandon(ctx));
    CHECK(!vmaf_close(ctx));
}

int main(void)
{
    alarm(300); /* a hang is a failure */
    toys_register();
    test_arguments();
    static const unsigned threads[] = { 0, 1, 4 };
    for (unsigned i = 0; i < 3; i++) {
        test_consumer(threads[i]);
        test_halo(threads[i]);
    }
    puts("settled: ok");
    return 0;
}
