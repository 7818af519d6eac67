/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM over vector operations: where a row of both pictures is equal, and what
 * follows from that. Equal bands lie within the cone, R is T or, by the rounding
 * of its gain, at least T (1 - 2^-14) - 1 from 2^14 on. A gain limit of 1.001
 * takes that beyond T, so R is T and A is 0: |c| of A is 0, and so are its
 * weights at scale 0. Those of the others are rounded from half a unit below,
 * -1 for each orientation.
 */

/* The least limit for which equal bands give R = T. */
static const double adm_equal_limit = 1.001;

static inline bool adm_differs(const char *a, const char *b)
{
    return v_any_bits(v_xor(v_load(a), v_load(b)));
}

/* The columns of the input from the first to the last vector that differs in
 * the rows of a band row. */
static AdmSpan adm_unequal(const AdmWork *a, const char *const ref[ADM_ROWS],
                           const char *const dist[ADM_ROWS])
{
    const unsigned deep = a->in->bpc > 8 ? 2 : 1;
    const unsigned size = a->plan.scale ? a->plan.scale > 1 ? 4 : 2 : deep;
    const unsigned bytes = a->in->w * size, step = sizeof(vint);
    unsigned begin = bytes, end = 0;
    if (bytes < step)
        return (AdmSpan){ 0, a->in->w };
    for (unsigned t = 0; t < ADM_TAPS; t++) {
        for (unsigned at = 0; at < begin; at += step) {
            unsigned from = at + step <= bytes ? at : bytes - step;
            if (t < ADM_ROWS - ADM_TAPS)
                v_prefetch(dist[ADM_TAPS + t] + at);
            if (adm_differs(ref[t] + from, dist[t] + from))
                begin = from;
        }
        for (unsigned at = bytes; at > end; at = at > step ? at - step : 0) {
            unsigned from = at > step ? at - step : 0;
            if (adm_differs(ref[t] + from, dist[t] + from))
                end = from + step;
        }
    }
    return end ? (AdmSpan){ begin / size, end / size } : (AdmSpan){ 0, 0 };
}

/* The columns of the band that come from columns `in` of the input, in whole
 * vectors; they and the result count from column `first`, `cnt` of them. */
static AdmSpan adm_part(const AdmWork *a, AdmSpan in, unsigned first,
                        unsigned cnt)
{
    if (in.begin == in.end)
        return (AdmSpan){ 0, 0 };
    /* Column j is made of columns 2 j - 1 to 2 j + 2, mirrored at the end. */
    unsigned begin = in.begin / 2, end = in.end / 2 + 1;
    begin = begin > first + 1 ? begin - first - 1 : 0;
    end = end > first ? end - first : 0;
    begin -= begin % ADM_STEP16;
    end = (end + ADM_STEP16 - 1) / ADM_STEP16 * ADM_STEP16;
    if (in.end + 4 > a->in->w || end > cnt)
        end = cnt;
    return begin < end ? (AdmSpan){ begin, end } : (AdmSpan){ 0, 0 };
}

/* The columns of the work window where A may differ from 0. */
static AdmSpan adm_added(const AdmWork *a, AdmSpan in)
{
    for (unsigned v = 0; v < a->lane->variant_cnt; v++)
        if (a->lane->variant[v].gain_limit < adm_equal_limit)
            return (AdmSpan){ 0, a->cols };
    return adm_part(a, in, a->plan.col.work_begin, a->cols);
}

/* Signals and weights of equal columns. */
static void adm_equal_fine(AdmWork *a, unsigned v, unsigned row, AdmSpan part)
{
    const AdmVariant *variant = &a->lane->variant[v];
    const AdmFine f = adm_fine(variant->factor);
    AdmSignal *kept = &a->signal[v][0], *added = &a->signal[v][1];
    const unsigned now = row % 2, now3 = row % 3;
    const vint zero = v_set32(0);
    for (unsigned j = part.begin; j < part.end; j += ADM_STEP16) {
        vint r[3];
        for (unsigned q = 0; q < 3; q++) {
            r[q] = v_load((int16_t *)a->band[0][q] + j);
            v_store((int16_t *)kept->x[now][q] + j, r[q]);
            v_store((int16_t *)added->x[now][q] + j, zero);
        }
        for (unsigned i = 0; i < 2; i++) {
            v_store(added->sum[now3] + j + i * V_LANES, zero);
            v_store(added->middle[now] + j + i * V_LANES, zero);
        }
        if (!variant->skip_aim)
            adm_mask16(&f, r, kept->sum[now3] + j, kept->middle[now] + j);
    }
}

static void adm_equal_coarse(AdmWork *a, unsigned v, unsigned row, AdmSpan part)
{
    const vint zero = v_set32(0), none = v_set32((uint32_t)-3);
    AdmSignal *added = &a->signal[v][1];
    vint factor[3];
    for (unsigned q = 0; q < 3; q++)
        factor[q] = v_set32(a->lane->variant[v].factor[q]);
    for (unsigned j = part.begin; j < part.end; j += V_LANES) {
        vint r[3];
        for (unsigned q = 0; q < 3; q++) {
            r[q] = v_load((int32_t *)a->band[0][q] + j);
            v_store((int32_t *)added->x[row % 2][q] + j, zero);
        }
        v_store(added->sum[row % 3] + j, none);
        v_store(added->middle[row % 2] + j, none);
        adm_mask_coarse(&a->signal[v][0], factor, r, row, j);
    }
}
