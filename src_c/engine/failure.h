/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What failed where no caller waits, until a call reports it: of several, the one
 * of the earliest frame and there of the first registration. */
#ifndef FAILURE_H
#define FAILURE_H

#include <pthread.h>

typedef struct Failure {
    pthread_mutex_t lock;
    int err;
    unsigned index;
    char *message;
} Failure;

/* Note a failure at that frame, with this thread's last message as its reason. */
void failure_store(Failure *failure, int err, unsigned index);

/* Hand it to the calling thread: the error, and the reason as its last message.
 * 0: there is none. */
int failure_take(Failure *failure);

#endif
