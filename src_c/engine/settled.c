/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "settled.h"

#include <errno.h>
#include <limits.h>

#include "context.h"
#include "pyvmaf/pyvmaf.h"
#include "wait.h"

int settled_init(Settled *settled)
{
    int err = -pthread_mutex_init(&settled->lock, NULL);
    if (!err && (err = -wait_cond_init(&settled->more)))
        pthread_mutex_destroy(&settled->lock);
    return err;
}

void settled_free(Settled *settled)
{
    frameset_free(&settled->read);
    pthread_cond_destroy(&settled->more);
    pthread_mutex_destroy(&settled->lock);
}

int settled_add(Settled *settled, unsigned index)
{
    pthread_mutex_lock(&settled->lock);
    const int err = frameset_add(&settled->read, index);
    pthread_mutex_unlock(&settled->lock);
    return err;
}

void settled_announce(Settled *settled)
{
    pthread_mutex_lock(&settled->lock);
    pthread_cond_broadcast(&settled->more);
    pthread_mutex_unlock(&settled->lock);
}

void settled_end(Settled *settled)
{
    pthread_mutex_lock(&settled->lock);
    settled->over = true;
    pthread_cond_broadcast(&settled->more);
    pthread_mutex_unlock(&settled->lock);
}

void settled_abandon(Settled *settled)
{
    pthread_mutex_lock(&settled->lock);
    settled->abandoned = true;
    pthread_cond_broadcast(&settled->more);
    pthread_mutex_unlock(&settled->lock);
}

static bool is_final(VmafContext *ctx, unsigned index)
{
    bool final = true;
    for (unsigned i = 0; i < ctx->reg_cnt && final; i++)
        final = registration_is_final(ctx->reg[i], index);
    return final;
}

/* With the lock held. */
static int take_next(VmafContext *ctx, unsigned *index)
{
    Settled *settled = &ctx->settled;
    const int none_yet = settled->abandoned ? -ECANCELED : -EAGAIN;
    const unsigned next = frameset_next(&settled->read, settled->next);
    if (next == UINT_MAX)
        return settled->over ? -ENODATA : none_yet;
    if (!settled->over && !is_final(ctx, next))
        return none_yet;
    settled->next = next + 1;
    *index = next;
    return 0;
}

int pyvmaf_next_settled(VmafContext *vmaf, unsigned *index)
{
    return pyvmaf_wait_settled(vmaf, index, 0);
}

int pyvmaf_wait_settled(VmafContext *vmaf, unsigned *index,
                        unsigned milliseconds)
{
    int err = context_check("pyvmaf_wait_settled", vmaf && index);
    if (err)
        return err;
    Settled *settled = &vmaf->settled;
    const struct timespec until = wait_until(milliseconds);
    pthread_mutex_lock(&settled->lock);
    bool in_time = milliseconds > 0;
    while ((err = take_next(vmaf, index)) == -EAGAIN && in_time)
        in_time = wait_cond(&settled->more, &settled->lock, &until);
    pthread_mutex_unlock(&settled->lock);
    return err;
}
