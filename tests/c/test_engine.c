/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The engine's behaviour, with and without threads, on toy extractors. */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "toys.h"

static void test_null_arguments(void)
{
    const VmafConfiguration cfg = {0};
    const VmafPictureConfiguration pool = {0};
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
    VmafConfiguration absurd = {0};
    absurd.n_threads = 1u << 20;
    ctx = (VmafContext *)1;
    CHECK(vmaf_init(&ctx, absurd) == -EINVAL && !ctx);
}

static void check_value(const char *text, const char *want)
{
    /* What a value became is seen in the decoration of a name. */
    VmafContext *ctx = toys_context(0, 0);
    char name[64];
    CHECK(!toys_use(ctx, "toy", "mode", text));
    CHECK(!toys_read(ctx, 0));
    snprintf(name, sizeof name, "toy_value_m_%s", want);
    CHECK(toys_score(ctx, name, 0) == 0);
    CHECK(!vmaf_close(ctx));
}

static void test_dictionary(void)
{
    VmafFeatureDictionary *dict = NULL;
    CHECK(vmaf_feature_dictionary_set(NULL, "k", "v") == -EINVAL);
    CHECK(vmaf_feature_dictionary_set(&dict, NULL, "v") == -EINVAL);
    CHECK(vmaf_feature_dictionary_set(&dict, "k", NULL) == -EINVAL && !dict);
    CHECK(!vmaf_feature_dictionary_set(&dict, "k", "v") && dict);
    CHECK(!vmaf_feature_dictionary_free(&dict) && !dict);
    CHECK(!vmaf_feature_dictionary_free(&dict));
    CHECK(vmaf_feature_dictionary_free(NULL) == -EINVAL);
    check_value("1.2345678", "1.23457");
    check_value("0x870", "2160");
    check_value(" 3.00", "3");
    check_value("3.00 ", "3");
    check_value("3 x", "3 x");
    check_value("1e400", "inf");
    check_value("1e-50", "0");
    check_value("1234567", "1234567");
    check_value("", "");
}

