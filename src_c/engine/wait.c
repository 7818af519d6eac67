/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "wait.h"

/* macOS cannot choose the clock of a condition variable. */
#if defined(__APPLE__)
#define WAIT_CLOCK CLOCK_REALTIME
#else
#define WAIT_CLOCK CLOCK_MONOTONIC
#endif

int wait_cond_init(pthread_cond_t *cond)
{
#if defined(__APPLE__)
    return pthread_cond_init(cond, NULL);
#else
    pthread_condattr_t attributes;
    int err = pthread_condattr_init(&attributes);
    if (err)
        return err;
    err = pthread_condattr_setclock(&attributes, WAIT_CLOCK);
    if (!err)
        err = pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
    return err;
#endif
}

struct timespec wait_until(unsigned milliseconds_from_now)
{
    struct timespec t;
    clock_gettime(WAIT_CLOCK, &t);
    t.tv_sec += milliseconds_from_now / 1000;
    t.tv_nsec += milliseconds_from_now % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

bool wait_cond(pthread_cond_t *cond, pthread_mutex_t *lock,
               const struct timespec *until)
{
    return pthread_cond_timedwait(cond, lock, until) == 0;
}
