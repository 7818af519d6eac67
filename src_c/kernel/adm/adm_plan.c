/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "adm_plan.h"

#include <string.h>

static unsigned max(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned adm_ceil_log2(uint64_t x)
{
    unsigned k = 0;
    while (((uint64_t)1 << k) < x)
        k++;
    return k;
}

AdmWindow adm_window(unsigned size)
{
    /* trunc(0.1 size - 0.5) */
    unsigned margin = size >= 5 ? (size - 5) / 10 : 0;
    AdmWindow window = { .pool_begin = margin, .pool_end = size - margin };
    window.work_begin = margin ? margin - 1 : 0;
    window.work_end = min(size, window.pool_end + 1);
    return window;
}

enum { BEFORE = 64, BEHIND = 512 };

void *adm_take_row(Workspace *ws, unsigned w)
{
    char *row =
        workspace_take(ws, BEFORE + (size_t)w * sizeof(int32_t) + BEHIND);
    return row ? row + BEFORE : NULL;
}

/* Threshold rows need the row before and after, at the upper edge row 1. */
static void adm_plan_rows(AdmPlan *plan, const AdmScale *scale,
                          const Rows *rows)
{
    unsigned begin = rows->begin, end = min(rows->end, plan->h);
    plan->low[0] = begin;
    plan->low[1] = end;
    plan->pool[0] = max(begin, plan->row.pool_begin);
    plan->pool[1] = min(end, plan->row.pool_end);
    if (!scale->lane->variant_cnt || plan->pool[0] >= plan->pool[1])
        plan->pool[0] = plan->pool[1] = plan->work[0] = plan->work[1] = begin;
    else {
        plan->work[0] = plan->pool[0] ? plan->pool[0] - 1 : 0;
        plan->work[1] = min(plan->h, plan->pool[1] + 1);
    }
    plan->visit[0] = min(begin, plan->work[0]);
    plan->visit[1] = max(end, plan->work[1]);
}

/* The signals of scale 0 are Q6 in 16 bits; those of scales 1 to 3 are Q21,
 * Q19 and Q18 in 32 bits. */
static void adm_plan_shifts(AdmPlan *plan, unsigned bpc)
{
    static const unsigned vertical[] = { 0, 0, 16, 16 };
    static const unsigned horizontal[] = { 16, 15, 16, 15 };
    static const unsigned den_square[] = { 0, 31, 30, 31 };
    unsigned s = plan->scale, log_w = adm_ceil_log2(plan->w);
    plan->vertical_shift = s ? vertical[s] : bpc;
    plan->horizontal_shift = horizontal[s];
    for (unsigned q = 0; q < 3; q++) {
        /* The offset of the diagonal is one short of half: part of the
         * definition, as are the other odd ones here. */
        plan->csf_shift[q] = s ? 28 : q == ADM_D ? 17 : 15;
        plan->csf_round[q] = s ? 1 << 27 : q == ADM_D ? 65535 : 16384;
        plan->threshold_shift[q] = s ? 0 : q == ADM_D ? 12 : 10;
        plan->square_shift[q] = s ? 30 : q == ADM_D ? 30 : 29;
        plan->cube_shift[q] = s ? log_w : log_w - (q == ADM_D ? 3 : 4);
    }
    plan->row_shift = adm_ceil_log2(plan->h);

    unsigned pool_w = plan->col.pool_end - plan->col.pool_begin;
    unsigned pool_h = plan->row.pool_end - plan->row.pool_begin;
    plan->den_square_shift = den_square[s];
    if (s) {
        plan->den_cube_shift = adm_ceil_log2(pool_w);
        plan->den_row_shift = adm_ceil_log2(pool_h);
    } else {
        unsigned area = adm_ceil_log2((uint64_t)pool_w * pool_h);
        plan->den_cube_shift = 0;
        plan->den_row_shift = area > 20 ? area - 20 : 0;
    }
}

void adm_plan(AdmPlan *plan, const AdmScale *scale, const Rows *rows)
{
    memset(plan, 0, sizeof(*plan));
    plan->scale = scale->scale;
    plan->w = (scale->w + 1) / 2;
    plan->h = (scale->h + 1) / 2;
    plan->col = adm_window(plan->w);
    plan->row = adm_window(plan->h);
    adm_plan_rows(plan, scale, rows);
    adm_plan_shifts(plan, scale->bpc);
}
