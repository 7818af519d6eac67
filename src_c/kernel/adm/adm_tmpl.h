/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM written once over vector operations. A row of the band is transformed,
 * decoupled and filtered; the row before it can then be pooled. Only the low
 * bands, three rows of threshold weights and two of the signals are kept.
 */
#include "adm_plan.h"

enum { ADM_STEP16 = 2 * V_LANES };

/* One signal (R or A) of one variant. Columns count from the work window. */
typedef struct AdmSignal {
    void *x[2][3];      /* the signal (scale 0, int16_t) or |c| (int32_t) */
    int32_t *sum[3];    /* neighbour weights of all orientations */
    int32_t *middle[2]; /* centre weights */
} AdmSignal;

/* Columns [begin, end). */
typedef struct AdmSpan {
    unsigned begin, end;
} AdmSpan;

/* Rows of int16_t at scale 0, int32_t at the others. */
typedef struct AdmWork {
    const AdmScale *in;
    AdmPlan plan;
    unsigned cols;     /* of the work window */
    void *low, *high;  /* a vertically filtered row */
    void *band[2][3];  /* high bands of one row */
    void *restored[3]; /* R before the gain limit */
    void *aligned;     /* angle flags, as lanes of ones */
    AdmSpan part[2];   /* of two rows: where A may differ from 0 */
    AdmSignal signal[ADM_MAX_VARIANTS][2];
} AdmWork;

#include "adm_tmpl_wavelet.h"
#include "adm_tmpl_split.h"
#include "adm_tmpl_filter.h"
#include "adm_tmpl_equal.h"
#include "adm_tmpl_pool.h"

static void adm_lay_out(AdmWork *a, Workspace *ws)
{
    unsigned w = a->in->w, n = a->cols;
    a->low = adm_take_row(ws, w);
    a->high = adm_take_row(ws, w);
    for (unsigned i = 0; i < 6; i++)
        a->band[i / 3][i % 3] = adm_take_row(ws, n);
    for (unsigned q = 0; q < 3; q++)
        a->restored[q] = adm_take_row(ws, n);
    a->aligned = adm_take_row(ws, n);
    for (unsigned v = 0; v < a->in->variant_cnt * 2; v++) {
        AdmSignal *s = &a->signal[v / 2][v % 2];
        for (unsigned i = 0; i < 6; i++)
            s->x[i / 3][i % 3] = adm_take_row(ws, n);
        for (unsigned i = 0; i < 3; i++)
            s->sum[i] = adm_take_row(ws, n);
        for (unsigned i = 0; i < 2; i++)
            s->middle[i] = adm_take_row(ws, n);
    }
}

/* Beyond these, weights and products need more bits than the lanes have:
 * |c| = K 22929 2^-15 reaches 2^15 at scale 0, K its sign bit at the others. */
static bool adm_fits(const AdmScale *scale)
{
    const uint32_t limit = scale->scale ? 0x80000000 : 46800;
    for (unsigned v = 0; v < scale->variant_cnt; v++)
        for (unsigned q = 0; q < 3; q++)
            if (scale->variant[v].factor[q] >= limit &&
                (scale->scale || q != ADM_D))
                return false;
    return true;
}

static void adm_transform_side(AdmWork *a, int side, const char *const x[],
                               AdmSpan down, unsigned row)
{
    const AdmSpan part = side ? a->part[row % 2] : (AdmSpan){ 0, a->cols };
    if (a->plan.scale)
        adm_down_coarse(a, x, down);
    else
        adm_down_fine(a, x, down);
    if (row < a->plan.work[0] || row >= a->plan.work[1])
        return;
    if (a->plan.scale)
        adm_high_coarse(a, side, part);
    else
        adm_high_fine(a, side, part);
}

/* A row of the second low band is that of the first but for `part`. */
static void adm_copy_low(const AdmWork *a, AdmSpan part, const char *from,
                         char *to)
{
    const size_t size = a->plan.scale ? sizeof(int32_t) : sizeof(int16_t);
    memcpy(to, from, part.begin * size);
    memcpy(to + part.end * size, from + part.end * size,
           (a->plan.w - part.end) * size);
}

/* The second picture is transformed where it differs from the first, whose
 * filtered row is still there. */
