/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Waiting for a condition with a time limit, on the clock that nobody sets. */
#ifndef WAIT_H
#define WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/* 0 or an errno value. */
int wait_cond_init(pthread_cond_t *cond);
struct timespec wait_until(unsigned milliseconds_from_now);
/* Like pthread_cond_wait(); false: the time is over. */
bool wait_cond(pthread_cond_t *cond, pthread_mutex_t *lock,
               const struct timespec *until);

#endif