static void test_options(void)
{
    static const struct {
        const char *key, *value, *name; /* NULL: refused */
    } row[] = {
        {"toy_gain", "1.0", "toy_value"},
        {"toy_gain", "2.50", "toy_value_g_2.5"},
        {"toy_gain", "0", "toy_value_g_0"},
        {"toy_gain", "10", "toy_value_g_10"},
        {"toy_gain", "3x", "toy_value_g_3"},
        {"toy_gain", "-0", NULL},
        {"toy_gain", "x", NULL},
        {"toy_gain", "", NULL},
        {"toy_gain", "nan", NULL},
        {"toy_gain", "inf", NULL},
        {"toy_gain", "10.1", NULL},
        {"level", "2", "toy_value"},
        {"level", "2160.7", "toy_value_level_2160"},
        {"level", "1080p", "toy_value_level_1080"},
        {"level", "1234567", "toy_value_level_1234567"},
        {"level", "0", "toy_value_level_0"},
        {"level", "p", NULL},
        {"level", "-1", NULL},
        {"level", "99999999999999999999", NULL},
        {"debug", "1", NULL},
        {"debug", "TRUE", NULL},
        {"debug", "", NULL},
        {"debug", "true", "toy_value"},
        {"unheard_of", "1", "toy_value"},
        {"mode", "plain", "toy_value"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        VmafContext *ctx = toys_context(0, 0);
        vmaf_clear_last_message();
        const int err = toys_use(ctx, "toy", row[i].key, row[i].value);
        CHECK(err == (row[i].name ? 0 : -EINVAL));
        if (err || !strcmp(row[i].key, "unheard_of"))
            CHECK(strstr(vmaf_last_message(), row[i].key) &&
                  strstr(vmaf_last_message(), "\"toy\""));
        if (!err) {
            CHECK(!toys_read(ctx, 0));
            CHECK(!strcmp(vmaf_feature_name_at(ctx, 0), row[i].name));
        }
        CHECK(!vmaf_close(ctx));
    }
}

static void test_names_in_order_of_options(void)
{
    VmafFeatureDictionary *opts = NULL;
    VmafContext *ctx = toys_context(0, 0);
    CHECK(!vmaf_feature_dictionary_set(&opts, "toy_gain", "3"));
    CHECK(!vmaf_feature_dictionary_set(&opts, "mode", "a"));
    CHECK(!vmaf_feature_dictionary_set(&opts, "mode", "b"));
    CHECK(!vmaf_feature_dictionary_set(&opts, "level", "7"));
    CHECK(!vmaf_use_feature(ctx, "toy", opts));
    CHECK(!toys_read(ctx, 2));
    CHECK(toys_score(ctx, "toy_value_level_7_m_b_g_3", 2) == 6);
    CHECK(!vmaf_close(ctx));
}

static void test_registry(void)
{
    static const VmafExtractor nameless = {.name = ""};
    static const VmafExtractor idle = {.name = "idle"};
    CHECK(vmaf_register_extractor(NULL) == -EINVAL);
    CHECK(vmaf_register_extractor(&nameless) == -EINVAL);
    CHECK(vmaf_register_extractor(&idle) == -EINVAL);
    unsigned cnt = 0;
    const VmafExtractor *toy = NULL;
    for (; vmaf_extractor_at(cnt); cnt++) {
        if (!strcmp(vmaf_extractor_at(cnt)->name, "toy"))
            toy = vmaf_extractor_at(cnt);
    }
    CHECK(toy && vmaf_register_extractor(toy) == -EEXIST);
    CHECK(vmaf_unregister_extractor("null") == -ENOENT);
    CHECK(vmaf_unregister_extractor(NULL) == -ENOENT);
    static VmafExtractor copy;
    copy = *toy;
    copy.name = "toy_copy";
    CHECK(!vmaf_register_extractor(&copy));
    VmafContext *ctx = toys_context(0, 0);
    CHECK(!vmaf_use_feature(ctx, "toy_copy", NULL));
    CHECK(!vmaf_unregister_extractor("toy_copy"));
    CHECK(vmaf_unregister_extractor("toy_copy") == -ENOENT);
    CHECK(!toys_read(ctx, 1));
    CHECK(toys_score(ctx, "toy_value", 1) == 1);
    CHECK(vmaf_use_feature(ctx, "toy_cpy", NULL) == -EINVAL);
    CHECK(strstr(vmaf_last_message(), "toy_cpy"));
    CHECK(!vmaf_close(ctx));
}

static void test_duplicates(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    vmaf_clear_last_message();
    CHECK(!toys_use(ctx, "toy", "toy_gain", "1"));
    CHECK(!vmaf_last_message()[0]);
    CHECK(!toys_use(ctx, "toy", "debug", "true"));
    CHECK(strstr(vmaf_last_message(), "debug=true"));
    CHECK(toys_use(ctx, "toy", "debug", "maybe") == -EINVAL);
    CHECK(!toys_use(ctx, "toy", "toy_gain", "2"));
    CHECK(!toys_read(ctx, 0) && !toys_flush(ctx));
    CHECK(!strcmp(vmaf_feature_name_at(ctx, 0), "toy_value"));
    CHECK(!strcmp(vmaf_feature_name_at(ctx, 1), "toy_value_g_2"));
    CHECK(!vmaf_feature_name_at(ctx, 2));
    CHECK(!vmaf_close(ctx));
}

static void test_geometry(void)
{
    VmafPicture pic;
    CHECK(vmaf_picture_alloc(NULL, VMAF_PIX_FMT_YUV420P, 8, 8, 8) == -EINVAL);
    CHECK(vmaf_picture_alloc(&pic, 0, 8, 8, 8) == -EINVAL);
    CHECK(vmaf_picture_alloc(&pic, 5, 8, 8, 8) == -EINVAL);
    CHECK(vmaf_picture_alloc(&pic, 1, 7, 8, 8) == -EINVAL);
    CHECK(vmaf_picture_alloc(&pic, 1, 17, 8, 8) == -EINVAL);
    CHECK(vmaf_picture_alloc(&pic, 1, 8, UINT_MAX, 8) == -EINVAL);
    CHECK(vmaf_picture_alloc(&pic, 1, 8, 1u << 30, 1u << 30) == -ENOMEM);
    CHECK(!vmaf_picture_alloc(&pic, VMAF_PIX_FMT_YUV420P, 8, 101, 51));
    CHECK(pic.stride[0] == 128 && pic.stride[1] == 64 && pic.stride[2] == 64);
    CHECK(pic.w[1] == 50 && pic.h[1] == 25 && pic.w[2] == 50);
    CHECK((char *)pic.data[1] - (char *)pic.data[0] == 6528);
    CHECK((char *)pic.data[2] - (char *)pic.data[0] == 8128);
    CHECK((uintptr_t)pic.data[0] % 64 == 0);
    /* Chroma rounded up by the caller stays inside the block. */
    memset((char *)pic.data[2] + 25 * 64, 1, 64 + 1);
    CHECK(!vmaf_picture_unref(&pic));
    CHECK(!pic.ref && !pic.data[0] && vmaf_picture_unref(&pic) == -EINVAL);
    CHECK(vmaf_picture_unref(NULL) == -EINVAL);
    CHECK(!vmaf_picture_alloc(&pic, VMAF_PIX_FMT_YUV400P, 10, 33, 3));
    CHECK(pic.stride[0] == 128 && !pic.data[1] && !pic.w[1] && !pic.stride[2]);
    CHECK(!vmaf_picture_unref(&pic));
    CHECK(!vmaf_picture_alloc(&pic, VMAF_PIX_FMT_YUV422P, 12, 0, 0));
    CHECK(!vmaf_picture_unref(&pic));
}

static void count_release(void *cookie)
{
    __atomic_fetch_add((int *)cookie, 1, __ATOMIC_SEQ_CST);
}

static void test_wrap(unsigned threads)
{
    static unsigned char luma[64 * 64], chroma[32 * 32];
    void *const data[3] = {luma, chroma, chroma};
    const ptrdiff_t stride[3] = {64, 32, 32}, narrow[3] = {63, 32, 32};
    int released = 0;
    VmafPicture ref, dist, more;
    CHECK(vmaf_picture_wrap(&ref, 1, 8, 64, 64, data, narrow, count_release,
                            &released) == -EINVAL);
    CHECK(vmaf_picture_wrap(&ref, 1, 10, 64, 64, data, stride, count_release,
                            &released) == -EINVAL);
    CHECK(!released);
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    CHECK(!vmaf_picture_wrap(&ref, 1, 8, 64, 64, data, stride, count_release,
                             &released));
    CHECK(!vmaf_picture_wrap(&dist, 1, 8, 64, 64, data, stride, NULL, NULL));
    CHECK(!vmaf_picture_has_edge(&ref) && !vmaf_picture_set_edge(&ref));
    CHECK(!vmaf_picture_ref(&more, &ref) && vmaf_picture_has_edge(&more));
    CHECK(vmaf_picture_ref(&more, NULL) == -EINVAL);
    CHECK(!vmaf_read_pictures(ctx, &ref, &dist, 0));
    CHECK(vmaf_picture_ref(&ref, &dist) == -EINVAL);
    CHECK(vmaf_picture_set_edge(&dist) == -EINVAL);
    CHECK(!toys_flush(ctx) && !released);
    CHECK(!vmaf_picture_unref(&more) && released == 1);
    CHECK(!vmaf_close(ctx));
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
    CHECK(vmaf_frame_count(ctx) == 40);
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
        const int err = vmaf_feature_score_at_index(ctx, "toy_value", &score, i);
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
    static const char *const want[] = {"before", "toy_slow_a", "toy_slow_b",
                                       "toy_order", "toy_last", "after", NULL};
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy_slow", NULL, NULL));
    CHECK(!toys_use(ctx, "toy_temporal", NULL, NULL));
    CHECK(!vmaf_import_feature_score(ctx, "before", 1, 7));
    for (unsigned i = 0; i < 8; i++)
        CHECK(!toys_read(ctx, i));
    CHECK(!toys_flush(ctx));
    CHECK(!vmaf_import_feature_score(ctx, "after", 1, 0));
    for (unsigned i = 0; want[i]; i++)
        CHECK(!strcmp(vmaf_feature_name_at(ctx, i), want[i]));
    CHECK(!vmaf_feature_name_at(ctx, 6));
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
        vmaf_clear_last_message();
        const int err = toys_read(ctx, i);
        if (!err)
            continue;
        failed++;
        CHECK(err == -EIO);
        CHECK(strstr(vmaf_last_message(), "\"toy_fail\" at index "));
        CHECK(strstr(vmaf_last_message(), "toy_fail had enough"));
    }
    vmaf_clear_last_message();
    const int err = toys_flush(ctx);
    if (err) {
        failed++;
        CHECK(err == -EIO);
        CHECK(strstr(vmaf_last_message(), "toy_fail had enough"));
    }
    CHECK(threads ? failed >= 1 : failed == 5 && !err);
    CHECK(toys_flush(ctx) == -EINVAL);
    double score;
    CHECK(toys_score(ctx, "toy_value", 3) == 3);
    CHECK(toys_score(ctx, "toy_slow_b", 2) == 2);
    CHECK(vmaf_feature_score_at_index(ctx, "toy_slow_b", &score, 3) ==
          -EINVAL);
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
        CHECK(strstr(vmaf_last_message(), "toy_init never starts"));
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
    CHECK(strstr(vmaf_last_message(), "cannot be overwritten at index 5"));
    CHECK(toys_score(ctx, "toy_value", 5) == 5);
    CHECK(toys_score(ctx, "toy_value", 1000000) == 1000000);
    CHECK(vmaf_frame_count(ctx) == 1000001);
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
        CHECK(!strcmp(vmaf_feature_name_at(ctx, 3 + i), name));
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
    VmafPicture pic = toys_picture(0), none = {0};
    CHECK(vmaf_read_pictures(ctx, &pic, NULL, 1) == -EINVAL);
    CHECK(vmaf_read_pictures(ctx, NULL, &pic, 1) == -EINVAL);
    CHECK(vmaf_read_pictures(ctx, &pic, &none, 1) == -EINVAL && pic.ref);
    CHECK(!vmaf_picture_unref(&pic));
    const enum VmafPixelFormat p420 = VMAF_PIX_FMT_YUV420P;
    CHECK(read_pair(ctx, toys_picture(0), odd_picture(p420, 10, 64, 64)) ==
          -EINVAL);
    CHECK(strstr(vmaf_last_message(), "10 bits"));
    CHECK(strstr(vmaf_last_message(), "8 bits"));
    CHECK(read_pair(ctx, odd_picture(p420, 10, 64, 64),
                    odd_picture(p420, 10, 64, 64)) == -EINVAL);
    CHECK(read_pair(ctx, toys_picture(0), odd_picture(p420, 8, 64, 62)) ==
          -EINVAL);
    CHECK(strstr(vmaf_last_message(), "64x62"));
    CHECK(read_pair(ctx, toys_picture(0), odd_picture(2, 8, 64, 64)) ==
          -EINVAL);
    /* One picture on both sides is fine. */
    pic = toys_picture(0);
    CHECK(!vmaf_read_pictures(ctx, &pic, &pic, 1) && !pic.ref);
    CHECK(!toys_flush(ctx));
    CHECK(!vmaf_close(ctx));
}

