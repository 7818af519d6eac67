/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The pictures of earlier frames that extractors look back at, and the pool that
 * pictures may come from: a retained picture of the pool is let go, by a copy,
 * before somebody would wait for it for ever.
 */
#ifndef RETAINED_H
#define RETAINED_H

#include <pthread.h>
#include <stdbool.h>

#include "picture_pool.h"
#include "pyvmaf/extractor.h"

typedef struct EarlierPair {
    unsigned index;
    VmafPicture ref, dist; /* without a reference: none, or not wanted */
} EarlierPair;

typedef struct Retained {
    pthread_mutex_t lock;
    unsigned ref_cnt, dist_cnt;           /* how many of each side are wanted */
    unsigned cnt;                         /* frames retained */
    EarlierPair pair[PYVMAF_EARLIER_MAX]; /* the latest first */
    unsigned in_work;    /* frames, which will give pictures back */
    pthread_cond_t idle; /* none is */
    PicturePool *pool;
} Retained;

/* Of zeroed memory; 0 or a negative errno value. */
int retained_init(Retained *retained);
void retained_free(Retained *retained);

/* From now on keep so many of each side, and no fewer than before. */
void retained_want(Retained *retained, const PyvmafNeeds *needs);
/* The latest frame. One of the same index takes its place. */
void retained_push(Retained *retained, const VmafPicture *ref,
                   const VmafPicture *dist, unsigned index);
/* Other references to what is retained; returns how many frames. */
unsigned retained_share(Retained *retained,
                        EarlierPair pair[PYVMAF_EARLIER_MAX]);
void retained_drop(Retained *retained);
/* Give back what a pair refers to. */
void earlier_pair_unref(EarlierPair *pair);

/* Count frames that are at work, on whatever thread, and hold pictures. */
void retained_count_work(Retained *retained, int change);
/* Wait until none is, at most so long (NULL: for ever); then -EAGAIN. */
int retained_wait(Retained *retained, const unsigned *milliseconds);

/* Replace the pool. -EBUSY: pictures of the present one are in use. */
int retained_replace_pool(Retained *retained, VmafPictureConfiguration cfg);
/* The pool, made by `cfg` if there is none (NULL: do not make one), with a fetch
 * announced. -EINVAL, without a line: there is none. */
int retained_pool(Retained *retained, const VmafPictureConfiguration *cfg,
                  PicturePool **pool);

#endif
