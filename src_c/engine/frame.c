/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "picture.h"
#include "pyvmaf/pyvmaf.h"
#include "settled.h"

/* A group: its leader, and how many members it had when the frame was read. */
typedef struct Task {
    Registration *leader; /* NULL: done */
    unsigned cnt;
} Task;

struct Frame {
    VmafContext *ctx;
    PyvmafExtractorInit init;
    unsigned index;
    bool halo;
    VmafPicture ref, dist;
    EarlierPair earlier[PYVMAF_EARLIER_MAX];
    unsigned earlier_cnt;
    unsigned task_cnt;
    Task task[];
};

void frame_free(Frame *frame)
{
    vmaf_picture_unref(&frame->ref);
    vmaf_picture_unref(&frame->dist);
    for (unsigned i = 0; i < frame->earlier_cnt; i++)
        earlier_pair_unref(&frame->earlier[i]);
    free(frame);
}

static bool is_due(const VmafContext *ctx, Registration *reg,
                   const FramePair *pair)
{
    if (reg->restored && registration_has(reg, pair->index))
        return false;
    if (pair->halo && !registration_wants_halo(reg))
        return false;
    return reg->needs.every_frame || pair->index % ctx->cfg.n_subsample == 0;
}

/* What fails as earlier frames settle is no failure of this one: the flush
 * reports it. */
static void finish_member(VmafContext *ctx, Registration *reg, unsigned index)
{
    const int err = registration_done(reg, index);
    if (err)
        failure_store(&ctx->unsettled, err, index);
    settled_announce(&ctx->settled);
}

Frame *frame_new(VmafContext *ctx, const FramePair *pair)
{
    Frame *frame =
        calloc(1, sizeof *frame + ctx->reg_cnt * sizeof *frame->task);
    if (!frame)
        return NULL;
    frame->ctx = ctx;
    frame->init = ctx->geometry;
    frame->index = pair->index;
    frame->halo = pair->halo;
    frame->ref = picture_share(pair->ref);
    frame->dist = picture_share(pair->dist);
    frame->earlier_cnt = retained_share(&ctx->retained, frame->earlier);
    for (unsigned i = 0; i < ctx->reg_cnt; i++) {
        Registration *reg = ctx->reg[i];
        progress_submit(&reg->progress, pair->index);
        const bool due = is_due(ctx, reg, pair);
        if (!due)
            finish_member(ctx, reg, pair->index);
        else if (reg->leader == reg)
            frame->task[frame->task_cnt++] = (Task){ reg, reg->member_cnt };
        reg->was_due |= due;
    }
    return frame;
}

static PyvmafFrame view_of(const Frame *frame, const PyvmafNeeds *needs)
{
    PyvmafFrame view = {
        .index = frame->index,
        .ref = &frame->ref,
        .dist = &frame->dist,
        .halo = frame->halo,
    };
    for (unsigned k = 0; k < frame->earlier_cnt; k++) {
        const EarlierPair *pair = &frame->earlier[k];
        view.earlier[k].index = pair->index;
        if (k < needs->earlier_ref && pair->ref.ref)
            view.earlier[k].ref = &pair->ref;
        if (k < needs->earlier_dist && pair->dist.ref)
            view.earlier[k].dist = &pair->dist;
    }
    return view;
}

static int extract(const Frame *frame, const Task *task, void *state)
{
    Registration *leader = task->leader;
    const PyvmafExtractor *extractor = leader->extractor;
    const PyvmafFrame view = view_of(frame, &leader->needs);
    if (task->cnt == 1)
        return extractor->extract(state, &view, &leader->scores);
    PyvmafShare share[PYVMAF_SHARE_MAX];
    for (unsigned i = 0; i < task->cnt; i++)
        share[i] = (PyvmafShare){ leader->member[i]->settings,
                                  &leader->member[i]->scores };
    return extractor->extract_group(state, share, task->cnt, &view);
}

/* What the extractor logged is the reason that the caller gets to see. */
static void log_problem(const Frame *frame, const PyvmafExtractor *extractor,
                        int err, bool has_reason)
{
    char reason[1024], line[512];
    snprintf(reason, sizeof reason, "%s",
             has_reason ? pyvmaf_last_message() : strerror(-err));
    snprintf(line, sizeof line,
             "problem with feature extractor \"%s\" at index %u",
             extractor->name, frame->index);
    log_line(VMAF_LOG_LEVEL_WARNING, "%s", line);
    log_remember("%s: %s", line, reason);
}

/* The earliest of all. Noted before the frame may settle: who takes settled
 * frames asks which are whole. */
static void note_failed(VmafContext *ctx, unsigned index)
{
    unsigned earliest = atomic_load(&ctx->first_failed);
    while (index < earliest && !atomic_compare_exchange_weak(
                                   &ctx->first_failed, &earliest, index))
        ;
}

static int run_task(const Frame *frame, const Task *task)
{
    Registration *leader = task->leader;
    const unsigned long mark = log_mark();
    VmafContext *before = context_work_for(frame->ctx);
    char reason[1024];
    Instance *instance;
    int err = registration_acquire(leader, &frame->init, &instance);
    if (!err) {
        err = extract(frame, task, instance->state);
        err = err > 0 ? -EINVAL : err;
        registration_release(leader, instance);
    }
    if (err) {
        log_problem(frame, leader->extractor, err, log_mark() != mark);
        snprintf(reason, sizeof reason, "%s", pyvmaf_last_message());
        note_failed(frame->ctx, frame->index);
    }
    for (unsigned i = 0; i < task->cnt; i++)
        finish_member(frame->ctx, leader->member[i], frame->index);
    if (err)
        log_remember("%s", reason);
    context_work_for(before);
    return err;
}

int frame_run(Frame *frame, bool in_order_only)
{
    int first = 0;
    char reason[1024];
    for (unsigned i = 0; i < frame->task_cnt; i++) {
        const Task task = frame->task[i];
        if (!task.leader || (in_order_only && !task.leader->needs.in_order))
            continue;
        const int err = run_task(frame, &task);
        frame->task[i].leader = NULL;
        if (err && !first) {
            first = err;
            snprintf(reason, sizeof reason, "%s", pyvmaf_last_message());
        }
    }
    if (first)
        log_remember("%s", reason);
    return first;
}

bool frame_is_done(const Frame *frame)
{
    for (unsigned i = 0; i < frame->task_cnt; i++) {
        if (frame->task[i].leader)
            return false;
    }
    return true;
}

static int drop(unsigned index)
{
    log_remember("frame %u was dropped: pyvmaf_abandon() was called", index);
    return -ECANCELED;
}

void frame_run_job(void *job)
{
    Frame *frame = job;
    VmafContext *ctx = frame->ctx;
    const int err = atomic_load(&ctx->abandoned) ? drop(frame->index)
                                                 : frame_run(frame, false);
    if (err)
        failure_store(&ctx->failure, err, frame->index);
    frame_free(frame);
    retained_count_work(&ctx->retained, -1);
}
