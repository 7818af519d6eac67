/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "speed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/speed/speed_plan.h"
#include "kernel/table.h"
#include "engine/log.h"
#include "engine/rows.h"
#include "memory.h"

static const char *const methods[SPEED_METHOD_CNT] = {
    "nearest",
    "bilinear",
    "bicubic",
    "lanczos4",
};

/* SPEED_METHOD_CNT: there is none of that name. */
static SpeedMethod find_method(const char *name)
{
    unsigned i = 0;
    while (i < SPEED_METHOD_CNT && strcmp(methods[i], name))
        i++;
    return (SpeedMethod)i;
}

int speed_configure(const char *extractor, const SpeedOptions *options)
{
    if (find_method(options->prescale_method) == SPEED_METHOD_CNT)
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "%s: speed_prescale_method \"%s\"; there are nearest, "
                 "bilinear, bicubic and lanczos4",
                 extractor, options->prescale_method);
    else if (!speed_plan_valid_kernelscale(options->kernelscale))
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "%s: speed_kernelscale %g; taps are defined for 1/2, 2/3, 1, "
                 "4/3, 3/2, 5/3, 2, 2.4, 3 and some in between",
                 extractor, options->kernelscale);
    else
        return 0;
    return -EINVAL;
}

bool speed_compatible(const SpeedOptions *options, const SpeedOptions *other)
{
    return options->kernelscale == other->kernelscale &&
           options->prescale == other->prescale &&
           options->sigma_nn == other->sigma_nn &&
           !strcmp(options->prescale_method, other->prescale_method);
}

static int check_depth(const char *extractor, unsigned bpc)
{
    if (bpc == 8 || bpc == 10 || bpc == 12 || bpc == 16)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "%s: bit depth %u; it scores 8, 10, 12 and 16", extractor, bpc);
    return -EINVAL;
}

static int check_size(const char *extractor, const PyvmafExtractorInit *init,
                      const unsigned size[2], double prescale)
{
    const unsigned w = speed_plan_resized(size[0], prescale);
    const unsigned h = speed_plan_resized(size[1], prescale);
    if (w >= SPEED_MIN_SIZE && h >= SPEED_MIN_SIZE)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "%s: picture of %ux%u, whose planes have %ux%u with "
             "speed_prescale %g; blocks need %ux%u or more",
             extractor, init->w, init->h, w, h, prescale, SPEED_MIN_SIZE,
             SPEED_MIN_SIZE);
    return -EINVAL;
}

/* All but what lies in memory. */
static void plan(Speed *s, const SpeedOptions *options, const unsigned size[2],
                 SpeedMethod method)
{
    SpeedDecimate *d = &s->decimate;
    SpeedModel *m = &s->model;
    d->taps = speed_plan_tap_cnt(9, options->kernelscale);
    speed_plan_axis(&d->columns, size[0], d->taps, options->prescale, method);
    speed_plan_axis(&d->rows, size[1], d->taps, options->prescale, method);
    d->normalise = d->columns.reach == SPEED_MAX_REACH;
    d->low_stride = (d->columns.cnt + 15) / 16 * 16;
    speed_plan_low_pass(d->tap, d->taps);

    m->w = d->columns.cnt;
    m->h = d->rows.cnt;
    m->low_stride = d->low_stride;
    m->mean_taps = speed_plan_tap_cnt(2, options->kernelscale);
    speed_plan_local_mean(m->mean_tap, m->mean_taps);
    m->noise = (float)options->sigma_nn;
    s->block_cnt = (m->w / SPEED_SIDE) * (m->h / SPEED_SIDE);
    m->block_stride = (s->block_cnt + 63) / 64 * 64;
}

static void lay_out_axis(SpeedAxis *axis, Workspace *ws)
{
    const size_t cnt = (size_t)axis->reach * axis->stride;
    axis->at = workspace_take(ws, cnt * sizeof(*axis->at));
    axis->weight = workspace_take(ws, cnt * sizeof(*axis->weight));
}

