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
    bool halo, samples_checked;
    VmafPicture ref, dist;
    EarlierPair earlier[PYVMAF_EARLIER_MAX];
    unsigned earlier_cnt;
    int err; /* of the first registration that failed, and why */
    char reason[1024];
    Frame *next; /* of another stream, with the same reference */
    unsigned task_cnt;
    Task task[];
};

static void free_frame(Frame *frame)
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
    frame->samples_checked = !ctx->trusts_samples;
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
        .samples_checked = frame->samples_checked,
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

/* One stream's part of a call: a task of its frame. */
typedef struct Part {
    Frame *frame;
    Task task;
    Instance *instance;
    PyvmafFrame view;
    PyvmafShare share[PYVMAF_SHARE_MAX];
    int err;
} Part;

/* Do both look at the same references? */
static bool same_references(const Frame *frame, const Frame *other,
                            const PyvmafNeeds *needs)
{
    const PyvmafFrame a = view_of(frame, needs), b = view_of(other, needs);
    bool same = a.ref->ref == b.ref->ref;
    for (unsigned k = 0; k < needs->earlier_ref && same; k++) {
        const PyvmafEarlier *p = &a.earlier[k], *q = &b.earlier[k];
        same = p->index == q->index && !p->ref == !q->ref &&
               (!p->ref || p->ref->ref == q->ref->ref);
    }
    return same;
}

/* Take a task out of the frame. */
static Part take_task(Frame *frame, unsigned at)
{
    Part part = { .frame = frame, .task = frame->task[at] };
    const Registration *leader = part.task.leader;
    frame->task[at].leader = NULL;
    part.view = view_of(frame, &leader->needs);
    for (unsigned i = 0; i < part.task.cnt; i++)
        part.share[i] = (PyvmafShare){ leader->member[i]->settings,
                                       &leader->member[i]->scores };
    return part;
}

/* Those of the other streams that one call can do along with the first part;
 * returns how many parts there are then. */
static unsigned take_others(Part *part)
{
    const Registration *first = part->task.leader;
    unsigned cnt = 1;
    for (Frame *f = part->frame->next; f && cnt < PYVMAF_LANE_MAX;
         f = f->next) {
        unsigned at = 0;
        while (at < f->task_cnt &&
               !(f->task[at].leader &&
                 registration_pairs(first, f->task[at].leader)))
            at++;
        if (at < f->task_cnt && same_references(part->frame, f, &first->needs))
            part[cnt++] = take_task(f, at);
    }
    return cnt;
}

static void extract_alone(Part *part)
{
    Registration *leader = part->task.leader;
    const PyvmafExtractor *extractor = leader->extractor;
    void *state = part->instance->state;
    part->err = part->task.cnt == 1
                    ? extractor->extract(state, &part->view, &leader->scores)
                    : extractor->extract_group(state, part->share,
                                               part->task.cnt, &part->view);
}

/* Of the parts that have an instance. */
static void extract(Part *part, unsigned cnt)
{
    const PyvmafExtractor *extractor = part->task.leader->extractor;
    PyvmafLane lane[PYVMAF_LANE_MAX];
    unsigned lanes = 0;
    for (unsigned i = 0; i < cnt; i++) {
        const Part *p = &part[i];
        if (p->instance)
            lane[lanes++] = (PyvmafLane){ p->instance->state, &p->view,
                                          p->share, p->task.cnt, 0 };
    }
    if (!lanes)
        return;
    if (!extractor->extract_lanes) {
        extract_alone(part);
        return;
    }
    extractor->extract_lanes(lane, lanes);
    for (unsigned i = cnt; i--;) {
        if (part[i].instance)
            part[i].err = lane[--lanes].err;
    }
}

/* The earliest of all. Noted before the frame may settle: who takes settled
 * frames asks which are whole. */
static void note_failed(VmafContext *ctx, unsigned index)
{
    unsigned earliest = atomic_load(&ctx->first_failed);
    while (index < earliest &&
           !atomic_compare_exchange_weak(&ctx->first_failed, &earliest, index))
        ;
}

