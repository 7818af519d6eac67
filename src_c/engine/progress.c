/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "progress.h"

int progress_init(Progress *progress)
{
    return -pthread_mutex_init(&progress->lock, NULL);
}

void progress_free(Progress *progress)
{
    frameset_free(&progress->done);
    pthread_mutex_destroy(&progress->lock);
}

void progress_submit(Progress *progress, unsigned index)
{
    pthread_mutex_lock(&progress->lock);
    if (!progress->begun)
        progress->base = progress->next = index;
    progress->begun = true;
    pthread_mutex_unlock(&progress->lock);
}

int progress_done(Progress *progress, unsigned index)
{
    pthread_mutex_lock(&progress->lock);
    const int err = frameset_add(&progress->done, index);
    pthread_mutex_unlock(&progress->lock);
    return err;
}

bool progress_has(Progress *progress, unsigned index)
{
    pthread_mutex_lock(&progress->lock);
    const bool found = frameset_has(&progress->done, index);
    pthread_mutex_unlock(&progress->lock);
    return found;
}

bool progress_take(Progress *progress, PyvmafSpan *span)
{
    pthread_mutex_lock(&progress->lock);
    *span = (PyvmafSpan){
        .base = progress->base,
        .begin = progress->next,
        .end = frameset_end(&progress->done, progress->next),
    };
    const bool take = !progress->settling && span->end > span->begin;
    progress->settling |= take;
    pthread_mutex_unlock(&progress->lock);
    return take;
}

void progress_settled(Progress *progress, const PyvmafSpan *span)
{
    pthread_mutex_lock(&progress->lock);
    progress->next = span->end;
    progress->settling = false;
    progress->finished |= span->last;
    pthread_mutex_unlock(&progress->lock);
}

PyvmafSpan progress_finish(Progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    const PyvmafSpan span = { progress->base, progress->next, progress->next,
                              true };
    pthread_mutex_unlock(&progress->lock);
    return span;
}

bool progress_is_final(Progress *progress, unsigned index, unsigned look_ahead)
{
    pthread_mutex_lock(&progress->lock);
    const bool final =
        progress->finished || !progress->begun || index < progress->base ||
        (progress->next > index && progress->next - index > look_ahead);
    pthread_mutex_unlock(&progress->lock);
    return final;
}