static void lay_out(void *state, Workspace *ws)
{
    Speed *s = state;
    SpeedDecimate *d = &s->decimate;
    SpeedModel *m = &s->model;
    const size_t low = m->h * m->low_stride * sizeof(float);
    const size_t blocks = m->block_stride * sizeof(float);
    lay_out_axis(&d->columns, ws);
    lay_out_axis(&d->rows, ws);
    for (unsigned i = 0; i < SPEED_MAX_PLANES; i++) {
        s->low[i] = workspace_take(ws, low);
        s->blocks[i] = (SpeedBlocks){ .low = s->low[i],
                                      .variance = workspace_take(ws, blocks),
                                      .entropy = workspace_take(ws, blocks),
                                      .singular = &s->singular[i] };
    }
    s->scratch = workspace_take(ws, s->scratch_size);
}

int speed_init(Speed *s, const char *extractor, const SpeedOptions *options,
               const PyvmafExtractorInit *init, const unsigned size[2])
{
    SpeedMethod method = find_method(options->prescale_method);
    const double prescale = options->prescale;
    int err = check_depth(extractor, init->bpc);
    if (err || (err = check_size(extractor, init, size, prescale)))
        return err;
    /* A factor that changes neither size changes no sample. */
    if (speed_plan_resized(size[0], prescale) == size[0] &&
        speed_plan_resized(size[1], prescale) == size[1])
        method = SPEED_NEAREST;
    s->context = init->context;
    s->kernels = kernel_table(init->cpu_flags)->speed;
    s->decimate.bpc = init->bpc;
    plan(s, options, size, method);

    const size_t a = s->kernels->decimate_scratch_size(&s->decimate);
    const size_t b = s->kernels->model_scratch_size(&s->model);
    s->scratch_size = a > b ? a : b;
    s->memory = memory_alloc(lay_out, s);
    if (!s->memory)
        return -ENOMEM;
    speed_plan_fill(&s->decimate.columns, s->decimate.taps, prescale, method);
    speed_plan_fill(&s->decimate.rows, s->decimate.taps, prescale, method);
    return 0;
}

void speed_close(Speed *s)
{
    free(s->memory);
    s->memory = NULL;
}

static void run(const Speed *s, KernelFn kernel, const void *call,
                unsigned rows)
{
    rows_sum(s->context, &(RowCall){ .run = kernel,
                                     .call = call,
                                     .rows = rows,
                                     .scratch_size = s->scratch_size,
                                     .scratch = s->scratch });
}

static SpeedPlane plane_call(const Speed *s, const SpeedPair *pair,
                             bool is_dist, unsigned at)
{
    const VmafPicture *pic = is_dist ? pair->dist : pair->ref;
    const VmafPicture *minus = is_dist ? pair->minus_dist : pair->minus_ref;
    return (SpeedPlane){
        .plane = pic->data[pair->plane],
        .stride = pic->stride[pair->plane],
        .minus = minus ? minus->data[pair->plane] : NULL,
        .minus_stride = minus ? minus->stride[pair->plane] : 0,
        .low = s->low[at],
    };
}

void speed_analyse(Speed *s, const SpeedPair *pair, unsigned cnt,
                   bool ref_known)
{
    SpeedDecimate *d = &s->decimate;
    SpeedModel *m = &s->model;
    unsigned planes = 0;
    for (unsigned at = 0; at < 2 * cnt; at++) {
        if (ref_known && at % 2 == 0)
            continue;
        d->plane[planes] = plane_call(s, &pair[at / 2], at % 2, at);
        m->plane[planes++] = s->blocks[at];
    }
    d->plane_cnt = m->plane_cnt = planes;
    run(s, s->kernels->decimate, d, planes * d->rows.cnt);
    run(s, s->kernels->model, m, planes);
}
