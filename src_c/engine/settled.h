/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Frames in the order in which all of their scores are final. */
#ifndef SETTLED_H
#define SETTLED_H

#include <pthread.h>

#include "frameset.h"

typedef struct Settled {
    pthread_mutex_t lock;
    pthread_cond_t more;
    FrameSet read;  /* frames to be scored */
    unsigned next;  /* the first index that has not been handed out */
    bool over;      /* the run was flushed */
    bool abandoned; /* nobody is to wait any more */
} Settled;

int settled_init(Settled *settled);
void settled_free(Settled *settled);

/* A frame was read. -ENOMEM. */
int settled_add(Settled *settled, unsigned index);
/* Some registration went on: who waits may look again. */
void settled_announce(Settled *settled);
void settled_end(Settled *settled);
void settled_abandon(Settled *settled);

#endif
