/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One frame: a pair of pictures is validated, every registration that is due
 * sees it, on this thread or in a worker, and the reference is retained for
 * frames that look back. The flush ends it all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pyvmaf/pyvmaf.h"
#include "context.h"
#include "log.h"
#include "picture.h"

/* Registrations that still have to see the frame; NULL when done. */
typedef struct Frame {
    VmafContext *ctx;
    PyvmafExtractorInit init;
    unsigned index;
    VmafPicture ref, dist, prev[2];
    unsigned todo_cnt;
    Registration *todo[];
} Frame;

static void frame_free(Frame *frame)
{
    VmafPicture *pic[] = { &frame->ref, &frame->dist, &frame->prev[0],
                           &frame->prev[1] };
    for (unsigned i = 0; i < 4; i++) {
        if (pic[i]->ref)
            vmaf_picture_unref(pic[i]);
    }
    free(frame);
}

/* libvmaf's subsampling: whatever carries something from frame to frame sees
 * every one. */
static bool is_due(const VmafContext *ctx, const Registration *reg,
                   unsigned index)
{
    return reg->extractor->flags || index % ctx->cfg.n_subsample == 0;
}

static Frame *frame_new(VmafContext *ctx, const VmafPicture *ref,
                        const VmafPicture *dist, unsigned index)
{
    Frame *frame =
        calloc(1, sizeof *frame + ctx->reg_cnt * sizeof *frame->todo);
    if (!frame)
        return NULL;
    frame->ctx = ctx;
    frame->init = ctx->retained.geometry;
    frame->index = index;
    frame->ref = picture_share(ref);
    frame->dist = picture_share(dist);
    pthread_mutex_lock(&ctx->retained.lock);
    for (unsigned i = 0; i < 2; i++)
        frame->prev[i] = picture_share(&ctx->retained.prev[i]);
    pthread_mutex_unlock(&ctx->retained.lock);
    for (unsigned i = 0; i < ctx->reg_cnt; i++) {
        if (is_due(ctx, ctx->reg[i], index))
            frame->todo[frame->todo_cnt++] = ctx->reg[i];
    }
    return frame;
}

/* Registrations that one call serves, in order of registration. */
typedef struct Batch {
    unsigned cnt;
    Registration *reg[EXTRACTOR_GROUP_MAX];
    Instance *instance[EXTRACTOR_GROUP_MAX];
    void *state[EXTRACTOR_GROUP_MAX];
    PyvmafScores *scores[EXTRACTOR_GROUP_MAX];
} Batch;

static int batch_add(Batch *batch, Registration *reg,
                     const PyvmafExtractorInit *init)
{
    Instance *instance;
    const int err = registration_acquire(reg, init, &instance);
    if (err)
        return err;
    batch->reg[batch->cnt] = reg;
    batch->instance[batch->cnt] = instance;
    batch->state[batch->cnt] = instance->state;
    batch->scores[batch->cnt] = &reg->scores;
    batch->cnt++;
    return 0;
}

static void batch_drop_last(Batch *batch)
{
    batch->cnt--;
    registration_release(batch->reg[batch->cnt], batch->instance[batch->cnt]);
}

/* The registration at `first`, and later ones that it can serve too. */
static int batch_fill(Batch *batch, Frame *frame, unsigned first)
{
    Registration *leader = frame->todo[first];
    const ExtractorGroup *group = leader->group;
    int err = batch_add(batch, leader, &frame->init);
    frame->todo[first] = NULL;
    for (unsigned i = first + 1;
         group && !err && i < frame->todo_cnt && batch->cnt < group->max; i++) {
        if (!frame->todo[i] || frame->todo[i]->group != group)
            continue;
        err = batch_add(batch, frame->todo[i], &frame->init);
        if (err)
            break;
        if (group->compatible(batch->state[0], batch->state[batch->cnt - 1]))
            frame->todo[i] = NULL;
        else
            batch_drop_last(batch);
    }
    return err;
}

static int batch_extract(Batch *batch, const Frame *frame)
{
    const PyvmafExtractor *extractor = batch->reg[0]->extractor;
    const bool back = extractor->flags & PYVMAF_EXTRACTOR_PREV_REF;
    const VmafPicture *prev = frame->prev;
    const PyvmafFrame view = {
        .index = frame->index,
        .ref = &frame->ref,
        .dist = &frame->dist,
        .prev_ref = back && prev[0].ref ? &prev[0] : NULL,
        .prev_prev_ref = back && prev[1].ref ? &prev[1] : NULL,
    };
    const int err =
        batch->cnt == 1
            ? extractor->extract(batch->state[0], &view, batch->scores[0])
            : batch->reg[0]->group->extract(batch->state, batch->scores,
                                            batch->cnt, &view);
    return err > 0 ? -EINVAL : err;
}

