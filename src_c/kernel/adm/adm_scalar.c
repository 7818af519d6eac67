/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM in plain C, the judge of the vector kernel: rows of the input become
 * rows of the four bands, which are decoupled, filtered and pooled while the
 * two rows before them are still at hand. Only the low bands are stored.
 */
#include "adm_scalar.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT, ADDED };

/* ------------------------------------------------------------- scratch */

static void lay_out(AdmScalar *a, Workspace *ws)
{
    unsigned w = a->in->w, n = a->cols;
    for (unsigned i = 0; i < 8; i++)
        a->line[i / 4][i % 4] = adm_take_row(ws, w);
    for (unsigned i = 0; i < 2; i++) {
        a->down[i] = adm_take_row(ws, w);
        a->odd[i] = adm_take_row(ws, w / 2);
        a->even[i] = adm_take_row(ws, w / 2);
    }
    a->wide = adm_take_row(ws, a->plan.w);
    for (unsigned i = 0; i < 6; i++)
        a->band[i / 3][i % 3] = adm_take_row(ws, n);
    for (unsigned q = 0; q < 3; q++)
        a->restored[q] = adm_take_row(ws, n);
    a->aligned = adm_take_row(ws, n);
    a->split[KEPT] = adm_take_row(ws, n);
    a->split[ADDED] = adm_take_row(ws, n);
    a->threshold = adm_take_row(ws, n);
    for (unsigned v = 0; v < a->in->lane->variant_cnt * 2; v++) {
        AdmSignal *s = &a->signal[v / 2][v % 2];
        for (unsigned i = 0; i < 6; i++)
            s->size[i / 3][i % 3] = adm_take_row(ws, n);
        for (unsigned i = 0; i < 3; i++)
            s->sum[i] = adm_take_row(ws, n);
        for (unsigned i = 0; i < 2; i++)
            s->middle[i] = adm_take_row(ws, n);
    }
}

/* ---------------------------------------------------------- decoupling */

/* t / o in Q15, clamped to [0, 1], by a reciprocal of o of 15 to 16 bits. For
 * o = 0 any gain will do. */
static int32_t gain(int32_t o, int32_t t)
{
    uint32_t u = o < 0 ? 0u - (uint32_t)o : (uint32_t)o;
    unsigned e = u < 32768 ? 0 : 17 - (unsigned)__builtin_clz(u);
    u = (u + ((1u << e) >> 1)) >> e;
    int64_t product = (int64_t)((1u << 30) / (u | !u)) * t;
    product = o < 0 ? -product : product;
    int64_t k = (product + ((int64_t)1 << (14 + e))) >> (15 + e);
    k = k > 0 ? k : 0;
    return (int32_t)(k < 32768 ? k : 32768);
}

/* What an enhancement may keep: at most `limit` times the restored detail. */
static int32_t enhance(int32_t restored, int32_t o, int32_t t, double limit)
{
    double r = restored * limit;
    if (o > 0)
        return (int32_t)(r < t ? r : t);
    return (int32_t)(r > t ? r : t);
}

static void restore(const int32_t *o, const int32_t *t, unsigned n,
                    int32_t *restored)
{
    for (unsigned j = 0; j < n; j++) {
        int64_t k = gain(o[j], t[j]);
        restored[j] = (int32_t)((k * o[j] + 16384) >> 15);
    }
}

/* The same without divisions, for a row that ADM_EXACT_GAIN covers. */
static void restore_fine(const int32_t *restrict o, const int32_t *restrict t,
                         unsigned n, int32_t *restrict restored)
{
    int32_t bits = 0;
    for (unsigned j = 0; j < n; j++)
        bits |= o[j] < 0 ? -o[j] : o[j];
    if (bits >= ADM_EXACT_GAIN) {
        restore(o, t, n, restored);
        return;
    }
    for (unsigned j = 0; j < n; j++) {
        int32_t low = o[j] < 0 ? o[j] : 0, high = o[j] > 0 ? o[j] : 0;
        int32_t r = t[j] < low ? low : t[j];
        restored[j] = r > high ? high : r;
    }
}

static void decouple(AdmScalar *a)
{
    int32_t *const *o = a->band[REF], *const *t = a->band[DIST];
    for (unsigned j = 0; j < a->cols; j++)
        a->aligned[j] =
            adm_within_cone(o[ADM_H][j], o[ADM_V][j], t[ADM_H][j], t[ADM_V][j]);
    for (unsigned q = 0; q < 3; q++) {
        if (a->plan.scale)
            restore(o[q], t[q], a->cols, a->restored[q]);
        else
            restore_fine(o[q], t[q], a->cols, a->restored[q]);
    }
}

/* R and A of one orientation. A gain or a reference of 0 is not limited, and a
 * plain R of 0 would stay 0. */
