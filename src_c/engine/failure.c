/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "failure.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pyvmaf/pyvmaf.h"

void failure_store(Failure *failure, int err, unsigned index)
{
    char *message = strdup(pyvmaf_last_message());
    pthread_mutex_lock(&failure->lock);
    if (!failure->err || index < failure->index) {
        char *before = failure->message;
        failure->err = err;
        failure->index = index;
        failure->message = message;
        message = before;
    }
    pthread_mutex_unlock(&failure->lock);
    free(message);
}

int failure_take(Failure *failure)
{
    pthread_mutex_lock(&failure->lock);
    const int err = failure->err;
    char *message = failure->message;
    failure->err = 0;
    failure->message = NULL;
    pthread_mutex_unlock(&failure->lock);
    if (err)
        log_remember("%s", message ? message : strerror(-err));
    free(message);
    return err;
}
