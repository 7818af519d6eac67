/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Frames come in: a pair of pictures is validated and becomes a frame at work,
 * on this thread or in a worker, and is retained for frames that look back. The
 * flush ends it all.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "context.h"
#include "frame.h"
#include "log.h"
#include "picture.h"
#include "pyvmaf/pyvmaf.h"
#include "read.h"
#include "samples.h"

/* The first reference picture of all fixes what the others must be. */
static void fix_geometry(VmafContext *ctx, const VmafPicture *ref)
{
    if (atomic_load(&ctx->has_geometry))
        return;
    ctx->geometry.pix_fmt = ref->pix_fmt;
    ctx->geometry.bpc = ref->bpc;
    ctx->geometry.w = ref->w[0];
    ctx->geometry.h = ref->h[0];
    atomic_store(&ctx->has_geometry, true);
}

static int check_picture(const VmafContext *ctx, const char *side,
                         const VmafPicture *pic, unsigned index)
{
    static const char *const format[] = { "unknown", "4:2:0", "4:2:2", "4:4:4",
                                          "4:0:0" };
    const PyvmafExtractorInit *want = &ctx->geometry;
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

static int check_pair(VmafContext *ctx, const FramePair *pair)
{
    if (!pair->ref->ref || !pair->dist->ref) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "%s picture at index %u holds no reference: it must come "
                 "from vmaf_picture_alloc(), a pool or pyvmaf_picture_wrap()",
                 pair->ref->ref ? "distorted" : "reference", pair->index);
        return -EINVAL;
    }
    fix_geometry(ctx, pair->ref);
    const VmafPicture *ref = pair->ref, *dist = pair->dist;
    int err = check_picture(ctx, "reference", ref, pair->index);
    if (!err)
        err = check_picture(ctx, "distorted", dist, pair->index);
    if (err || ctx->trusts_samples)
        return err;
    err = samples_check(ref, "reference", pair->index,
                        ctx->reads_ref & ~pair->ref_checked);
    if (err)
        return err;
    const bool same = ref->data[0] == dist->data[0];
    const unsigned known = same ? ctx->reads_ref | pair->ref_checked : 0;
    return samples_check(dist, "distorted", pair->index,
                         ctx->reads_dist & ~known);
}

/* Before any extractor sees it. */
static int announce(VmafContext *ctx, const FramePair *pair)
{
    if (pair->index == UINT_MAX) {
        log_line(VMAF_LOG_LEVEL_ERROR, "frame index %u: the highest is %u",
                 pair->index, UINT_MAX - 1);
        return -EINVAL;
    }
    if (pair->halo)
        return halo_add(&ctx->halo, pair->index);
    const int err = settled_add(&ctx->settled, pair->index);
    if (!err)
        collector_begin_frame(ctx->collector, pair->index);
    return err;
}

/* A frame whose scores were restored has been counted. */
static bool counts(const VmafContext *ctx, const FramePair *pair)
{
    return !pair->halo && !frameset_has(&ctx->restored, pair->index);
}

static int make_frame(VmafContext *ctx, const FramePair *pair, Frame **frame)
{
    ctx->has_read = true;
    if (counts(ctx, pair) && !atomic_fetch_add(&ctx->picture_cnt, 1))
        atomic_store(&ctx->first_index, pair->index);
    int err = check_pair(ctx, pair);
    if (!err)
        err = announce(ctx, pair);
    if (err)
        return err;
    *frame = frame_new(ctx, pair);
    if (!*frame)
        return -ENOMEM;
    retained_push(&ctx->retained, pair->ref, pair->dist, pair->index);
    retained_count_work(&ctx->retained, 1);
    return 0;
}

/* What fails first is what the call answers; the rest waits for the next one. */
static void note(Reading *reading, int err)
{
    if (!err)
        return;
    if (reading->err) {
        failure_store(&reading->ctx->failure, err, reading->pair.index);
        return;
    }
    reading->err = err;
    snprintf(reading->reason, sizeof reading->reason, "%s",
             pyvmaf_last_message());
}

/* A failure in a worker is reported by the next call. That call's own frame runs
 * all the same, so that what is scored does not depend on threads; what fails in
 * it is reported later. */
static void begin(Reading *reading)
{
    note(reading, failure_take(&reading->ctx->failure));
    reading->frame = NULL;
    note(reading, make_frame(reading->ctx, &reading->pair, &reading->frame));
}

/* Run the chain here, or hand it to the workers. What fails here is reported at
 * once, but keeps nothing else from running. */
void reading_run(Reading *reading, unsigned cnt)
{
    Frame *first = NULL;
    unsigned ref_checked = 0;
    for (unsigned i = 0; i < cnt; i++) {
        reading[i].pair.ref_checked = ref_checked;
        begin(&reading[i]);
        if (reading[i].frame && !reading[i].ctx->trusts_samples)
            ref_checked |= reading[i].ctx->reads_ref;
    }
    for (unsigned i = cnt; i--;) {
        if (!reading[i].frame)
            continue;
        frame_chain(reading[i].frame, first);
        first = reading[i].frame;
    }
    if (!first)
        return;
    WorkerPool *workers = reading[0].ctx->workers;
    frame_run(first, workers != NULL);
    for (unsigned i = 0; i < cnt; i++) {
        if (reading[i].frame)
            note(&reading[i], frame_take_error(reading[i].frame));
        if (!reading[i].err && counts(reading[i].ctx, &reading[i].pair))
            atomic_fetch_add(&reading[i].ctx->read_cnt, 1);
    }
    frame_hand_over(first, workers);
}

/* Before the first frame libvmaf refuses to flush: any extractor without
 * threads, those called in order with. Frames that were all left out by
 * subsampling are no reason. */