static void limit_row(AdmScalar *a, unsigned q, double limit)
{
    const int32_t *restrict o = a->band[REF][q], *restrict t = a->band[DIST][q];
    int32_t *restrict kept = a->split[KEPT], *restrict added = a->split[ADDED];
    memcpy(kept, a->restored[q], a->cols * sizeof(*kept));
    for (unsigned j = 0; j < a->cols; j++)
        if (a->aligned[j] && kept[j])
            kept[j] = enhance(kept[j], o[j], t[j], limit);
    for (unsigned j = 0; j < a->cols; j++)
        added[j] = t[j] - kept[j];
}

/* ----------------------------------------------- sensitivity, neighbours */

/* c = K y, and its weights |c|/30 and |c|/15 in the threshold. At scale 0 they
 * wrap to 16 bits; at the others their offset is minus one half: both belong
 * to the definition. Sums are modulo 2^32. */
static void filter_fine(const AdmPlan *plan, unsigned q, uint32_t factor,
                        const int32_t *restrict y, unsigned n,
                        uint32_t *restrict size, uint32_t *restrict sum,
                        uint32_t *restrict middle)
{
    uint32_t round = (uint32_t)plan->csf_round[q];
    unsigned shift = plan->csf_shift[q];
    for (unsigned j = 0; j < n; j++) {
        int32_t x = (int32_t)(factor * (uint32_t)y[j]);
        int32_t weighed = (int32_t)((uint32_t)x + round);
        int32_t c = (int16_t)(weighed >> shift);
        int32_t magnitude = c < 0 ? -c : c;
        int16_t neighbour = (int16_t)((4369 * magnitude + 2048) >> 12);
        int16_t centre = (int16_t)((8738 * magnitude + 2048) >> 12);
        size[j] = x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
        sum[j] += (uint32_t)neighbour;
        middle[j] += (uint32_t)centre;
    }
}

static void filter_coarse(uint32_t factor, const int32_t *restrict y,
                          unsigned n, uint32_t *restrict size,
                          uint32_t *restrict sum, uint32_t *restrict middle)
{
    const int64_t half = (int64_t)1 << 31;
    for (unsigned j = 0; j < n; j++) {
        int32_t c = (int32_t)(((int64_t)factor * y[j] + (1 << 27)) >> 28);
        uint32_t magnitude = c < 0 ? 0u - (uint32_t)c : (uint32_t)c;
        uint32_t neighbour =
            (uint32_t)(((int64_t)magnitude * 143165577 - half) >> 32);
        uint32_t centre =
            (uint32_t)(((int64_t)magnitude * 286331153 - half) >> 32);
        size[j] = magnitude;
        sum[j] += neighbour;
        middle[j] += centre;
    }
}

static void filter_signal(const AdmScalar *a, AdmSignal *s, unsigned row,
                          unsigned q, uint32_t factor, const int32_t *y)
{
    uint32_t *size = s->size[row % 2][q], *sum = s->sum[row % 3];
    uint32_t *middle = s->middle[row % 2];
    if (q == 0) {
        memset(sum, 0, a->cols * sizeof(*sum));
        memset(middle, 0, a->cols * sizeof(*middle));
    }
    if (a->plan.scale)
        filter_coarse(factor, y, a->cols, size, sum, middle);
    else
        filter_fine(&a->plan, q, factor, y, a->cols, size, sum, middle);
    /* Used only where the work window is the whole band. */
    sum[-1] = sum[1];
    sum[a->cols] = sum[a->cols - 1];
}

/* ------------------------------------------------------------- pooling */

static void threshold_row(AdmScalar *a, const AdmSignal *s, unsigned row)
{
    unsigned offset = a->plan.col.pool_begin - a->plan.col.work_begin;
    unsigned n = a->plan.col.pool_end - a->plan.col.pool_begin;
    unsigned above = row ? row - 1 : 1;
    unsigned below = row + 1 < a->plan.h ? row + 1 : row;
    const uint32_t *x0 = s->sum[above % 3] + offset - 1;
    const uint32_t *x1 = s->sum[row % 3] + offset - 1;
    const uint32_t *x2 = s->sum[below % 3] + offset - 1;
    const uint32_t *middle = s->middle[row % 2] + offset;
    for (unsigned j = 0; j < n; j++) {
        unsigned k = j + 1;
        a->threshold[j] = middle[j] + x0[j] + x0[k] + x0[k + 1] + x1[j] +
                          x1[k + 1] + x2[j] + x2[k] + x2[k + 1];
    }
}