static void adm_transform(AdmWork *a, unsigned row)
{
    const AdmScale *in = a->in;
    const char *x[2][ADM_ROWS];
    const ptrdiff_t at = (ptrdiff_t)row * in->low_stride;
    const bool low = row >= a->plan.low[0] && row < a->plan.low[1];
    char *ref = low && in->low_ref ? (char *)in->low_ref + at : NULL;
    char *dist = low && in->low_dist ? (char *)in->low_dist + at : NULL;
    const AdmSpan all = { 0, a->plan.w };
    adm_rows(a, 0, row, x[0]);
    adm_rows(a, 1, row, x[1]);
    const AdmSpan unequal = adm_unequal(a, x[0], x[1]);
    const AdmSpan part = ref ? adm_part(a, unequal, 0, a->plan.w) : all;
    a->part[row % 2] = adm_added(a, unequal);
    adm_transform_side(a, 0, x[0], (AdmSpan){ 0, in->w }, row);
    if (ref)
        adm_low_row(a, all, ref);
    adm_transform_side(a, 1, x[1], unequal, row);
    if (dist)
        adm_low_row(a, part, dist);
    if (dist && ref)
        adm_copy_low(a, part, ref, dist);
}

static void adm_filter(AdmWork *a, unsigned v, unsigned row)
{
    const AdmSpan part = a->part[row % 2];
    const AdmSpan left = { 0, part.begin }, right = { part.end, a->cols };
    if (a->plan.scale) {
        adm_filter_coarse(a, v, row, part);
        adm_equal_coarse(a, v, row, left);
        adm_equal_coarse(a, v, row, right);
    } else {
        adm_filter_fine(a, v, row, part);
        adm_equal_fine(a, v, row, left);
        adm_equal_fine(a, v, row, right);
    }
}

static void adm_split(AdmWork *a, unsigned row)
{
    if (a->plan.scale)
        adm_decouple_coarse(a, a->part[row % 2]);
    else
        adm_decouple_fine(a, a->part[row % 2]);
    for (unsigned v = 0; v < a->in->variant_cnt; v++) {
        adm_filter(a, v, row);
        for (unsigned i = 0; i < 2; i++) {
            /* Read only where the work window is the whole band. */
            int32_t *sum = a->signal[v][i].sum[row % 3];
            sum[-1] = sum[1];
            sum[a->cols] = sum[a->cols - 1];
        }
    }
}

static void adm_pool(const AdmWork *a, AdmSums *sums, unsigned row)
{
    for (unsigned v = 0; v < a->in->variant_cnt; v++) {
        adm_pass(a, v, 0, row, sums->num[v]);
        if (!a->in->variant[v].skip_aim)
            adm_pass(a, v, 1, row, sums->aim[v]);
    }
}

static size_t adm_scratch_size_simd(unsigned w)
{
    const size_t plain = adm_scratch_size_scalar(w);
    const AdmScale widest = { .w = w, .variant_cnt = ADM_MAX_VARIANTS };
    AdmWork a = { .in = &widest, .cols = (w + 1) / 2 };
    Workspace ws = { NULL, 0 };
    adm_lay_out(&a, &ws);
    return ws.used > plain ? ws.used : plain;
}

static void adm_scale_simd(const void *call, const Rows *rows, int64_t *out)
{
    const AdmScale *scale = call;
    AdmSums *sums = (AdmSums *)out;
    if (!adm_fits(scale)) {
        adm_scale_scalar(scale, rows, out);
        return;
    }
    AdmWork a = { .in = scale };
    const AdmPlan *plan = &a.plan;
    adm_plan(&a.plan, scale, rows);
    a.cols = plan->col.work_end - plan->col.work_begin;
    adm_lay_out(&a, &(Workspace){ rows->scratch, 0 });
    for (unsigned row = plan->visit[0]; row < plan->visit[1]; row++) {
        adm_transform(&a, row);
        if (row < plan->work[0] || row >= plan->work[1])
            continue;
        adm_split(&a, row);
        if (row >= plan->pool[0] && row < plan->pool[1])
            for (unsigned q = 0; q < 3; q++)
                sums->den[q] += adm_den_row(plan, a.band[0][q]);
        if (row && row - 1 >= plan->pool[0] && row - 1 < plan->pool[1])
            adm_pool(&a, sums, row - 1);
        /* Below the last row of the band there is none to wait for. */
        if (row + 1 == plan->h && row < plan->pool[1])
            adm_pool(&a, sums, row);
    }
}
