/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A picture pool. Each slot keeps one allocated picture for its own; what is
 * handed out is the same planes under a second reference, whose release puts
 * the slot back, last in first out.
 */
#include "picture_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "picture.h"
#include "wait.h"

typedef struct Slot {
    VmafPicture pic; /* holds the planes as long as the pool lives */
    VmafRef ref;     /* of what is handed out */
    struct Slot *next_free;
} Slot;

struct PicturePool {
    pthread_mutex_t lock;
    pthread_cond_t returned;
    Slot *slot;
    Slot *free;
    unsigned cnt, free_cnt;
    unsigned waiting; /* announced, and not served yet */
    bool detached;
};

static void destroy(PicturePool *pool)
{
    for (unsigned i = 0; i < pool->cnt; i++)
        vmaf_picture_unref(&pool->slot[i].pic);
    free(pool->slot);
    pthread_cond_destroy(&pool->returned);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* Call with the lock held, which this gives up. */
static void unlock_or_destroy(PicturePool *pool)
{
    const bool over =
        pool->detached && pool->free_cnt == pool->cnt && !pool->waiting;
    pthread_mutex_unlock(&pool->lock);
    if (over)
        destroy(pool);
}

static void push(PicturePool *pool, Slot *slot)
{
    slot->next_free = pool->free;
    pool->free = slot;
    pool->free_cnt++;
}

static void release_slot(VmafRef *ref)
{
    PicturePool *pool = ref->cookie;
    pthread_mutex_lock(&pool->lock);
    push(pool, (Slot *)ref->block);
    pthread_cond_signal(&pool->returned);
    unlock_or_destroy(pool);
}

static int init_locks(PicturePool *pool)
{
    int err = pthread_mutex_init(&pool->lock, NULL);
    if (!err && (err = wait_cond_init(&pool->returned)))
        pthread_mutex_destroy(&pool->lock);
    return -err;
}

/* A system that promises more memory than it has would end the process when
 * the pictures are zeroed, so ask beforehand. */
static bool is_too_large(double mib)
{
    const double pages = (double)sysconf(_SC_PHYS_PAGES);
    return pages > 0 && mib > pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static int fail_for_memory(const VmafPictureConfiguration *cfg, double mib)
{
    log_line(VMAF_LOG_LEVEL_ERROR,
             "no memory for a pool of %u pictures (pic_cnt) of %ux%u, %.0f "
             "MiB in all: ask for fewer or smaller ones",
             cfg->pic_cnt, cfg->pic_params.w, cfg->pic_params.h, mib);
    return -ENOMEM;
}

int picture_pool_create(PicturePool **out, VmafPictureConfiguration cfg)
{
    size_t size;
    int err = picture_size(&size, cfg.pic_params.pix_fmt, cfg.pic_params.bpc,
                           cfg.pic_params.w, cfg.pic_params.h);
    if (err)
        return err;
    const double mib = (double)size * cfg.pic_cnt / (1 << 20);
    PicturePool *pool = is_too_large(mib) ? NULL : calloc(1, sizeof *pool);
    if (!pool)
        return fail_for_memory(&cfg, mib);
    err = init_locks(pool);
    if (err) {
        free(pool);
        return err;
    }
    pool->slot = calloc(cfg.pic_cnt, sizeof *pool->slot);
    if (!pool->slot)
        err = -ENOMEM;
    for (unsigned i = 0; i < cfg.pic_cnt && !err; i++) {
        Slot *slot = &pool->slot[i];
        err = vmaf_picture_alloc(&slot->pic, cfg.pic_params.pix_fmt,
                                 cfg.pic_params.bpc, cfg.pic_params.w,
                                 cfg.pic_params.h);
        if (err)
            break;
        slot->ref.release = release_slot;
        slot->ref.cookie = pool;
        slot->ref.block = slot;
        pool->cnt++;
        push(pool, slot);
    }
    if (err == -ENOMEM)
        fail_for_memory(&cfg, mib);
    if (err)
        destroy(pool);
    else
        *out = pool;
    return err;
}

void picture_pool_detach(PicturePool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->detached = true;
    pthread_cond_broadcast(&pool->returned);
    unlock_or_destroy(pool);
}

void picture_pool_announce(PicturePool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->waiting++;
    pthread_mutex_unlock(&pool->lock);
}

/* With the lock held: until there is a picture, or none will come. */
static void wait_for_picture(PicturePool *pool, const unsigned *milliseconds)
{
    const struct timespec until = wait_until(milliseconds ? *milliseconds : 0);
    bool in_time = true;
    while (!pool->free && !pool->detached && in_time) {
        if (milliseconds)
            in_time = wait_cond(&pool->returned, &pool->lock, &until);
        else
            pthread_cond_wait(&pool->returned, &pool->lock);
    }
}

int picture_pool_take(PicturePool *pool, VmafPicture *pic,
                      const unsigned *milliseconds)
{
    int err = 0;
    pthread_mutex_lock(&pool->lock);
    wait_for_picture(pool, milliseconds);
    pool->waiting--;
    if (pool->detached) {
        err = -ECANCELED;
    } else if (!pool->free) {
        err = -EAGAIN;
    } else {
        Slot *slot = pool->free;
        pool->free = slot->next_free;
        pool->free_cnt--;
        atomic_store(&slot->ref.cnt, 1);
        *pic = slot->pic;
        pic->ref = &slot->ref;
    }
    unlock_or_destroy(pool);
    return err;
}

bool picture_pool_starves(PicturePool *pool)
{
    pthread_mutex_lock(&pool->lock);
    const bool starves = pool->waiting > pool->free_cnt;
    pthread_mutex_unlock(&pool->lock);
    return starves;
}

bool picture_pool_idle(PicturePool *pool)
{
    pthread_mutex_lock(&pool->lock);
    const bool idle = pool->free_cnt == pool->cnt && !pool->waiting;
    pthread_mutex_unlock(&pool->lock);
    return idle;
}

bool picture_pool_lent(const VmafPicture *pic)
{
    return pic->ref && pic->ref->release == release_slot;
}

bool picture_pool_owns(const PicturePool *pool, const VmafPicture *pic)
{
    return pool && pic->ref && pic->ref->cookie == pool;
}
