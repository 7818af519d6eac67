/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Scores of frames leave a context as columns, and come into one. */
#include "pyvmaf/parts.h"

#include <errno.h>
#include <limits.h>

#include "context.h"
#include "log.h"

/* Hidden columns belong to a registration's number plus one. */
static unsigned owner_of(const PyvmafColumn *column)
{
    return column->kept ? column->registration + 1 : 0;
}

int pyvmaf_column_at(VmafContext *vmaf, unsigned position, PyvmafColumn *column)
{
    int err = context_check("pyvmaf_column_at", vmaf && column);
    if (err)
        return err;
    unsigned owner = 0, rank = 0;
    CollectorColumn *found =
        collector_any_at(vmaf->collector, position, &owner, &rank);
    if (!found)
        return -ENOENT;
    const unsigned number = owner ? owner - 1 : rank;
    *column = (PyvmafColumn){
        .name = collector_name(found),
        .registration = number,
        .kept = owner != 0,
        .ordered = number < vmaf->reg_cnt && vmaf->reg[number]->needs.in_order,
        .handle = found,
    };
    return 0;
}

int pyvmaf_column_scores(VmafContext *vmaf, const PyvmafColumn *column,
                         bool settled, unsigned begin, unsigned end,
                         double *value, unsigned char *written)
{
    int err = context_check("pyvmaf_column_scores",
                            vmaf && column && value && written);
    if (err)
        return err;
    const unsigned range[2] = { begin, end };
    collector_read_of(vmaf->collector, column->handle,
                      settled ? SCORE_SETTLED : SCORE_EXTRACTED, range,
                      (CollectorScores){ value, written });
    return 0;
}

int pyvmaf_aggregate_at(VmafContext *vmaf, unsigned position, const char **name,
                        double *value, unsigned *registration)
{
    int err = context_check("pyvmaf_aggregate_at",
                            vmaf && name && value && registration);
    if (err)
        return err;
    *name =
        collector_aggregate_at(vmaf->collector, position, value, registration);
    return *name ? 0 : -ENOENT;
}

static int refuse(const PyvmafRestored *restored, const char *why)
{
    log_line(VMAF_LOG_LEVEL_ERROR,
             "pyvmaf_restore() of the frames %u to %u: %s", restored->begin,
             restored->end, why);
    return -EINVAL;
}

static int check_restored(const VmafContext *ctx,
                          const PyvmafRestored *restored)
{
    const PyvmafExtractorInit *is = &ctx->geometry;
    if (ctx->flushed)
        return refuse(restored, "the context is flushed already");
    if (ctx->has_read)
        return refuse(restored, "pictures have been read");
    if (restored->begin > restored->end ||
        (restored->begin < restored->end &&
         frameset_next(&ctx->restored, restored->begin) != UINT_MAX))
        return refuse(restored, "frames are out of order");
    if (ctx->has_geometry &&
        (is->pix_fmt != restored->pix_fmt || is->bpc != restored->bpc ||
         is->w != restored->w || is->h != restored->h))
        return refuse(restored, "size, format or depth is not that of the "
                                "frames before");
    for (unsigned i = 0; i < restored->column_cnt; i++) {
        const PyvmafRestoredColumn *column = &restored->column[i];
        if (column->column.registration >= ctx->reg_cnt ||
            !column->column.name || !column->value || !column->written)
            return refuse(restored, "a column is of no registration here, or "
                                    "has no name or no memory");
    }
    return 0;
}

/* Who settles by itself is given no more than it extracted. */
static bool is_wanted(const VmafContext *ctx, const PyvmafRestored *restored,
                      const PyvmafRestoredColumn *column)
{
    const bool ordered = ctx->reg[column->column.registration]->needs.in_order;
    return ordered ? !restored->replays : !column->settled;
}

static int write_column(VmafContext *ctx, const PyvmafRestored *restored,
                        const PyvmafRestoredColumn *column)
{
    const CollectorWriter writer = {
        .phase = column->settled ? COLLECTOR_FLUSH : COLLECTOR_FRAMES,
        .rank = column->column.registration,
    };
    CollectorColumn *to = collector_column(ctx->collector, column->column.name,
                                           owner_of(&column->column));
    int err = to ? 0 : -ENOMEM;
    for (unsigned i = restored->begin; i < restored->end && !err; i++) {
        const unsigned k = i - restored->begin;
        if (column->written[k])
            err = collector_write(ctx->collector, to, column->value[k], i,
                                  writer);
    }
    return err;
}

/* As if the frame had been read. */
static int announce(VmafContext *ctx, const PyvmafRestored *restored,
                    unsigned index)
{
    int err = frameset_add(&ctx->restored, index);
    if (err)
        return err;
    if (restored->halo)
        return halo_add(&ctx->halo, index);
    if (!atomic_fetch_add(&ctx->picture_cnt, 1))
        atomic_store(&ctx->first_index, index);
    atomic_fetch_add(&ctx->read_cnt, 1);
    collector_begin_frame(ctx->collector, index);
    return settled_add(&ctx->settled, index);
}

static void fix_geometry(VmafContext *ctx, const PyvmafRestored *restored)
{
    ctx->geometry.pix_fmt = restored->pix_fmt;
    ctx->geometry.bpc = restored->bpc;
    ctx->geometry.w = restored->w;
    ctx->geometry.h = restored->h;
    atomic_store(&ctx->has_geometry, true);
}

static int restore(VmafContext *ctx, const PyvmafRestored *restored)
{
    const unsigned range[2] = { restored->begin, restored->end };
    int err = check_restored(ctx, restored);
    if (err)
        return err;
    fix_geometry(ctx, restored);
    for (unsigned i = range[0]; i < range[1] && !err; i++)
        err = announce(ctx, restored, i);
    for (unsigned i = 0; i < restored->column_cnt && !err; i++)
        if (is_wanted(ctx, restored, &restored->column[i]))
            err = write_column(ctx, restored, &restored->column[i]);
    VmafContext *before = context_work_for(ctx);
    for (unsigned i = 0; i < ctx->reg_cnt && !err; i++) {
        const bool ordered = ctx->reg[i]->needs.in_order;
        if (!ordered || !restored->replays)
            err = registration_restore(ctx->reg[i], &ctx->geometry, range,
                                       ordered);
    }
    context_work_for(before);
    settled_announce(&ctx->settled);
    return err;
}

int pyvmaf_restore(VmafContext *vmaf, const PyvmafRestored *restored)
{
    int err = context_check("pyvmaf_restore",
                            vmaf && restored &&
                                (restored->column || !restored->column_cnt));
    if (!err)
        err = context_lock(vmaf, "pyvmaf_restore");
    if (err)
        return err;
    err = restore(vmaf, restored);
    context_unlock(vmaf);
    return err;
}

int pyvmaf_restore_aggregate(VmafContext *vmaf, unsigned registration,
                             const char *name, double value)
{
    int err = context_check("pyvmaf_restore_aggregate", vmaf && name);
    if (err)
        return err;
    return collector_set_aggregate(vmaf->collector, name, value, registration);
}
