/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The engine's behaviour, with and without threads, on toy extractors. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "toys.h"

static void test_null_arguments(void)
{
    const VmafConfiguration cfg = { 0 };
    const VmafPictureConfiguration pool = { 0 };
    double score;
    CHECK(vmaf_init(NULL, cfg) == -EINVAL);
    CHECK(vmaf_close(NULL) == -EINVAL);
    VmafContext *ctx = toys_context(0, 0);
    CHECK(vmaf_use_feature(NULL, "null", NULL) == -EINVAL);
    CHECK(vmaf_use_feature(ctx, NULL, NULL) == -EINVAL);
    CHECK(vmaf_use_features_from_model(ctx, NULL) == -EINVAL);
    CHECK(vmaf_use_features_from_model_collection(ctx, NULL) == -EINVAL);
    CHECK(vmaf_import_feature_score(ctx, NULL, 1, 0) == -EINVAL);
    CHECK(vmaf_preallocate_pictures(ctx, pool) == -EINVAL);
    CHECK(vmaf_fetch_preallocated_picture(ctx, NULL) == -EINVAL);
    CHECK(vmaf_read_pictures(NULL, NULL, NULL, 0) == -EINVAL);
    CHECK(vmaf_feature_score_at_index(ctx, "x", NULL, 0) == -EINVAL);
    CHECK(vmaf_feature_score_pooled(ctx, "x", VMAF_POOL_METHOD_MEAN, NULL, 0,
                                    0) == -EINVAL);
    CHECK(vmaf_score_at_index(ctx, NULL, &score, 0) == -EINVAL);
    CHECK(vmaf_score_pooled(ctx, NULL, VMAF_POOL_METHOD_MEAN, &score, 0, 0) ==
          -EINVAL);
    CHECK(vmaf_write_output(ctx, NULL, VMAF_OUTPUT_FORMAT_XML) == -EINVAL);
    CHECK(vmaf_write_output(NULL, "x", VMAF_OUTPUT_FORMAT_XML) == -EINVAL);
    CHECK(!vmaf_close(ctx));
    VmafConfiguration absurd = { 0 };
    absurd.n_threads = 1u << 20;
    ctx = (VmafContext *)1;
    CHECK(vmaf_init(&ctx, absurd) == -EINVAL && !ctx);
}

static void test_frames(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", "debug", "true"));
    CHECK(!toys_use(ctx, "toy_temporal", NULL, NULL));
    CHECK(!toys_use(ctx, "toy_prev", NULL, NULL));
    for (unsigned i = 0; i < 40; i++)
        CHECK(!toys_read(ctx, i));
    CHECK(!toys_flush(ctx));
    CHECK(toys_flush(ctx) == -EINVAL);
    CHECK(toys_read(ctx, 40) == -EINVAL);
    for (unsigned i = 0; i < 40; i++) {
        CHECK(toys_score(ctx, "toy_value", i) == i);
        CHECK(toys_score(ctx, "toy_debug", i) == 2);
        CHECK(toys_score(ctx, "toy_order", i) == i);
        CHECK(toys_score(ctx, "toy_prev", i) == (int)i - 1);
        CHECK(toys_score(ctx, "toy_prev_prev", i) == (i > 1 ? (int)i - 2 : -1));
    }
    CHECK(toys_score(ctx, "toy_last", 39) == 39);
    CHECK(pyvmaf_frame_count(ctx) == 40);
    CHECK(!vmaf_import_feature_score(ctx, "late", 5, 3));
    CHECK(toys_live() > 0);
    CHECK(!vmaf_close(ctx) && toys_live() == 0);
}

static void test_subsample(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 3);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    CHECK(!toys_use(ctx, "toy_temporal", NULL, NULL));
    CHECK(!toys_use(ctx, "toy_prev", NULL, NULL));
    for (unsigned i = 0; i < 10; i++)
        CHECK(!toys_read(ctx, i));
    CHECK(!toys_flush(ctx));
    for (unsigned i = 0; i < 10; i++) {
        double score;
        const int err =
            vmaf_feature_score_at_index(ctx, "toy_value", &score, i);
        CHECK(err == (i % 3 ? -EINVAL : 0));
        CHECK(toys_score(ctx, "toy_order", i) == i);
        CHECK(toys_score(ctx, "toy_prev", i) == (int)i - 1);
    }
    double mean;
    CHECK(!vmaf_feature_score_pooled(ctx, "toy_value", VMAF_POOL_METHOD_MEAN,
                                     &mean, 0, 9));
    CHECK(mean == (0 + 3 + 6 + 9) / 4.0);
    CHECK(!vmaf_close(ctx));
}

/* The order of an unthreaded run, however the frames were scheduled: toy_slow
 * does later frames first, and its frame 1 lacks a name. */
