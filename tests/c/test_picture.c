/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Pictures: geometry, wrapped memory, pools of every size. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "toys.h"

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
    void *const data[3] = { luma, chroma, chroma };
    const ptrdiff_t stride[3] = { 64, 32, 32 }, narrow[3] = { 63, 32, 32 };
    int released = 0;
    VmafPicture ref, dist, more;
    CHECK(pyvmaf_picture_wrap(&ref, 1, 8, 64, 64, data, narrow, count_release,
                              &released) == -EINVAL);
    CHECK(pyvmaf_picture_wrap(&ref, 1, 10, 64, 64, data, stride, count_release,
                              &released) == -EINVAL);
    CHECK(!released);
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    CHECK(!pyvmaf_picture_wrap(&ref, 1, 8, 64, 64, data, stride, count_release,
                               &released));
    CHECK(!pyvmaf_picture_wrap(&dist, 1, 8, 64, 64, data, stride, NULL, NULL));
    CHECK(!pyvmaf_picture_has_edge(&ref) && !pyvmaf_picture_set_edge(&ref));
    CHECK(!pyvmaf_picture_ref(&more, &ref) && pyvmaf_picture_has_edge(&more));
    CHECK(pyvmaf_picture_ref(&more, NULL) == -EINVAL);
    CHECK(!vmaf_read_pictures(ctx, &ref, &dist, 0));
    CHECK(pyvmaf_picture_ref(&ref, &dist) == -EINVAL);
    CHECK(pyvmaf_picture_set_edge(&dist) == -EINVAL);
    CHECK(!toys_flush(ctx) && !released);
    CHECK(!vmaf_picture_unref(&more) && released == 1);
    CHECK(!vmaf_close(ctx));
}

static void test_pool(unsigned threads, unsigned size)
{
    VmafContext *ctx = toys_context(threads, 0);
    const VmafPictureConfiguration cfg = { { 64, 64, 8, VMAF_PIX_FMT_YUV420P },
                                           size };
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
    const VmafPictureConfiguration cfg = { { 64, 64, 8, VMAF_PIX_FMT_YUV420P },
                                           size };
    Relay relay = { .ctx = toys_context(threads, 0),
                    .lock = PTHREAD_MUTEX_INITIALIZER,
                    .changed = PTHREAD_COND_INITIALIZER };
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

static size_t luma_size(const VmafPicture *pic)
{
    return (size_t)pic->stride[0] * pic->h[0];
}

/* Takes pictures of two sizes, checks that they are zero, makes them not so. */
static void *take_and_give(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 300; i++) {
        VmafPicture pic[2];
        for (unsigned k = 0; k < 2; k++)
            CHECK(!vmaf_picture_alloc(&pic[k], VMAF_PIX_FMT_YUV420P, 8,
                                      i % 5 ? 64 : 96, 48));
        for (unsigned k = 0; k < 2; k++) {
            unsigned char *luma = pic[k].data[0], any = 0;
            for (size_t x = 0; x < luma_size(&pic[k]); x++)
                any |= luma[x];
            CHECK(!any);
            memset(luma, 0xff, luma_size(&pic[k]));
            CHECK(!vmaf_picture_unref(&pic[k]));
        }
    }
    return NULL;
}

static void test_blocks_from_threads(void)
{
    pthread_t thread[3];
    for (unsigned i = 0; i < 3; i++)
        CHECK(!pthread_create(&thread[i], NULL, take_and_give, NULL));
    for (unsigned i = 0; i < 50; i++)
        CHECK(!vmaf_close(toys_context(0, 0)));
    for (unsigned i = 0; i < 3; i++)
        CHECK(!pthread_join(thread[i], NULL));
}

/* While a context is open, memory of a size comes back, zeroed. */
static void test_blocks_come_back(void)
{
    VmafContext *ctx = toys_context(0, 0);
    VmafPicture pic;
    CHECK(!vmaf_picture_alloc(&pic, VMAF_PIX_FMT_YUV420P, 8, 320, 180));
    const void *const first = pic.data[0];
    for (unsigned i = 0; i < 9; i++) {
        CHECK(pic.data[0] == first);
        CHECK(!*(char *)pic.data[0]);
        memset(pic.data[0], 0xff, luma_size(&pic));
        CHECK(!vmaf_picture_unref(&pic));
        CHECK(!vmaf_picture_alloc(&pic, VMAF_PIX_FMT_YUV420P, 8, 322, 180));
        CHECK(pic.data[0] != first);
        CHECK(!vmaf_picture_unref(&pic));
        CHECK(!vmaf_picture_alloc(&pic, VMAF_PIX_FMT_YUV420P, 8, 320, 180));
    }
    CHECK(!vmaf_close(ctx));
    CHECK(!vmaf_picture_unref(&pic));
}

int main(void)
{
    alarm(300); /* a hang is a failure */
    toys_register();
    test_geometry();
    test_default_pool();
    test_blocks_come_back();
    test_blocks_from_threads();
    static const unsigned threads[] = { 0, 1, 4 };
    for (unsigned i = 0; i < 3; i++) {
        test_wrap(threads[i]);
        for (unsigned size = 2; size <= 5; size++) {
            test_pool(threads[i], size);
            test_pool_ahead(threads[i], size);
        }
    }
    puts("picture: ok");
    return 0;
}
