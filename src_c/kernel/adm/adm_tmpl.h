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

/* What is kept of a lane. */
typedef struct AdmKept {
    AdmSpan part[2];        /* of two rows: where A may differ from 0 */
    AdmSignal (*signal)[2]; /* of its variants */
} AdmKept;

/* Rows of int16_t at scale 0, int32_t at the others. */
typedef struct AdmWork {
    const AdmScale *in;
    AdmPlan plan;
    unsigned cols;       /* of the work window */
    void *down[2][2];    /* a vertically filtered row: low, high */
    void *low, *high;    /* the one of them that is being worked on */
    void *band[2][3];    /* high bands of one row */
    void *restored[3];   /* R before the gain limit */
    void *aligned;       /* angle flags, as lanes of ones */
    const AdmLane *lane; /* the lane that is being worked on */
    AdmSpan *part;       /* and what is kept of it */
    AdmSignal (*signal)[2];
    AdmKept kept[ADM_MAX_LANES];
    AdmSignal all[ADM_MAX_IN_ALL][2];
} AdmWork;

#include "adm_tmpl_wavelet.h"
#include "adm_tmpl_split.h"
#include "adm_tmpl_filter.h"
#include "adm_tmpl_equal.h"
#include "adm_tmpl_pool.h"

static void adm_lay_out(AdmWork *a, Workspace *ws)
{
    unsigned w = a->in->w, n = a->cols;
    /* With one lane the distorted row may take the place of the reference's. */
    const bool apart = a->in->lane_cnt > 1;
    for (unsigned i = 0; i < 4; i++)
        a->down[i / 2][i % 2] =
            i < 2 || apart ? adm_take_row(ws, w) : a->down[0][i % 2];
    for (unsigned i = 0; i < 6; i++)
        a->band[i / 3][i % 3] = adm_take_row(ws, n);
    for (unsigned q = 0; q < 3; q++)
        a->restored[q] = adm_take_row(ws, n);
    a->aligned = adm_take_row(ws, n);
    unsigned cnt = 0;
    for (unsigned i = 0; i < a->in->lane_cnt; i++) {
        a->kept[i].signal = &a->all[cnt];
        cnt += a->in->lane[i].variant_cnt;
    }
    for (unsigned v = 0; v < cnt * 2; v++) {
        AdmSignal *s = &a->all[v / 2][v % 2];
        for (unsigned i = 0; i < 6; i++)
            s->x[i / 3][i % 3] = adm_take_row(ws, n);
        for (unsigned i = 0; i < 3; i++)
            s->sum[i] = adm_take_row(ws, n);
        for (unsigned i = 0; i < 2; i++)
            s->middle[i] = adm_take_row(ws, n);
    }
}

/* Work on a lane. */
static void adm_enter(AdmWork *a, unsigned lane)
{
    a->lane = &a->in->lane[lane];
    a->part = a->kept[lane].part;
    a->signal = a->kept[lane].signal;
}

/* Beyond these, weights and products need more bits than the lanes have:
 * |c| = K 22929 2^-15 reaches 2^15 at scale 0, K its sign bit at the others. */
static bool adm_fits(const AdmScale *scale, const AdmLane *lane)
{
    const uint32_t limit = scale->scale ? 0x80000000 : 46800;
    for (unsigned v = 0; v < lane->variant_cnt; v++)
        for (unsigned q = 0; q < 3; q++)
            if (lane->variant[v].factor[q] >= limit &&
                (scale->scale || q != ADM_D))
                return false;
    return true;
}

static bool adm_all_fit(const AdmScale *scale)
{
    bool fit = true;
    for (unsigned i = 0; i < scale->lane_cnt; i++)
        fit = fit && adm_fits(scale, &scale->lane[i]);
    return fit;
}

/* Bands of a row of a side: columns `in` of the input, filtered down, and
 * columns `part` of the work window. */
