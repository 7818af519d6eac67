/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * SpEED written once over vector operations. Every sum keeps the order of the
 * definition: lanes are sums of their own (columns, cells, blocks), never parts
 * of one sum.
 */
#include <math.h>
#include <string.h>

#include "speed.h"
#include "speed_layout.h"

enum {
    SPEED_N = SPEED_CELLS,
    SPEED_P = SPEED_PADDED,
    SPEED_CHUNK = 4 * V_LANES, /* blocks that are worked on together */
};

/* Row by row, cells beyond the 25th are ignored. */
typedef float SpeedMatrix[SPEED_N][SPEED_P];

#include "speed_tmpl_decimate.h"
#include "speed_tmpl_resize.h"
#include "speed_tmpl_covariance.h"
#include "speed_tmpl_eigen.h"
#include "speed_tmpl_solve.h"
#include "speed_tmpl_entropy.h"

static void speed_decimate(const void *call, const Rows *range, int64_t *sums)
{
    const SpeedDecimate *d = call;
    Workspace ws = { .base = range->scratch };
    SpeedRows work;
    (void)sums;
    speed_lay_out_rows(&work, d, &ws);
    for (unsigned row = range->begin; row < range->end; row++) {
        const SpeedPlane *p = &d->plane[row / d->rows.cnt];
        const unsigned i = row % d->rows.cnt;
        float *low = p->low + i * d->low_stride;
        if (d->columns.reach == 1)
            speed_thin_row(d, p, i, work.down, low);
        else
            speed_resized_row(d, p, i, &work, low);
    }
}

/* One plane of a call on its way. */
typedef struct SpeedJob {
    SpeedWork work;
    SpeedMatrix covariance;
    float lambda[SPEED_N], below[SPEED_N - 1];
} SpeedJob;

static void speed_begin(const SpeedModel *m, const SpeedBlocks *in,
                        SpeedJob *job)
{
    speed_remove_mean(m, in->low, &job->work);
    speed_covariance(m, &job->work, job->covariance);
    speed_tridiagonalise(job->covariance, job->lambda, job->below);
    speed_gather_blocks(m, job->work.plane, job->work.blocks);
}

static void speed_finish(const SpeedModel *m, const SpeedBlocks *out,
                         SpeedJob *job)
{
    bool singular = false;
    for (int e = 0; e < SPEED_N; e++)
        singular |= (double)job->lambda[e] < 1e-6;
    if (!singular)
        singular = !speed_solve(m, job->covariance, &job->work);
    *out->singular = singular;
    speed_entropies(m, out, job->lambda, &job->work);
}

static void speed_model(const void *call, const Rows *rows, int64_t *sums)
{
    const SpeedModel *m = call;
    SpeedJob job[SPEED_MAX_PLANES];
    Workspace ws = { .base = rows->scratch };
    const unsigned cnt = rows->end - rows->begin;
    (void)sums;
    for (unsigned i = 0; i < cnt; i++) {
        speed_lay_out(&job[i].work, m, &ws);
        speed_begin(m, &m->plane[rows->begin + i], &job[i]);
    }
    SpeedTridiagonal matrix[SPEED_MAX_PLANES];
    for (unsigned i = 0; i < cnt; i++)
        matrix[i] = (SpeedTridiagonal){ .d = job[i].lambda, .b = job[i].below };
    speed_diagonalise_all(matrix, cnt);
    for (unsigned i = 0; i < cnt; i++)
        speed_finish(m, &m->plane[rows->begin + i], &job[i]);
}
