/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "speed_layout.h"

static size_t whole_vectors(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

void speed_lay_out_rows(SpeedRows *rows, const SpeedDecimate *d, Workspace *ws)
{
    const size_t width = whole_vectors(d->columns.size) * sizeof(float);
    /* A vector is read from any sample on. */
    const size_t thin = (d->columns.stride + 16) * sizeof(float);
    for (unsigned i = 0; i < d->rows.reach; i++)
        rows->source[i] = workspace_take(ws, width);
    rows->down = workspace_take(ws, thin > width ? thin : width);
}

void speed_lay_out(SpeedWork *work, const SpeedModel *m, Workspace *ws)
{
    /* A vector is read from any sample on. */
    const size_t plane = (m->low_stride * m->h + SPEED_ROOM) * sizeof(float);
    const size_t blocks = SPEED_CELLS * m->block_stride * sizeof(float);
    work->plane = workspace_take(ws, plane);
    work->smooth =
        workspace_take(ws, (m->low_stride + 2 * SPEED_ROOM) * sizeof(float));
    work->offset = workspace_take(ws, m->w * SPEED_PADDED * sizeof(double));
    work->blocks = workspace_take(ws, blocks);
    work->solved = workspace_take(ws, blocks);
}

size_t speed_decimate_scratch_size(const SpeedDecimate *call)
{
    SpeedRows rows;
    Workspace ws = { 0 };
    speed_lay_out_rows(&rows, call, &ws);
    return ws.used;
}

size_t speed_model_scratch_size(const SpeedModel *call)
{
    SpeedWork work;
    Workspace ws = { 0 };
    for (unsigned i = 0; i < SPEED_MAX_PLANES; i++)
        speed_lay_out(&work, call, &ws);
    return ws.used;
}