static int64_t pool_row(const AdmScalar *a, unsigned q, const uint32_t *size)
{
    unsigned offset = a->plan.col.pool_begin - a->plan.col.work_begin;
    unsigned n = a->plan.col.pool_end - a->plan.col.pool_begin;
    unsigned shift = a->plan.threshold_shift[q];
    unsigned square_shift = a->plan.square_shift[q];
    unsigned cube_shift = a->plan.cube_shift[q];
    int64_t square_half = (int64_t)adm_half(square_shift);
    int64_t cube_half = (int64_t)adm_half(cube_shift);
    uint64_t sum = 0;
    for (unsigned j = 0; j < n; j++) {
        int32_t e = (int32_t)(size[j + offset] - (a->threshold[j] << shift));
        if (e <= 0)
            continue;
        int32_t square =
            (int32_t)(((int64_t)e * e + square_half) >> square_shift);
        sum += (uint64_t)(((int64_t)square * e + cube_half) >> cube_shift);
    }
    unsigned row_shift = a->plan.row_shift;
    return (int64_t)(sum + adm_half(row_shift)) >> row_shift;
}

static void pool(AdmScalar *a, AdmSums *sums, unsigned row)
{
    for (unsigned v = 0; v < a->in->lane->variant_cnt; v++) {
        const AdmSignal *s = a->signal[v];
        threshold_row(a, &s[ADDED], row);
        for (unsigned q = 0; q < 3; q++)
            sums->num[v][q] += pool_row(a, q, s[KEPT].size[row % 2][q]);
        if (a->in->lane->variant[v].skip_aim)
            continue;
        threshold_row(a, &s[KEPT], row);
        for (unsigned q = 0; q < 3; q++)
            sums->aim[v][q] += pool_row(a, q, s[ADDED].size[row % 2][q]);
    }
}

static uint64_t denominator_row(const AdmScalar *a, const int32_t *o)
{
    const AdmPlan *plan = &a->plan;
    unsigned b = plan->den_square_shift, g = plan->den_cube_shift;
    unsigned begin = plan->col.pool_begin - plan->col.work_begin;
    unsigned end = plan->col.pool_end - plan->col.work_begin;
    /* The offset of the square is a whole unit. */
    uint64_t unit = b ? (uint64_t)1 << b : 0, half = adm_half(g), sum = 0;
    for (unsigned j = begin; j < end; j++) {
        uint64_t u = (uint64_t)llabs(o[j]);
        sum += (((u * u + unit) >> b) * u + half) >> g;
    }
    return (sum + adm_half(plan->den_row_shift)) >> plan->den_row_shift;
}

/* ---------------------------------------------------------------- rows */

static void split_row(AdmScalar *a, unsigned row)
{
    decouple(a);
    for (unsigned v = 0; v < a->in->lane->variant_cnt; v++) {
        const AdmVariant *variant = &a->in->lane->variant[v];
        for (unsigned q = 0; q < 3; q++) {
            limit_row(a, q, variant->gain_limit);
            for (int part = KEPT; part <= ADDED; part++)
                filter_signal(a, &a->signal[v][part], row, q,
                              variant->factor[q], a->split[part]);
        }
    }
}

/* The largest layout of a lane. */
size_t adm_scratch_size_scalar(const AdmScale *all)
{
    size_t most = 0;
    for (unsigned i = 0; i < all->lane_cnt; i++) {
        AdmScale one = *all;
        one.lane = &all->lane[i];
        const unsigned w = (one.w + 1) / 2;
        AdmScalar a = { .in = &one, .cols = w, .plan.w = w };
        Workspace ws = { NULL, 0 };
        lay_out(&a, &ws);
        most = ws.used > most ? ws.used : most;
    }
    return most;
}

/* Of the first lane. */
static void lane_scalar(const AdmScale *scale, const Rows *rows, AdmSums *sums)
{
    AdmScalar a = { .in = scale };
    adm_plan(&a.plan, scale, rows);
    a.cols = a.plan.col.work_end - a.plan.col.work_begin;
    lay_out(&a, &(Workspace){ rows->scratch, 0 });

    const AdmPlan *plan = &a.plan;
    a.next_line = plan->visit[0] ? 2 * plan->visit[0] - 1 : 0;
    for (unsigned row = plan->visit[0]; row < plan->visit[1]; row++) {
        adm_scalar_wavelet(&a, row);
        if (row < plan->work[0] || row >= plan->work[1])
            continue;
        split_row(&a, row);
        if (row >= plan->pool[0] && row < plan->pool[1])
            for (unsigned q = 0; q < 3; q++)
                sums->den[q] += denominator_row(&a, a.band[REF][q]);
        if (row && row - 1 >= plan->pool[0] && row - 1 < plan->pool[1])
            pool(&a, sums, row - 1);
        /* Below the last row of the band there is none to wait for. */
        if (row + 1 == plan->h && row < plan->pool[1])
            pool(&a, sums, row);
    }
}

/* The reference is transformed again for every lane: so this one is plain. */
void adm_scale_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const AdmScale *all = call;
    for (unsigned i = 0; i < all->lane_cnt; i++) {
        AdmScale one = *all;
        one.lane = &all->lane[i];
        lane_scalar(&one, rows, (AdmSums *)sums + i);
    }
}

const AdmKernels adm_kernels_scalar = {
    .scale = adm_scale_scalar,
    .scratch_size = adm_scratch_size_scalar,
};
