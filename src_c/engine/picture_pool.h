/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A fixed number of pictures that come back when their last reference goes. */
#ifndef PICTURE_POOL_H
#define PICTURE_POOL_H

#include <stdbool.h>

#include "libvmaf/libvmaf.h"

typedef struct PicturePool PicturePool;

int picture_pool_create(PicturePool **pool, VmafPictureConfiguration cfg);

/* Give the pool up. It is freed when the last of its pictures comes back; a
 * fetch that waits fails with -ECANCELED. */
void picture_pool_detach(PicturePool *pool);

/* Take a picture, waiting while there is none, at most so many milliseconds
 * (NULL: for ever); then -EAGAIN. Fetching is in two steps so
 * that a picture that is retained elsewhere can be let go between them:
 * announce (after which picture_pool_starves() may be true), then take. */
void picture_pool_announce(PicturePool *pool);
int picture_pool_take(PicturePool *pool, VmafPicture *pic,
                      const unsigned *milliseconds);

/* Someone waits, or is about to, and nothing is free. */
bool picture_pool_starves(PicturePool *pool);
/* Nothing is out and nobody waits. */
bool picture_pool_idle(PicturePool *pool);
/* Is it of any pool, and of this one? */
bool picture_pool_lent(const VmafPicture *pic);
bool picture_pool_owns(const PicturePool *pool, const VmafPicture *pic);

#endif