static bool never_started(VmafContext *ctx, Registration *reg)
{
    const bool required = !ctx->workers || reg->needs.in_order;
    const bool left_out = atomic_load(&ctx->picture_cnt) && !reg->was_due;
    if (!required || left_out || registration_started(reg))
        return false;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "flush: feature extractor \"%s\" has seen no frame",
             reg->extractor->name);
    return true;
}

static int finish_registrations(VmafContext *ctx)
{
    int err = 0;
    VmafContext *before = context_work_for(ctx);
    for (unsigned i = 0; i < ctx->reg_cnt; i++) {
        const int failed = never_started(ctx, ctx->reg[i])
                               ? -EINVAL
                               : registration_finish(ctx->reg[i]);
        err = err ? err : failed;
    }
    context_work_for(before);
    return err;
}

/* Whatever fails, the rest is finished and nothing that was computed is lost;
 * only when there was nothing to flush may frames still follow. */
static int flush(VmafContext *ctx)
{
    retained_wait(&ctx->retained, NULL);
    bool started = false;
    for (unsigned i = 0; i < ctx->reg_cnt && !started; i++)
        started = registration_started(ctx->reg[i]);

    collector_set_phase(ctx->collector, COLLECTOR_FLUSH);
    const int err = finish_registrations(ctx);
    if (err && !started) /* frames may follow: they set the phase again */
        return err;
    collector_set_phase(ctx->collector, COLLECTOR_AFTER);
    retained_drop(&ctx->retained);
    ctx->flushed = true;
    settled_end(&ctx->settled);
    /* Taken last: its reason becomes the last message. */
    const int unsettled = failure_take(&ctx->unsettled);
    const int lost = failure_take(&ctx->failure);
    return lost ? lost : unsettled ? unsettled : err;
}

int reading_check(const VmafContext *ctx, const char *call)
{
    if (!ctx->flushed)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR, "%s(): the context is flushed already",
             call);
    return -EINVAL;
}

/* The pictures are taken over when all went well. */
static int read_and_take(VmafContext *ctx, const FramePair *pair,
                         VmafPicture *ref, VmafPicture *dist)
{
    Reading reading = { .ctx = ctx, .pair = *pair };
    reading_run(&reading, 1);
    if (reading.err) {
        log_remember("%s", reading.reason);
        return reading.err;
    }
    vmaf_picture_unref(ref);
    if (dist != ref)
        vmaf_picture_unref(dist);
    return 0;
}

int vmaf_read_pictures(VmafContext *vmaf, VmafPicture *ref, VmafPicture *dist,
                       unsigned index)
{
    int err = context_check("vmaf_read_pictures", vmaf);
    if (!err)
        err = context_lock(vmaf, "vmaf_read_pictures");
    if (err)
        return err;
    const FramePair pair = { .ref = ref, .dist = dist, .index = index };
    err = reading_check(vmaf, "vmaf_read_pictures");
    if (!err && !ref && !dist) {
        err = flush(vmaf);
    } else if (!err && (!ref || !dist)) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "vmaf_read_pictures(): the %s picture at index %u is NULL",
                 ref ? "distorted" : "reference", index);
        err = -EINVAL;
    } else if (!err) {
        err = read_and_take(vmaf, &pair, ref, dist);
    }
    context_unlock(vmaf);
    return err;
}

int pyvmaf_read_halo(VmafContext *vmaf, VmafPicture *ref, VmafPicture *dist,
                     unsigned index)
{
    int err = context_check("pyvmaf_read_halo", vmaf && ref && dist);
    if (!err)
        err = context_lock(vmaf, "pyvmaf_read_halo");
    if (err)
        return err;
    const FramePair pair = {
        .ref = ref, .dist = dist, .index = index, .halo = true
    };
    err = reading_check(vmaf, "pyvmaf_read_halo");
    if (!err)
        err = read_and_take(vmaf, &pair, ref, dist);
    context_unlock(vmaf);
    return err;
}

int pyvmaf_halo(VmafContext *vmaf, unsigned *before, unsigned *after)
{
    int err = context_check("pyvmaf_halo", vmaf && before && after);
    if (!err)
        err = context_lock(vmaf, "pyvmaf_halo");
    if (err)
        return err;
    *before = *after = 0;
    for (unsigned i = 0; i < vmaf->reg_cnt; i++) {
        const PyvmafNeeds *needs = &vmaf->reg[i]->needs;
        const unsigned back[] = { needs->look_back, needs->earlier_ref,
                                  needs->earlier_dist };
        for (unsigned k = 0; k < 3; k++)
            *before = back[k] > *before ? back[k] : *before;
        if (needs->look_ahead > *after)
            *after = needs->look_ahead;
    }
    context_unlock(vmaf);
    return 0;
}

int pyvmaf_check_samples(VmafContext *vmaf, int check)
{
    int err = context_check("pyvmaf_check_samples", vmaf);
    if (!err)
        err = context_lock(vmaf, "pyvmaf_check_samples");
    if (err)
        return err;
    vmaf->trusts_samples = !check;
    context_unlock(vmaf);
    return 0;
}

int pyvmaf_wait_room(VmafContext *vmaf, unsigned milliseconds)
{
    const int err = context_check("pyvmaf_wait_room", vmaf);
    if (err || !vmaf->workers)
        return err;
    return worker_wait_room(vmaf->workers, milliseconds);
}

int pyvmaf_wait_idle(VmafContext *vmaf, unsigned milliseconds)
{
    const int err = context_check("pyvmaf_wait_idle", vmaf);
    return err ? err : retained_wait(&vmaf->retained, &milliseconds);
}