static void test_pool(unsigned threads, unsigned size)
{
    VmafContext *ctx = toys_context(threads, 0);
    const VmafPictureConfiguration cfg = {{64, 64, 8, VMAF_PIX_FMT_YUV420P},
                                          size};
    VmafPicture ref, dist;
    CHECK(!toys_use(ctx, "toy_prev", NULL, NULL));
    CHECK(vmaf_fetch_preallocated_picture(ctx, &ref) == -EINVAL);
    CHECK(!vmaf_preallocate_pictures(ctx, cfg));
    CHECK(!vmaf_preallocate_pictures(ctx, cfg));
    for (unsigned i = 0; i < 20; i++) {
        CHECK(!vmaf_fetch_preallocated_picture(ctx, &ref));
        CHECK(!vmaf_fetch_preallocated_picture(ctx, &dist));
        memset(ref.data[0], (int)i, 64 * 64);
        CHECK(!vmaf_read_pictures(ctx, &ref, &dist, i));
    }
    CHECK(!vmaf_fetch_preallocated_picture(ctx, &ref));
    CHECK(vmaf_preallocate_pictures(ctx, cfg) == -EBUSY);
    CHECK(!toys_flush(ctx));
    for (unsigned i = 0; i < 20; i++) {
        CHECK(toys_score(ctx, "toy_prev", i) == (int)i - 1);
        CHECK(toys_score(ctx, "toy_prev_prev", i) == (i > 1 ? (int)i - 2 : -1));
    }
    /* Closing does not wait for what the caller still holds. */
    CHECK(!vmaf_close(ctx));
    memset(ref.data[0], 1, 64 * 64);
    CHECK(!vmaf_picture_unref(&ref));
}

