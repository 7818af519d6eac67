/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Several distorted streams against one reference, each in a context of its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "pyvmaf/pyvmaf.h"
#include "read.h"

static const char *const call = "pyvmaf_read_together";

static int refuse_twice(unsigned i, unsigned k, const char *what)
{
    log_line(VMAF_LOG_LEVEL_ERROR, "%s(): streams %u and %u have the same %s",
             call, k, i, what);
    return -EINVAL;
}

static int check_streams(const PyvmafStream *stream, unsigned cnt,
                         const VmafPicture *ref)
{
    int err = context_check(call, stream && ref);
    if (!err && (!cnt || cnt > PYVMAF_LANE_MAX)) {
        log_line(VMAF_LOG_LEVEL_ERROR, "%s(): %u streams, must be 1 to %d",
                 call, cnt, PYVMAF_LANE_MAX);
        err = -EINVAL;
    }
    for (unsigned i = 0; i < cnt && !err; i++) {
        err = context_check(call, stream[i].context && stream[i].dist);
        for (unsigned k = 0; k < i && !err; k++) {
            if (stream[k].context == stream[i].context)
                err = refuse_twice(i, k, "context");
            else if (stream[k].dist == stream[i].dist)
                err = refuse_twice(i, k, "distorted picture");
        }
    }
    return err;
}

/* All contexts or none, in the one order that keeps calls with the same contexts
 * from waiting for each other. */
static int lock_all(const PyvmafStream *stream, unsigned cnt,
                    VmafContext *locked[PYVMAF_LANE_MAX])
{
    int err = 0;
    unsigned done = 0;
    for (unsigned i = 0; i < cnt; i++) {
        unsigned at = i;
        for (; at && locked[at - 1] > stream[i].context; at--)
            locked[at] = locked[at - 1];
        locked[at] = stream[i].context;
    }
    while (done < cnt && !(err = context_lock(locked[done], call)))
        done++;
    while (err && done)
        context_unlock(locked[--done]);
    return err;
}

/* With all locked. */
static int read_streams(PyvmafStream *stream, unsigned cnt,
                        const FramePair *pair)
{
    Reading reading[PYVMAF_LANE_MAX];
    int err = 0;
    for (unsigned i = 0; i < cnt && !err; i++)
        err = reading_check(stream[i].context, call);
    if (err)
        return err;
    for (unsigned i = 0; i < cnt; i++) {
        reading[i] = (Reading){ .ctx = stream[i].context, .pair = *pair };
        reading[i].pair.dist = stream[i].dist;
    }
    reading_run(reading, cnt);
    for (unsigned i = 0; i < cnt; i++) {
        stream[i].err = reading[i].err;
        memcpy(stream[i].reason, reading[i].reason, sizeof stream[i].reason);
    }
    return 0;
}

static int lock_and_read(PyvmafStream *stream, unsigned cnt,
                         const FramePair *pair)
{
    VmafContext *locked[PYVMAF_LANE_MAX];
    int err = lock_all(stream, cnt, locked);
    if (err)
        return err;
    err = read_streams(stream, cnt, pair);
    for (unsigned i = 0; i < cnt; i++)
        context_unlock(locked[i]);
    return err;
}

static void take(VmafPicture *pic)
{
    if (pic && pic->ref)
        vmaf_picture_unref(pic);
}

/* The call's answer is the first stream's that has failed. */
static int answer(const PyvmafStream *stream, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i++) {
        if (stream[i].err) {
            log_remember("%s", stream[i].reason);
            return stream[i].err;
        }
    }
    return 0;
}

int pyvmaf_read_together(PyvmafStream *stream, unsigned cnt, VmafPicture *ref,
                         unsigned index, int halo)
{
    const FramePair pair = { .ref = ref, .index = index, .halo = halo };
    int err = check_streams(stream, cnt, ref);
    if (!err)
        err = lock_and_read(stream, cnt, &pair);
    take(ref);
    for (unsigned i = 0; stream && i < cnt; i++) {
        take(stream[i].dist);
        if (err) {
            stream[i].err = err;
            snprintf(stream[i].reason, sizeof stream[i].reason, "%s",
                     pyvmaf_last_message());
        }
    }
    return err ? err : answer(stream, cnt);
}