static void test_column_order(unsigned threads)
{
    static const char *const want[] = { "before",    "toy_slow_a", "toy_slow_b",
                                        "toy_order", "toy_last",   "after",
                                        NULL };
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy_slow", NULL, NULL));
    CHECK(!toys_use(ctx, "toy_temporal", NULL, NULL));
    CHECK(!vmaf_import_feature_score(ctx, "before", 1, 7));
    for (unsigned i = 0; i < 8; i++)
        CHECK(!toys_read(ctx, i));
    CHECK(!toys_flush(ctx));
    CHECK(!vmaf_import_feature_score(ctx, "after", 1, 0));
    for (unsigned i = 0; want[i]; i++)
        CHECK(!strcmp(pyvmaf_feature_name_at(ctx, i), want[i]));
    CHECK(!pyvmaf_feature_name_at(ctx, 6));
    CHECK(!vmaf_close(ctx));
}

static void test_failing_frame(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    CHECK(!toys_use(ctx, "toy_fail", NULL, NULL));
    CHECK(!toys_use(ctx, "toy_slow", NULL, NULL));
    unsigned failed = 0;
    for (unsigned i = 0; i < 8; i++) {
        pyvmaf_clear_last_message();
        const int err = toys_read(ctx, i);
        if (!err)
            continue;
        failed++;
        CHECK(err == -EIO);
        CHECK(strstr(pyvmaf_last_message(), "\"toy_fail\" at index "));
        CHECK(strstr(pyvmaf_last_message(), "toy_fail had enough"));
    }
    pyvmaf_clear_last_message();
    const int err = toys_flush(ctx);
    if (err) {
        failed++;
        CHECK(err == -EIO);
        CHECK(strstr(pyvmaf_last_message(), "toy_fail had enough"));
    }
    CHECK(threads ? failed >= 1 : failed == 5 && !err);
    CHECK(toys_flush(ctx) == -EINVAL);
    double score;
    for (unsigned i = 0; i < 8; i++) { /* all that could be scored was */
        CHECK(toys_score(ctx, "toy_value", i) == i);
        CHECK(toys_score(ctx, "toy_slow_b", i) == 2);
        CHECK(vmaf_feature_score_at_index(ctx, "toy_fail", &score, i) ==
              (i < 3 ? 0 : -EINVAL));
    }
    CHECK(!vmaf_close(ctx) && toys_live() == 0);
}

static void test_failing_init(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy_init", NULL, NULL));
    int err = toys_read(ctx, 0);
    CHECK(err == (threads ? 0 : -ENOSPC));
    err = toys_flush(ctx);
    CHECK(err == (threads ? -ENOSPC : -EINVAL));
    if (threads)
        CHECK(strstr(pyvmaf_last_message(), "toy_init never starts"));
    CHECK(!vmaf_close(ctx));
}

static void test_no_frames(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_flush(ctx) && toys_flush(ctx) == -EINVAL);
    CHECK(!vmaf_close(ctx));
    ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    CHECK(toys_flush(ctx) == (threads ? 0 : -EINVAL));
    CHECK(toys_flush(ctx) == -EINVAL);
    CHECK(!vmaf_close(ctx));
    ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy_temporal", NULL, NULL));
    CHECK(toys_flush(ctx) == -EINVAL && toys_flush(ctx) == -EINVAL);
    CHECK(!toys_read(ctx, 0) && !toys_flush(ctx));
    CHECK(!vmaf_close(ctx));
}

static void test_indices(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    CHECK(!toys_read(ctx, 1000000) && !toys_read(ctx, 5));
    int err = toys_read(ctx, 5);
    if (!err)
        err = toys_flush(ctx);
    CHECK(err == -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "cannot be overwritten at index 5"));
    CHECK(toys_score(ctx, "toy_value", 5) == 5);
    CHECK(toys_score(ctx, "toy_value", 1000000) == 1000000);
    CHECK(pyvmaf_frame_count(ctx) == 1000001);
    CHECK(!vmaf_close(ctx));
}

static void test_late_registration(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    for (unsigned i = 0; i < 20; i++) {
        if (i == 10) {
            CHECK(!toys_use(ctx, "toy_prev", NULL, NULL));
            CHECK(!toys_use(ctx, "toy_many", NULL, NULL));
        }
        CHECK(!toys_read(ctx, i));
    }
    CHECK(!toys_flush(ctx));
    CHECK(toys_score(ctx, "toy_prev", 10) == 9);
    CHECK(toys_score(ctx, "toy_prev_prev", 10) == 8);
    for (unsigned i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "toy_many_%u", i);
        CHECK(toys_score(ctx, name, 19) == i);
        CHECK(!strcmp(pyvmaf_feature_name_at(ctx, 3 + i), name));
    }
    CHECK(!vmaf_close(ctx));
}