/* What the extractor logged is the reason that the caller gets to see. */
static void fail(const Part *part, const char *logged)
{
    Frame *frame = part->frame;
    char reason[768], line[192];
    snprintf(reason, sizeof reason, "%s",
             logged ? logged : strerror(-part->err));
    snprintf(line, sizeof line,
             "problem with feature extractor \"%s\" at index %u",
             part->task.leader->extractor->name, frame->index);
    log_line(VMAF_LOG_LEVEL_WARNING, "%s", line);
    note_failed(frame->ctx, frame->index);
    if (frame->err)
        return;
    frame->err = part->err;
    snprintf(frame->reason, sizeof frame->reason, "%s: %s", line, reason);
}

static void acquire(Part *part)
{
    const unsigned long mark = log_mark();
    VmafContext *before = context_work_for(part->frame->ctx);
    part->err = registration_acquire(part->task.leader, &part->frame->init,
                                     &part->instance);
    if (part->err)
        fail(part, log_mark() != mark ? pyvmaf_last_message() : NULL);
    context_work_for(before);
}

static void finish(Part *part, const char *logged)
{
    Registration *leader = part->task.leader;
    VmafContext *ctx = part->frame->ctx;
    VmafContext *before = context_work_for(ctx);
    if (part->instance) {
        registration_release(leader, part->instance);
        part->err = part->err > 0 ? -EINVAL : part->err;
        if (part->err)
            fail(part, logged);
    }
    for (unsigned i = 0; i < part->task.cnt; i++)
        finish_member(ctx, leader->member[i], part->frame->index);
    context_work_for(before);
}

static void run_parts(Part *part, unsigned cnt)
{
    VmafContext *before = context_work_for(part->frame->ctx);
    for (unsigned i = 0; i < cnt; i++)
        acquire(&part[i]);
    const unsigned long mark = log_mark();
    extract(part, cnt);
    const bool has_reason = log_mark() != mark;
    char reason[1024];
    if (has_reason)
        snprintf(reason, sizeof reason, "%s", pyvmaf_last_message());
    for (unsigned i = 0; i < cnt; i++)
        finish(&part[i], has_reason ? reason : NULL);
    context_work_for(before);
}

void frame_run(Frame *first, bool in_order_only)
{
    for (Frame *frame = first; frame; frame = frame->next) {
        for (unsigned i = 0; i < frame->task_cnt; i++) {
            const Registration *leader = frame->task[i].leader;
            if (!leader || (in_order_only && !leader->needs.in_order))
                continue;
            Part part[PYVMAF_LANE_MAX];
            part[0] = take_task(frame, i);
            run_parts(part, take_others(part));
        }
    }
}

int frame_take_error(Frame *frame)
{
    const int err = frame->err;
    if (err)
        log_remember("%s", frame->reason);
    frame->err = 0;
    return err;
}

void frame_chain(Frame *frame, Frame *next)
{
    frame->next = next;
}

static bool is_done(const Frame *first)
{
    for (const Frame *frame = first; frame; frame = frame->next) {
        for (unsigned i = 0; i < frame->task_cnt; i++) {
            if (frame->task[i].leader)
                return false;
        }
    }
    return true;
}

/* Nobody waits for its scores any more. */
static void drop(Frame *frame)
{
    for (unsigned i = 0; i < frame->task_cnt; i++)
        frame->task[i].leader = NULL;
    if (frame->err)
        return;
    frame->err = -ECANCELED;
    snprintf(frame->reason, sizeof frame->reason,
             "frame %u was dropped: pyvmaf_abandon() was called", frame->index);
}

/* What a job could not report is the next call's. The context may be closed as
 * soon as its last frame is counted off. */
static void end_chain(Frame *frame)
{
    while (frame) {
        Frame *next = frame->next;
        VmafContext *ctx = frame->ctx;
        const int err = frame_take_error(frame);
        if (err)
            failure_store(&ctx->failure, err, frame->index);
        free_frame(frame);
        retained_count_work(&ctx->retained, -1);
        frame = next;
    }
}

void frame_hand_over(Frame *frame, WorkerPool *workers)
{
    if (is_done(frame))
        end_chain(frame);
    else
        worker_submit(workers, frame);
}

void frame_run_job(void *job)
{
    for (Frame *frame = job; frame; frame = frame->next) {
        if (atomic_load(&frame->ctx->abandoned))
            drop(frame);
    }
    frame_run(job, false);
    end_chain(job);
}