static void adm_transform_side(AdmWork *a, int side, const char *const x[],
                               AdmSpan in, AdmSpan part, unsigned row)
{
    a->low = a->down[side][0];
    a->high = a->down[side][1];
    if (a->plan.scale)
        adm_down_coarse(a, x, in);
    else
        adm_down_fine(a, x, in);
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

/* Where a row of the low band is to be stored; NULL: not wanted. */
static char *adm_low_at(const AdmWork *a, void *low, unsigned row)
{
    const bool wanted = low && row >= a->plan.low[0] && row < a->plan.low[1];
    return wanted ? (char *)low + (ptrdiff_t)row * a->in->low_stride : NULL;
}

static void adm_transform_ref(AdmWork *a, const char *const x[], unsigned row)
{
    char *low = adm_low_at(a, a->in->low_ref, row);
    adm_transform_side(a, 0, x, (AdmSpan){ 0, a->in->w },
                       (AdmSpan){ 0, a->cols }, row);
    if (low)
        adm_low_row(a, (AdmSpan){ 0, a->plan.w }, low);
}

/* Elsewhere the filtered row of the distorted picture is the reference's. */
static void adm_copy_down(AdmWork *a, AdmSpan unequal)
{
    const size_t size = a->plan.scale ? sizeof(int32_t) : sizeof(int16_t);
    const size_t begin = unequal.begin * size, end = unequal.end * size;
    for (unsigned i = 0; i < 2 && a->in->lane_cnt > 1; i++) {
        const char *from = a->down[0][i];
        char *to = a->down[1][i];
        memcpy(to, from, begin);
        memcpy(to + end, from + end, a->in->w * size - end);
    }
}

/* A distorted picture is transformed where it differs from the reference. */
static void adm_transform(AdmWork *a, const char *const ref[], unsigned row)
{
    const AdmScale *in = a->in;
    const char *x[ADM_ROWS];
    const char *low_ref = adm_low_at(a, in->low_ref, row);
    char *low = adm_low_at(a, a->lane->low_dist, row);
    adm_rows(a, (AdmInput){ a->lane->dist, a->lane->dist_stride }, row, x);
    const AdmSpan unequal = adm_unequal(a, ref, x);
    const AdmSpan part = low_ref ? adm_part(a, unequal, 0, a->plan.w)
                                 : (AdmSpan){ 0, a->plan.w };
    a->part[row % 2] = adm_added(a, unequal);
    adm_copy_down(a, unequal);
    adm_transform_side(a, 1, x, unequal, a->part[row % 2], row);
    if (low)
        adm_low_row(a, part, low);
    if (low && low_ref)
        adm_copy_low(a, part, low_ref, low);
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
    for (unsigned v = 0; v < a->lane->variant_cnt; v++) {
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
    for (unsigned v = 0; v < a->lane->variant_cnt; v++) {
        adm_pass(a, v, 0, row, sums->num[v]);
        if (!a->lane->variant[v].skip_aim)
            adm_pass(a, v, 1, row, sums->aim[v]);
    }
}

/* One row of a lane, then what it completes. */
static void adm_lane_row(AdmWork *a, const char *const ref[], AdmSums *sums,
                         unsigned row)
{
    const AdmPlan *plan = &a->plan;
    adm_transform(a, ref, row);
    if (row < plan->work[0] || row >= plan->work[1])
        return;
    adm_split(a, row);
    if (row && row - 1 >= plan->pool[0] && row - 1 < plan->pool[1])
        adm_pool(a, sums, row - 1);
    /* Below the last row of the band there is none to wait for. */
    if (row + 1 == plan->h && row < plan->pool[1])
        adm_pool(a, sums, row);
}

static size_t adm_scratch_size_simd(const AdmScale *scale)
{
    AdmWork a = { .in = scale, .cols = (scale->w + 1) / 2 };
    Workspace ws = { NULL, 0 };
    if (!adm_all_fit(scale))
        return adm_scratch_size_scalar(scale);
    adm_lay_out(&a, &ws);
    return ws.used;
}

static void adm_scale_simd(const void *call, const Rows *rows, int64_t *out)
{
    const AdmScale *scale = call;
    AdmSums *sums = (AdmSums *)out;
    if (!adm_all_fit(scale)) {
        adm_scale_scalar(scale, rows, out);
        return;
    }
    AdmWork a = { .in = scale };
    const AdmPlan *plan = &a.plan;
    adm_plan(&a.plan, scale, rows);
    a.cols = plan->col.work_end - plan->col.work_begin;
    adm_lay_out(&a, &(Workspace){ rows->scratch, 0 });
    for (unsigned row = plan->visit[0]; row < plan->visit[1]; row++) {
        const char *ref[ADM_ROWS];
        uint64_t den[3] = { 0 };
        adm_rows(&a, (AdmInput){ scale->ref, scale->ref_stride }, row, ref);
        adm_transform_ref(&a, ref, row);
        if (row >= plan->pool[0] && row < plan->pool[1])
            for (unsigned q = 0; q < 3; q++)
                den[q] = adm_den_row(plan, a.band[0][q]);
        for (unsigned i = 0; i < scale->lane_cnt; i++) {
            adm_enter(&a, i);
            adm_lane_row(&a, ref, &sums[i], row);
            for (unsigned q = 0; q < 3; q++)
                sums[i].den[q] += den[q];
        }
    }
}