static int read_pair(VmafContext *ctx, VmafPicture a, VmafPicture b)
{
    const int err = vmaf_read_pictures(ctx, &a, &b, 1);
    if (err) {
        CHECK(!vmaf_picture_unref(&a));
        CHECK(!vmaf_picture_unref(&b));
    }
    return err;
}

static VmafPicture odd_picture(enum VmafPixelFormat fmt, unsigned bpc,
                               unsigned w, unsigned h)
{
    VmafPicture pic;
    CHECK(!vmaf_picture_alloc(&pic, fmt, bpc, w, h));
    return pic;
}

static void test_validation(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    CHECK(!toys_read(ctx, 0));
    VmafPicture pic = toys_picture(0), none = { 0 };
    CHECK(vmaf_read_pictures(ctx, &pic, NULL, 1) == -EINVAL);
    CHECK(vmaf_read_pictures(ctx, NULL, &pic, 1) == -EINVAL);
    CHECK(vmaf_read_pictures(ctx, &pic, &none, 1) == -EINVAL && pic.ref);
    CHECK(!vmaf_picture_unref(&pic));
    const enum VmafPixelFormat p420 = VMAF_PIX_FMT_YUV420P;
    CHECK(read_pair(ctx, toys_picture(0), odd_picture(p420, 10, 64, 64)) ==
          -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "10 bits"));
    CHECK(strstr(pyvmaf_last_message(), "8 bits"));
    CHECK(read_pair(ctx, odd_picture(p420, 10, 64, 64),
                    odd_picture(p420, 10, 64, 64)) == -EINVAL);
    CHECK(read_pair(ctx, toys_picture(0), odd_picture(p420, 8, 64, 62)) ==
          -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "64x62"));
    CHECK(read_pair(ctx, toys_picture(0), odd_picture(2, 8, 64, 64)) ==
          -EINVAL);
    /* One picture on both sides is fine. */
    pic = toys_picture(0);
    CHECK(!vmaf_read_pictures(ctx, &pic, &pic, 1) && !pic.ref);
    CHECK(!toys_flush(ctx));
    CHECK(!vmaf_close(ctx));
}

static void test_pooling(void)
{
    VmafContext *ctx = toys_context(0, 0);
    static const double value[] = { 3, 1, 2 };
    double score = -7;
    for (unsigned i = 0; i < 3; i++)
        CHECK(!vmaf_import_feature_score(ctx, "s", value[i], i));
    CHECK(vmaf_import_feature_score(ctx, "s", 3, 0) == -EINVAL);
    CHECK(vmaf_import_feature_score(ctx, "s", 3, UINT_MAX) == -EINVAL);
    const struct {
        enum VmafPoolingMethod method;
        double want;
    } row[] = {
        { VMAF_POOL_METHOD_MIN, 1 },
        { VMAF_POOL_METHOD_MAX, 3 },
        { VMAF_POOL_METHOD_MEAN, 2 },
        { VMAF_POOL_METHOD_HARMONIC_MEAN,
          3 / (1 / 4.0 + 1 / 2.0 + 1 / 3.0) - 1 },
    };
    for (size_t i = 0; i < 4; i++) {
        CHECK(
            !vmaf_feature_score_pooled(ctx, "s", row[i].method, &score, 0, 2));
        CHECK(score == row[i].want);
    }
    score = -7;
    CHECK(vmaf_feature_score_pooled(ctx, "s", 0, &score, 0, 2) == -EINVAL);
    CHECK(vmaf_feature_score_pooled(ctx, "s", 5, &score, 0, 2) == -EINVAL);
    CHECK(vmaf_feature_score_pooled(ctx, "s", 3, &score, 2, 1) == -EINVAL);
    CHECK(vmaf_feature_score_pooled(ctx, "s", 3, &score, 0, 3) == -EINVAL);
    CHECK(vmaf_feature_score_pooled(ctx, "t", 3, &score, 0, 2) == -EINVAL);
    CHECK(score == -7);
    CHECK(!vmaf_import_feature_score(ctx, "VMAF_integer_feature_motion2_score",
                                     4, 0));
    CHECK(toys_score(ctx, "integer_motion2", 0) == 4);
    CHECK(!vmaf_import_feature_score(ctx, "", 9, 0));
    CHECK(toys_score(ctx, "", 0) == 9);
    CHECK(!vmaf_close(ctx));
}

static void test_calls_from_extractor(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy_nosy", NULL, NULL));
    CHECK(!toys_read(ctx, 0) && !toys_read(ctx, 1) && !toys_flush(ctx));
    CHECK(toys_score(ctx, "nosy", 1) == 1);
    CHECK(!vmaf_close(ctx));
}

typedef struct Polled {
    VmafContext *ctx;
    int stop;
} Polled;

