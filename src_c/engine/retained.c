/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "retained.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "picture.h"
#include "wait.h"

int retained_init(Retained *retained)
{
    int err = -pthread_mutex_init(&retained->lock, NULL);
    if (!err && (err = -wait_cond_init(&retained->idle)))
        pthread_mutex_destroy(&retained->lock);
    return err;
}

void retained_free(Retained *retained)
{
    picture_pool_detach(retained->pool);
    pthread_cond_destroy(&retained->idle);
    pthread_mutex_destroy(&retained->lock);
}

void retained_want(Retained *retained, const PyvmafNeeds *needs)
{
    pthread_mutex_lock(&retained->lock);
    if (needs->earlier_ref > retained->ref_cnt)
        retained->ref_cnt = needs->earlier_ref;
    if (needs->earlier_dist > retained->dist_cnt)
        retained->dist_cnt = needs->earlier_dist;
    pthread_mutex_unlock(&retained->lock);
}

static void unref(VmafPicture *pic)
{
    if (pic->ref)
        vmaf_picture_unref(pic);
}

void earlier_pair_unref(EarlierPair *pair)
{
    unref(&pair->ref);
    unref(&pair->dist);
}

/* With the lock held: keep what is wanted at each position and no more. What is
 * let go is moved to `gone`. */
static unsigned trim(Retained *retained, VmafPicture *gone)
{
    unsigned cnt = 0;
    for (unsigned i = 0; i < retained->cnt; i++) {
        EarlierPair *pair = &retained->pair[i];
        if (i >= retained->ref_cnt && pair->ref.ref) {
            gone[cnt++] = pair->ref;
            pair->ref = (VmafPicture){ 0 };
        }
        if (i >= retained->dist_cnt && pair->dist.ref) {
            gone[cnt++] = pair->dist;
            pair->dist = (VmafPicture){ 0 };
        }
    }
    const unsigned most = retained->ref_cnt > retained->dist_cnt
                              ? retained->ref_cnt
                              : retained->dist_cnt;
    if (retained->cnt > most)
        retained->cnt = most;
    return cnt;
}

/* A picture of another context's pool, which could not ask for it back, is
 * copied; without memory for that it is missing. */
static VmafPicture keep(const Retained *retained, const VmafPicture *pic)
{
    VmafPicture copy = { 0 };
    if (!picture_pool_lent(pic) || picture_pool_owns(retained->pool, pic))
        return picture_share(pic);
    picture_copy(&copy, pic);
    return copy;
}

void retained_push(Retained *retained, const VmafPicture *ref,
                   const VmafPicture *dist, unsigned index)
{
    VmafPicture gone[2 * PYVMAF_EARLIER_MAX + 2];
    pthread_mutex_lock(&retained->lock);
    EarlierPair *const pair = retained->pair;
    const bool again = retained->cnt && pair[0].index == index;
    EarlierPair last = { 0 };
    if (again) {
        last = pair[0];
    } else {
        last = pair[PYVMAF_EARLIER_MAX - 1];
        memmove(&pair[1], &pair[0], (PYVMAF_EARLIER_MAX - 1) * sizeof *pair);
        retained->cnt += retained->cnt < PYVMAF_EARLIER_MAX;
    }
    pair[0] = (EarlierPair){ index, keep(retained, ref), keep(retained, dist) };
    const unsigned cnt = trim(retained, gone);
    pthread_mutex_unlock(&retained->lock);
    earlier_pair_unref(&last);
    for (unsigned i = 0; i < cnt; i++)
        vmaf_picture_unref(&gone[i]);
}

unsigned retained_share(Retained *retained,
                        EarlierPair pair[PYVMAF_EARLIER_MAX])
{
    pthread_mutex_lock(&retained->lock);
    const unsigned cnt = retained->cnt;
    for (unsigned i = 0; i < cnt; i++) {
        const EarlierPair *from = &retained->pair[i];
        pair[i] = (EarlierPair){ from->index, picture_share(&from->ref),
                                 picture_share(&from->dist) };
    }
    pthread_mutex_unlock(&retained->lock);
    return cnt;
}

void retained_drop(Retained *retained)
{
    EarlierPair pair[PYVMAF_EARLIER_MAX];
    pthread_mutex_lock(&retained->lock);
    memcpy(pair, retained->pair, sizeof pair);
    memset(retained->pair, 0, sizeof pair);
    retained->cnt = 0;
    pthread_mutex_unlock(&retained->lock);
    for (unsigned i = 0; i < PYVMAF_EARLIER_MAX; i++)
        earlier_pair_unref(&pair[i]);
}

/* Replace a retained picture of the pool by a copy; without memory for one,
 * the picture is missing, which who looks back at it will say. */
static void evict(Retained *retained, VmafPicture *pic)
{
    VmafPicture copy = { 0 };
    if (!picture_pool_owns(retained->pool, pic))
        return;
    picture_copy(&copy, pic);
    vmaf_picture_unref(pic);
    *pic = copy;
}

static void evict_all(Retained *retained)
{
    for (unsigned i = 0; i < retained->cnt; i++) {
        evict(retained, &retained->pair[i].ref);
        evict(retained, &retained->pair[i].dist);
    }
}

/* Somebody waits for a picture that no frame in work will give back. */
static void feed_pool(Retained *retained)
{
    if (retained->pool && !retained->in_work &&
        picture_pool_starves(retained->pool))
        evict_all(retained);
}

void retained_count_work(Retained *retained, int change)
{
    pthread_mutex_lock(&retained->lock);
    retained->in_work += (unsigned)change;
    feed_pool(retained);
    if (!retained->in_work)
        pthread_cond_broadcast(&retained->idle);
    pthread_mutex_unlock(&retained->lock);
}

int retained_wait(Retained *retained, const unsigned *milliseconds)
{
    const struct timespec until = wait_until(milliseconds ? *milliseconds : 0);
    bool in_time = true;
    pthread_mutex_lock(&retained->lock);
    while (retained->in_work && in_time) {
        if (milliseconds)
            in_time = wait_cond(&retained->idle, &retained->lock, &until);
        else
            pthread_cond_wait(&retained->idle, &retained->lock);
    }
    const int err = retained->in_work ? -EAGAIN : 0;
    pthread_mutex_unlock(&retained->lock);
    return err;
}

static int replace_pool(Retained *retained, VmafPictureConfiguration cfg)
{
    evict_all(retained);
    if (retained->pool && !picture_pool_idle(retained->pool)) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "pictures of the present pool are still in use");
        return -EBUSY;
    }
    PicturePool *pool;
    const int err = picture_pool_create(&pool, cfg);
    if (err)
        return err;
    picture_pool_detach(retained->pool);
    retained->pool = pool;
    return 0;
}

int retained_replace_pool(Retained *retained, VmafPictureConfiguration cfg)
{
    pthread_mutex_lock(&retained->lock);
    const int err = replace_pool(retained, cfg);
    pthread_mutex_unlock(&retained->lock);
    return err;
}

int retained_pool(Retained *retained, const VmafPictureConfiguration *cfg,
                  PicturePool **pool)
{
    int err = 0;
    pthread_mutex_lock(&retained->lock);
    if (!retained->pool)
        err = cfg ? picture_pool_create(&retained->pool, *cfg) : -EINVAL;
    *pool = retained->pool;
    if (!err) {
        picture_pool_announce(retained->pool);
        feed_pool(retained);
    }
    pthread_mutex_unlock(&retained->lock);
    return err;
}
