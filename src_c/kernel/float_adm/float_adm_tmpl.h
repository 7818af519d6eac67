/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Template of float ADM, part 3: a pipeline of rows. Three rows of the high
 * bands are kept, as a sample is masked by its neighbours; nothing else is
 * stored but the low band.
 */

enum {
    ADM_RING = 3,
    ADM_GROUP =
        5, /* rows whose terms are added up at once: 45, with one limit */
    ADM_MAX_TERMS = ADM_BANDS * (1 + ADM_SIGNALS * FLOAT_ADM_MAX_LIMITS),
    ADM_TERM_ROWS = ADM_GROUP * ADM_MAX_TERMS + V_LANES - 1,
};

typedef struct AdmWork {
    const FloatAdmScale *scale;
    unsigned n, top, bottom; /* rows of the bands, and those that are pooled */
    AdmSpan span;
    AdmPicture picture[2];
    AdmBand ring[ADM_RING];
    float *term[ADM_TERM_ROWS];
    unsigned first, grouped; /* first row with terms, their number */
    bool begun;              /* a row was pooled */
} AdmWork;

static unsigned adm_terms_of(unsigned limits)
{
    return ADM_BANDS * (1 + ADM_SIGNALS * limits);
}

static void adm_lay_out(AdmWork *k, Workspace *ws, unsigned w, unsigned limits)
{
    const unsigned m = (w + 1) / 2, terms = ADM_GROUP * adm_terms_of(limits);
    for (unsigned p = 0; p < 2; p++)
        adm_lay_out_picture(&k->picture[p], ws, w);
    for (unsigned r = 0; r < ADM_RING; r++) {
        AdmBand *b = &k->ring[r];
        for (unsigned q = 0; q < ADM_BANDS; q++)
            adm_take_row(&b->ref[q], ws, m);
        for (unsigned i = 0; i < ADM_SIGNALS * limits; i++) {
            for (unsigned q = 0; q < ADM_BANDS; q++) {
                adm_take_row(&b->seen[i / 2][i % 2][q], ws, m);
                adm_take_row(&b->around[i / 2][i % 2][q], ws, m);
                adm_take_row(&b->three[i / 2][i % 2][q], ws, m);
            }
        }
    }
    /* In whole vectors of them. */
    for (unsigned i = 0; i < (terms + V_LANES - 1) / V_LANES * V_LANES; i++)
        adm_take_row(&k->term[i], ws, m);
}

static size_t float_adm_scratch(unsigned w)
{
    AdmWork k;
    Workspace ws = { NULL, 0 };
    adm_lay_out(&k, &ws, w, FLOAT_ADM_MAX_LIMITS);
    return ws.used;
}

static SIMD_NOINLINE void adm_signals(const AdmWork *k, const AdmBand *to)
{
    const AdmTaps4 taps = adm_taps();
    const AdmSpan *span = &k->span;
    /* Copies, which no store can change. */
    const FloatAdmScale scale = *k->scale;
    const AdmPicture picture[2] = { k->picture[0], k->picture[1] };
    const AdmBand band = *to;
    const float bound = ADM_LEAST;
    uint32_t least, lane[V_LANES];
    vint tiny = v_set32(~0u);
    bool again = false;
    for (size_t j = span->made_begin; j < span->made_end; j += V_LANES) {
        vflt o[ADM_BANDS], t[ADM_BANDS];
        adm_high_bands(&picture[0], &taps, j, o);
        adm_high_bands(&picture[1], &taps, j, t);
        tiny = adm_decouple(&scale, o, t, &band, j, tiny);
    }
    memcpy(&least, &bound, sizeof(least));
    v_store(lane, tiny);
    for (unsigned i = 0; i < V_LANES; i++)
        again |= lane[i] < least;
    if (again)
        adm_around_again(to, k->scale->limit_cnt, span);
    if (!span->left)
        adm_mirror(to, k->scale->limit_cnt, span->m);
}

/* Row `y` of the bands: the low ones where wanted, the high ones where a row
 * that is pooled needs them. */
