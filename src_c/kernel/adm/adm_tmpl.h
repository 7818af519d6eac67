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

/* Rows of int16_t at scale 0, int32_t at the others. */
typedef struct AdmWork {
    const AdmScale *in;
    AdmPlan plan;
    unsigned cols;     /* of the work window */
    void *low, *high;  /* a vertically filtered row */
    void *band[2][3];  /* high bands of one row */
    void *restored[3]; /* R before the gain limit */
    void *aligned;     /* angle flags, as lanes of ones */
    AdmSignal signal[ADM_MAX_VARIANTS][2];
} AdmWork;

#include "adm_tmpl_wavelet.h"
#include "adm_tmpl_split.h"
#include "adm_tmpl_filter.h"
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

static void adm_split(AdmWork *a, unsigned row)
{
    if (a->plan.scale)
        adm_decouple_coarse(a);
    else
        adm_decouple_fine(a);
    for (unsigned v = 0; v < a->in->variant_cnt; v++) {
        if (a->plan.scale)
            adm_filter_coarse(a, v, row);
        else
            adm_filter_fine(a, v, row);
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
        const AdmSignal *kept = &a->signal[v][0], *added = &a->signal[v][1];
        adm_pass(a, v, kept, added, row, sums->num[v]);
        if (!a->in->variant[v].skip_aim)
            adm_pass(a, v, added, kept, row, sums->aim[v]);
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