/* What the extractor logged is the reason that the caller gets to see. */
static void log_problem(const Frame *frame, const PyvmafExtractor *extractor,
                        int err, bool has_reason)
{
    static const char text[] =
        "problem with feature extractor \"%s\" at index %u";
    char reason[1024];
    snprintf(reason, sizeof reason, "%s",
             has_reason ? pyvmaf_last_message() : strerror(-err));
    char line[512];
    snprintf(line, sizeof line, text, extractor->name, frame->index);
    log_line(VMAF_LOG_LEVEL_WARNING, "%s", line);
    log_remember("%s: %s", line, reason);
}

static int run_one(Frame *frame, unsigned i)
{
    const PyvmafExtractor *extractor = frame->todo[i]->extractor;
    const unsigned long mark = log_mark();
    VmafContext *before = context_work_for(frame->ctx);
    Batch batch = { 0 };
    int err = batch_fill(&batch, frame, i);
    if (!err)
        err = batch_extract(&batch, frame);
    while (batch.cnt)
        batch_drop_last(&batch);
    context_work_for(before);
    if (err)
        log_problem(frame, extractor, err, log_mark() != mark);
    return err;
}

/* Up to the first failure: what follows it is skipped for this frame. */
static int frame_run(Frame *frame, bool temporal_only)
{
    int err = 0;
    for (unsigned i = 0; i < frame->todo_cnt && !err; i++) {
        const Registration *reg = frame->todo[i];
        if (!reg || (temporal_only &&
                     !(reg->extractor->flags & PYVMAF_EXTRACTOR_TEMPORAL)))
            continue;
        err = run_one(frame, i);
    }
    return err;
}

static bool frame_is_done(const Frame *frame)
{
    for (unsigned i = 0; i < frame->todo_cnt; i++) {
        if (frame->todo[i])
            return false;
    }
    return true;
}

static void failure_store(Failure *failure, int err)
{
    pthread_mutex_lock(&failure->lock);
    if (!failure->err) {
        failure->err = err;
        failure->message = strdup(pyvmaf_last_message());
    }
    pthread_mutex_unlock(&failure->lock);
}

/* Hand a worker's failure to the calling thread: code and last message. */
static int failure_take(Failure *failure)
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

/* Start, or end, to count a frame that holds pictures. */
static void count_in_work(VmafContext *ctx, int change)
{
    Retained *retained = &ctx->retained;
    pthread_mutex_lock(&retained->lock);
    retained->in_work += (unsigned)change;
    context_feed_pool(ctx);
    pthread_mutex_unlock(&retained->lock);
}

void frame_run_job(void *job)
{
    Frame *frame = job;
    VmafContext *ctx = frame->ctx;
    const int err = frame_run(frame, false);
    if (err)
        failure_store(&ctx->failure, err);
    frame_free(frame);
    count_in_work(ctx, -1);
}

/* The first reference picture of all fixes what the others must be. */
static void fix_geometry(VmafContext *ctx, const VmafPicture *ref)
{
    Retained *retained = &ctx->retained;
    if (retained->has_geometry)
        return;
    pthread_mutex_lock(&retained->lock);
    retained->geometry.pix_fmt = ref->pix_fmt;
    retained->geometry.bpc = ref->bpc;
    retained->geometry.w = ref->w[0];
    retained->geometry.h = ref->h[0];
    retained->has_geometry = true;
    pthread_mutex_unlock(&retained->lock);
}

static int check_picture(const VmafContext *ctx, const char *side,
                         const VmafPicture *pic, unsigned index)
{
    static const char *const format[] = { "unknown", "4:2:0", "4:2:2", "4:4:4",
                                          "4:0:0" };
    const PyvmafExtractorInit *want = &ctx->retained.geometry;
    if (pic->pix_fmt == want->pix_fmt && pic->bpc == want->bpc &&
        pic->w[0] == want->w && pic->h[0] == want->h)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "%s picture at index %u is %ux%u %s of %u bits, the first "
             "reference picture was %ux%u %s of %u bits: all must be equal",
             side, index, pic->w[0], pic->h[0],
             format[pic->pix_fmt <= VMAF_PIX_FMT_YUV400P ? pic->pix_fmt : 0],
             pic->bpc, want->w, want->h, format[want->pix_fmt], want->bpc);
    return -EINVAL;
}

static int check_pair(VmafContext *ctx, const VmafPicture *ref,
                      const VmafPicture *dist, unsigned index)
{
    if (!ref->ref || !dist->ref) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "%s picture at index %u holds no reference: it must come "
                 "from vmaf_picture_alloc(), a pool or pyvmaf_picture_wrap()",
                 ref->ref ? "distorted" : "reference", index);
        return -EINVAL;
    }
    fix_geometry(ctx, ref);
    const int err = check_picture(ctx, "reference", ref, index);
    return err ? err : check_picture(ctx, "distorted", dist, index);
}