typedef struct Relay {
    VmafContext *ctx;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    VmafPicture pic[2];
    int full;
} Relay;

static void *fetch_pairs(void *arg)
{
    Relay *relay = arg;
    for (unsigned i = 0; i < 100; i++) {
        VmafPicture pic[2];
        CHECK(!vmaf_fetch_preallocated_picture(relay->ctx, &pic[0]));
        CHECK(!vmaf_fetch_preallocated_picture(relay->ctx, &pic[1]));
        memset(pic[0].data[0], (int)i, 64 * 64);
        pthread_mutex_lock(&relay->lock);
        while (relay->full)
            pthread_cond_wait(&relay->changed, &relay->lock);
        memcpy(relay->pic, pic, sizeof pic);
        relay->full = 1;
        pthread_cond_signal(&relay->changed);
        pthread_mutex_unlock(&relay->lock);
    }
    return NULL;
}

/* One thread fetches ahead while another reads; no pool size may hang. */
static void test_pool_ahead(unsigned threads, unsigned size)
{
    const VmafPictureConfiguration cfg = {{64, 64, 8, VMAF_PIX_FMT_YUV420P},
                                          size};
    Relay relay = {.ctx = toys_context(threads, 0),
                   .lock = PTHREAD_MUTEX_INITIALIZER,
                   .changed = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    CHECK(!toys_use(relay.ctx, "toy_prev", NULL, NULL));
    CHECK(!vmaf_preallocate_pictures(relay.ctx, cfg));
    CHECK(!pthread_create(&thread, NULL, fetch_pairs, &relay));
    for (unsigned i = 0; i < 100; i++) {
        VmafPicture pic[2];
        pthread_mutex_lock(&relay.lock);
        while (!relay.full)
            pthread_cond_wait(&relay.changed, &relay.lock);
        memcpy(pic, relay.pic, sizeof pic);
        relay.full = 0;
        pthread_cond_signal(&relay.changed);
        pthread_mutex_unlock(&relay.lock);
        CHECK(!vmaf_read_pictures(relay.ctx, &pic[0], &pic[1], i));
    }
    CHECK(!pthread_join(thread, NULL));
    CHECK(!toys_flush(relay.ctx));
    for (unsigned i = 2; i < 100; i++) {
        CHECK(toys_score(relay.ctx, "toy_prev", i) == i - 1);
        CHECK(toys_score(relay.ctx, "toy_prev_prev", i) == i - 2);
    }
    CHECK(!vmaf_close(relay.ctx));
}

static void test_default_pool(void)
{
    VmafPicture pic;
    VmafContext *ctx = toys_context(2, 0);
    CHECK(vmaf_fetch_preallocated_picture(ctx, &pic) == -EINVAL);
    CHECK(!toys_read(ctx, 0));
    CHECK(!vmaf_fetch_preallocated_picture(ctx, &pic));
    CHECK(pic.w[0] == 64 && pic.bpc == 8);
    CHECK(!vmaf_picture_unref(&pic));
    CHECK(!vmaf_close(ctx));
}

static void test_pooling(void)
{
    VmafContext *ctx = toys_context(0, 0);
    static const double value[] = {3, 1, 2};
    double score = -7;
    for (unsigned i = 0; i < 3; i++)
        CHECK(!vmaf_import_feature_score(ctx, "s", value[i], i));
    CHECK(vmaf_import_feature_score(ctx, "s", 3, 0) == -EINVAL);
    CHECK(vmaf_import_feature_score(ctx, "s", 3, UINT_MAX) == -EINVAL);
    const struct {
        enum VmafPoolingMethod method;
        double want;
    } row[] = {
        {VMAF_POOL_METHOD_MIN, 1},
        {VMAF_POOL_METHOD_MAX, 3},
        {VMAF_POOL_METHOD_MEAN, 2},
        {VMAF_POOL_METHOD_HARMONIC_MEAN,
         3 / (1 / 4.0 + 1 / 2.0 + 1 / 3.0) - 1},
    };
    for (size_t i = 0; i < 4; i++) {
        CHECK(!vmaf_feature_score_pooled(ctx, "s", row[i].method, &score, 0,
                                         2));
        CHECK(score == row[i].want);
    }
    score = -7;
    CHECK(vmaf_feature_score_pooled(ctx, "s", 0, &score, 0, 2) == -EINVAL);
    CHECK(vmaf_feature_score_pooled(ctx, "s", 5, &score, 0, 2) == -EINVAL);
    CHECK(vmaf_feature_score_pooled(ctx, "s", 3, &score, 2, 1) == -EINVAL);
    CHECK(vmaf_feature_score_pooled(ctx, "s", 3, &score, 0, 3) == -EINVAL);
    CHECK(vmaf_feature_score_pooled(ctx, "t", 3, &score, 0, 2) == -EINVAL);
    CHECK(score == -7);
    CHECK(!vmaf_import_feature_score(
        ctx, "VMAF_integer_feature_motion2_score", 4, 0));
    CHECK(toys_score(ctx, "integer_motion2", 0) == 4);
    CHECK(!vmaf_import_feature_score(ctx, "", 9, 0));
    CHECK(toys_score(ctx, "", 0) == 9);
    CHECK(!vmaf_close(ctx));
}

static void test_model_from_imports(void)
{
    static const char *const name[] = {
        "VMAF_integer_feature_adm2_score",
        "VMAF_integer_feature_motion2_score",
        "VMAF_integer_feature_vif_scale0_score",
        "VMAF_integer_feature_vif_scale1_score",
        "VMAF_integer_feature_vif_scale2_score",
        "VMAF_integer_feature_vif_scale3_score",
    };
    VmafModel *model = NULL;
    VmafModelConfig cfg = {"m", 0};
    VmafContext *ctx = toys_context(0, 0);
    double score, again;
    CHECK(!vmaf_model_load(&model, &cfg, "vmaf_v0.6.1"));
    CHECK(vmaf_score_at_index(ctx, model, &score, 0) == -EINVAL);
    for (unsigned i = 0; i < 6; i++)
        CHECK(!vmaf_import_feature_score(ctx, name[i], i == 1 ? 4 : 0.9, 0));
    CHECK(!vmaf_score_at_index(ctx, model, &score, 0));
    CHECK(score > 50 && score <= 100);
    CHECK(toys_score(ctx, "m", 0) == score);
    CHECK(!vmaf_score_pooled(ctx, model, VMAF_POOL_METHOD_MEAN, &again, 0, 0));
    CHECK(again == score);
    CHECK(vmaf_score_pooled(ctx, model, VMAF_POOL_METHOD_MEAN, &again, 0, 1) ==
          -EINVAL);
    vmaf_model_destroy(model);
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
        vmaf_feature_name_at(polled->ctx, 0);
        vmaf_frame_count(polled->ctx);
    }
    return NULL;
}