static void adm_make_row(AdmWork *k, const Rows *rows, unsigned y)
{
    const FloatAdmScale *s = k->scale;
    const bool mine = y >= rows->begin && y < rows->end;
    float *const low[2] = { s->low_ref, s->low_dist };
    for (unsigned p = 0; p < 2; p++) {
        adm_down(&k->picture[p], s, y);
        if (low[p] && mine)
            adm_low_band(
                &k->picture[p], k->span.m,
                (void *)((char *)low[p] + (ptrdiff_t)y * s->low_stride));
    }
    if (s->limit_cnt && y + 1 >= k->top && y < k->bottom + 1)
        adm_signals(k, &k->ring[y % ADM_RING]);
}

/* Adds up the terms that are there. */
static void adm_sum_group(AdmWork *k)
{
    const FloatAdmScale *s = k->scale;
    const unsigned terms = adm_terms_of(s->limit_cnt);
    const unsigned cnt = k->grouped * terms;
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        float sum[V_LANES];
        adm_add_rows((const float *const *)k->term + i,
                     k->span.right - k->span.begin, sum);
        for (unsigned c = i; c < i + V_LANES && c < cnt; c++) {
            FloatAdmRow *row = &s->row[k->first + c / terms];
            const unsigned kind = c % terms / ADM_BANDS, q = c % ADM_BANDS;
            if (kind == 0)
                row->den[q] = sum[c - i];
            else if (kind % 2)
                row->num[kind / 2][q] = sum[c - i];
            else
                row->aim[kind / 2 - 1][q] = sum[c - i];
        }
    }
    k->first += k->grouped;
    k->grouped = 0;
}

/* Terms of row `y`, whose neighbours are there. */
static void adm_pool_row(AdmWork *k, unsigned y)
{
    const FloatAdmScale *s = k->scale;
    const unsigned terms = adm_terms_of(s->limit_cnt);
    const unsigned above = y ? y - 1 : 1, below = y + 1 < k->n ? y + 1 : y;
    const AdmBand *const row[3] = { &k->ring[above % ADM_RING],
                                    &k->ring[y % ADM_RING],
                                    &k->ring[below % ADM_RING] };
    AdmTerms out;
    if (!k->begun) {
        adm_make_three(row[0], s->limit_cnt, &k->span);
        adm_make_three(row[1], s->limit_cnt, &k->span);
        k->begun = true;
    }
    for (unsigned i = 0; i < terms; i++)
        out.row[i] = k->term[k->grouped * terms + i];
    adm_terms(s, row, &out, &k->span);
    for (unsigned i = 0; i < terms; i++)
        adm_finish_terms(out.row[i], &k->span, s->exponent);
    if (!k->grouped++)
        k->first = y;
}

/* Rows of the bands; those above and below are made too. */
static void float_adm_scale(const void *call, const Rows *rows, int64_t *sums)
{
    const FloatAdmScale *s = call;
    const unsigned n = (s->h + 1) / 2, top = float_adm_margin(n);
    AdmWork k = { .scale = s,
                  .n = n,
                  .top = top,
                  .bottom = n - top,
                  .span = adm_span((s->w + 1) / 2) };
    Workspace ws = { rows->scratch, 0 };
    unsigned next = rows->begin ? rows->begin - 1 : 0;
    (void)sums;
    adm_lay_out(&k, &ws, s->w, s->limit_cnt);
    for (unsigned p = 0; p < 2; p++) {
        k.picture[p].samples = p ? s->dist : s->ref;
        k.picture[p].stride = p ? s->dist_stride : s->ref_stride;
        k.picture[p].next = next ? 2 * next - 1 : 0;
    }
    for (unsigned y = rows->begin; y < rows->end; y++) {
        for (; next < n && next <= y + 1; next++)
            adm_make_row(&k, rows, next);
        if (s->limit_cnt && y >= k.top && y < k.bottom)
            adm_pool_row(&k, y);
        if (k.grouped == ADM_GROUP || (k.grouped && y + 1 == rows->end))
            adm_sum_group(&k);
        if (k.grouped && y + 1 == k.bottom)
            adm_sum_group(&k);
    }
}