static void retain(VmafContext *ctx, const VmafPicture *ref)
{
    Retained *retained = &ctx->retained;
    pthread_mutex_lock(&retained->lock);
    VmafPicture oldest = retained->prev[1];
    retained->prev[1] = retained->prev[0];
    retained->prev[0] = picture_share(ref);
    pthread_mutex_unlock(&retained->lock);
    if (oldest.ref)
        vmaf_picture_unref(&oldest);
}

static int read_pair(VmafContext *ctx, VmafPicture *ref, VmafPicture *dist,
                     unsigned index)
{
    int err = failure_take(&ctx->failure);
    if (err)
        return err;
    ctx->picture_cnt++;
    err = check_pair(ctx, ref, dist, index);
    if (err)
        return err;
    Frame *frame = frame_new(ctx, ref, dist, index);
    if (!frame)
        return -ENOMEM;
    collector_begin_frame(ctx->collector, index);
    err = frame_run(frame, ctx->workers != NULL);
    if (err) {
        frame_free(frame);
        return err;
    }
    atomic_fetch_add(&ctx->read_cnt, 1);
    retain(ctx, ref);
    vmaf_picture_unref(ref);
    if (dist != ref)
        vmaf_picture_unref(dist);
    if (frame_is_done(frame)) {
        frame_free(frame);
        count_in_work(ctx, 0);
    } else {
        count_in_work(ctx, 1);
        worker_submit(ctx->workers, frame);
    }
    return 0;
}

/* Having seen no frame, libvmaf refuses to flush: without threads any
 * extractor, with threads a temporal one. */
static bool never_started(VmafContext *ctx, Registration *reg)
{
    const bool required =
        !ctx->workers || (reg->extractor->flags & PYVMAF_EXTRACTOR_TEMPORAL);
    if (!required || registration_started(reg))
        return false;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "flush: feature extractor \"%s\" has seen no frame",
             reg->extractor->name);
    return true;
}

static int flush_registrations(VmafContext *ctx)
{
    int err = 0;
    VmafContext *before = context_work_for(ctx);
    for (unsigned i = 0; i < ctx->reg_cnt; i++) {
        const int failed = never_started(ctx, ctx->reg[i])
                               ? -EINVAL
                               : registration_flush(ctx->reg[i]);
        err = err ? err : failed;
    }
    context_work_for(before);
    return err;
}

static void drop_retained(VmafContext *ctx)
{
    VmafPicture prev[2];
    pthread_mutex_lock(&ctx->retained.lock);
    memcpy(prev, ctx->retained.prev, sizeof prev);
    memset(ctx->retained.prev, 0, sizeof prev);
    pthread_mutex_unlock(&ctx->retained.lock);
    for (unsigned i = 0; i < 2; i++) {
        if (prev[i].ref)
            vmaf_picture_unref(&prev[i]);
    }
}

/* Whatever fails, the rest is flushed and nothing that was computed is lost;
 * only when there was nothing to flush may frames still follow. */
static int flush(VmafContext *ctx)
{
    if (ctx->workers)
        worker_wait(ctx->workers);
    bool started = false;
    for (unsigned i = 0; i < ctx->reg_cnt && !started; i++)
        started = registration_started(ctx->reg[i]);

    const int lost = failure_take(&ctx->failure);
    collector_set_phase(ctx->collector, COLLECTOR_FLUSH);
    int err = flush_registrations(ctx);
    if (err && !started) /* frames may follow: they set the phase again */
        return err;
    collector_set_phase(ctx->collector, COLLECTOR_AFTER);
    drop_retained(ctx);
    ctx->flushed = true;
    return lost ? lost : err;
}

static int read_or_flush(VmafContext *ctx, VmafPicture *ref, VmafPicture *dist,
                         unsigned index)
{
    if (ctx->flushed) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "vmaf_read_pictures(): the context is flushed already");
        return -EINVAL;
    }
    if (!ref && !dist)
        return flush(ctx);
    if (!ref || !dist) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "vmaf_read_pictures(): the %s picture at index %u is NULL",
                 ref ? "distorted" : "reference", index);
        return -EINVAL;
    }
    return read_pair(ctx, ref, dist, index);
}

int vmaf_read_pictures(VmafContext *vmaf, VmafPicture *ref, VmafPicture *dist,
                       unsigned index)
{
    int err = context_check("vmaf_read_pictures", vmaf);
    if (!err)
        err = context_lock(vmaf, "vmaf_read_pictures");
    if (err)
        return err;
    err = read_or_flush(vmaf, ref, dist, index);
    context_unlock(vmaf);
    return err;
}