static void *poll_scores(void *arg)
{
    Polled *polled = arg;
    double score;
    while (!__atomic_load_n(&polled->stop, __ATOMIC_SEQ_CST)) {
        vmaf_feature_score_at_index(polled->ctx, "toy_value", &score, 3);
        pyvmaf_feature_name_at(polled->ctx, 0);
        pyvmaf_frame_count(polled->ctx);
    }
    return NULL;
}

/* Scores may be asked for, and pictures fetched, while frames are read. */
static void test_many_callers(unsigned threads)
{
    Polled polled = { toys_context(threads, 0), 0 };
    pthread_t thread;
    CHECK(!toys_use(polled.ctx, "toy", NULL, NULL));
    CHECK(!toys_use(polled.ctx, "toy_slow", NULL, NULL));
    CHECK(!pthread_create(&thread, NULL, poll_scores, &polled));
    for (unsigned i = 0; i < 50; i++)
        CHECK(!toys_read(polled.ctx, i));
    CHECK(!toys_flush(polled.ctx));
    __atomic_store_n(&polled.stop, 1, __ATOMIC_SEQ_CST);
    CHECK(!pthread_join(thread, NULL));
    CHECK(!vmaf_close(polled.ctx));
}

/* A pattern, its contrast raised by `gain` eighths, which NEG models mark down,
 * and some noise. */
static VmafPicture patterned_picture(unsigned seed, int gain)
{
    VmafPicture pic;
    CHECK(!vmaf_picture_alloc(&pic, VMAF_PIX_FMT_YUV420P, 8, 97, 65));
    for (unsigned p = 0; p < 3; p++) {
        for (unsigned y = 0; y < pic.h[p]; y++) {
            unsigned char *row =
                (unsigned char *)pic.data[p] + y * pic.stride[p];
            for (unsigned x = 0; x < pic.w[p]; x++) {
                const int base = (int)((3 * x + 5 * y + 7 * seed) % 160) - 80;
                const int noise = (int)(x * y % (1u + (unsigned)gain));
                row[x] = (unsigned char)(120 + base * (8 + gain) / 8 + noise);
            }
        }
    }
    return pic;
}

enum { FRAMES = 12, MODELS = 2 };

static void score_patterns(VmafContext *ctx, const char *const version[],
                           unsigned cnt, double score[][FRAMES])
{
    VmafModel *model[MODELS];
    for (unsigned m = 0; m < cnt; m++) {
        VmafModelConfig cfg = { version[m], 0 };
        CHECK(!vmaf_model_load(&model[m], &cfg, version[m]));
        CHECK(!vmaf_use_features_from_model(ctx, model[m]));
    }
    for (unsigned i = 0; i < FRAMES; i++) {
        VmafPicture ref = patterned_picture(i, 0);
        VmafPicture dist = patterned_picture(i, 1 + (int)i % 3);
        CHECK(!vmaf_read_pictures(ctx, &ref, &dist, i));
    }
    CHECK(!toys_flush(ctx));
    for (unsigned m = 0; m < cnt; m++) {
        for (unsigned i = 0; i < FRAMES; i++)
            CHECK(!vmaf_score_at_index(ctx, model[m], &score[m][i], i));
        vmaf_model_destroy(model[m]);
    }
}

/* Two models that share extractors and their work score what each scores alone
 * and unthreaded. */
static void test_real_extractors(unsigned threads)
{
    static const char *const version[MODELS] = { "vmaf_v0.6.1",
                                                 "vmaf_v0.6.1neg" };
    double both[MODELS][FRAMES], alone[1][FRAMES];
    VmafContext *ctx = toys_context(threads, 0);
    score_patterns(ctx, version, MODELS, both);
    CHECK(!vmaf_close(ctx));
    CHECK(both[0][0] > both[1][0] && both[1][0] > 0);
    for (unsigned m = 0; m < MODELS; m++) {
        ctx = toys_context(0, 0);
        score_patterns(ctx, &version[m], 1, alone);
        CHECK(!vmaf_close(ctx));
        for (unsigned i = 0; i < FRAMES; i++)
            CHECK(both[m][i] == alone[0][i]);
    }
}

int main(void)
{
    alarm(300); /* a hang is a failure */
    toys_register();
    test_null_arguments();
    test_pooling();
    static const unsigned threads[] = { 0, 1, 4 };
    for (unsigned i = 0; i < 3; i++) {
        test_frames(threads[i]);
        test_subsample(threads[i]);
        test_column_order(threads[i]);
        test_failing_frame(threads[i]);
        test_failing_init(threads[i]);
        test_no_frames(threads[i]);
        test_indices(threads[i]);
        test_late_registration(threads[i]);
        test_validation(threads[i]);
        test_calls_from_extractor(threads[i]);
        test_many_callers(threads[i]);
        test_real_extractors(threads[i]);
    }
    puts("engine: ok");
    return 0;
}