/* Scores may be asked for, and pictures fetched, while frames are read. */
static void test_many_callers(unsigned threads)
{
    Polled polled = {toys_context(threads, 0), 0};
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

/* Two models share extractors; the scores of any number of threads are those
 * of none. */
static void test_real_extractors(unsigned threads)
{
    enum { FRAMES = 12 };
    static const char *const version[] = {"vmaf_v0.6.1", "vmaf_v0.6.1neg"};
    static double score[2][FRAMES];
    VmafContext *ctx = toys_context(threads, 0);
    VmafModel *model[2];
    for (unsigned m = 0; m < 2; m++) {
        VmafModelConfig cfg = {version[m], 0};
        CHECK(!vmaf_model_load(&model[m], &cfg, version[m]));
        CHECK(!vmaf_use_features_from_model(ctx, model[m]));
    }
    for (unsigned i = 0; i < FRAMES; i++) {
        VmafPicture ref = patterned_picture(i, 0);
        VmafPicture dist = patterned_picture(i, 1 + (int)i % 3);
        CHECK(!vmaf_read_pictures(ctx, &ref, &dist, i));
    }
    CHECK(!toys_flush(ctx));
    for (unsigned m = 0; m < 2; m++) {
        for (unsigned i = 0; i < FRAMES; i++) {
            double now;
            CHECK(!vmaf_score_at_index(ctx, model[m], &now, i));
            CHECK(now > 0 && now <= 100);
            CHECK(!threads || now == score[m][i]);
            score[m][i] = now;
        }
        vmaf_model_destroy(model[m]);
    }
    CHECK(score[0][0] > score[1][0]);
    CHECK(!vmaf_close(ctx));
}

/* A comma as the decimal separator changes nothing. */
static void test_locale(void)
{
    static const char *const name[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8",
                                       "fr_FR.utf8", "de_DE", NULL};
    unsigned i = 0;
    while (name[i] && !setlocale(LC_ALL, name[i]))
        i++;
    if (!name[i]) {
        puts("engine: locale skipped, this machine has none with a comma");
        return;
    }
    check_value("2.50", "2.5");
    test_model_from_imports();
    CHECK(!strcmp(localeconv()->decimal_point, ","));
    setlocale(LC_ALL, "C");
}

int main(void)
{
    alarm(300); /* a hang is a failure */
    toys_register();
    test_null_arguments();
    test_dictionary();
    test_options();
    test_names_in_order_of_options();
    test_registry();
    test_geometry();
    test_default_pool();
    test_pooling();
    test_model_from_imports();
    test_locale();
    static const unsigned threads[] = {0, 1, 4};
    for (unsigned i = 0; i < 3; i++) {
        test_duplicates(threads[i]);
        test_wrap(threads[i]);
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
        for (unsigned size = 2; size <= 5; size++) {
            test_pool(threads[i], size);
            test_pool_ahead(threads[i], size);
        }
    }
    puts("engine: ok");
    return 0;
}
