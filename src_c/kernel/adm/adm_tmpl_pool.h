/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM over vector operations, part 4: what of a signal exceeds the masking
 * threshold is cubed and added up along a row of the pooling window, and so is
 * the reference for the denominator.
 */

/* One row of one pass: the signal, the threshold's weights around it. */
typedef struct AdmPass {
    const void *x[3];
    const int32_t *above, *here, *below, *middle;
    vint factor[3]; /* scale 0 */
    vint square_half[3], cube_half[3];
    AdmSpan part; /* of the pooling window: elsewhere there is nothing */
    const AdmPlan *plan;
} AdmPass;

/* Lanes of ones for the first `n`. */
static inline vmask adm_first(unsigned n)
{
    static const int32_t lane[16] = { 0, 1, 2,  3,  4,  5,  6,  7,
                                      8, 9, 10, 11, 12, 13, 14, 15 };
    return v_gt32(v_set32(n), v_load(lane));
}

static inline vint adm_threshold(const AdmPass *p, unsigned j)
{
    const int32_t *x[3] = { p->above + j, p->here + j, p->below + j };
    vint sum = v_add32(v_load(p->middle + j), v_load(x[0]));
    sum = v_add32(sum, v_load(x[2]));
    for (unsigned i = 0; i < 3; i++) {
        sum = v_add32(sum, v_load(x[i] - 1));
        sum = v_add32(sum, v_load(x[i] + 1));
    }
    return sum;
}

/* V of one orientation added to `sum`. 64-bit lanes have no arithmetic shift
 * right: cube_half is half a unit plus 2^63, which the caller takes off. S may
 * be negative, as it wraps to 32 bits. */
static inline vint adm_cube(const AdmPass *p, unsigned q, vint e, vint sum)
{
    int shift = p->plan->scale || q == ADM_D ? 30 : 29;
    int cube_shift = (int)p->plan->cube_shift[q];
    vint odd = v_odd(e);
    vint s = v_plus64(v_mul64(e, e), p->square_half[q]);
    vint t = v_plus64(v_mul64(odd, odd), p->square_half[q]);
    s = v_plus64(v_mul64(v_shr64(s, shift), e), p->cube_half[q]);
    t = v_plus64(v_mul64(v_shr64(t, shift), odd), p->cube_half[q]);
    return v_plus64(v_plus64(sum, v_shr64(s, cube_shift)),
                    v_shr64(t, cube_shift));
}

/* |x| less the threshold, at least 0. */
static inline vint adm_excess(const AdmPass *p, unsigned q, unsigned j,
                              vint threshold, bool fine)
{
    const vint zero = v_set32(0);
    if (!fine)
        return v_max32(v_sub32(v_load((const int32_t *)p->x[q] + j), threshold),
                       zero);
    vint x = v_mullo32(v_load16((const int16_t *)p->x[q] + j), p->factor[q]);
    threshold = v_shl32(threshold, q == ADM_D ? 12 : 10);
    return v_max32(v_sub32(v_abs32(x), threshold), zero);
}

/* Adds V of columns j and on to the sums; returns whether there was any. */
static inline unsigned adm_pool_vector(const AdmPass *p, unsigned j,
                                       const vmask *only, bool fine,
                                       vint sum[3])
{
    vint threshold = adm_threshold(p, j), e[3];
    for (unsigned q = 0; q < 3; q++) {
        e[q] = adm_excess(p, q, j, threshold, fine);
        if (only)
            e[q] = v_keep(*only, e[q]);
    }
    if (!v_any_bits(v_or(v_or(e[0], e[1]), e[2])))
        return 0;
    for (unsigned q = 0; q < 3; q++)
        sum[q] = adm_cube(p, q, e[q], sum[q]);
    return 1;
}

static inline void adm_pool_row(const AdmPass *p, bool fine, int64_t total[3])
{
    const AdmPlan *plan = p->plan;
    unsigned n = p->part.end, j = p->part.begin, vectors = 0;
    vint sum[3] = { v_set32(0), v_set32(0), v_set32(0) };
    for (; j + V_LANES <= n; j += V_LANES)
        vectors += adm_pool_vector(p, j, NULL, fine, sum);
    if (j < n) {
        vmask rest = adm_first(n - j);
        vectors += adm_pool_vector(p, j, &rest, fine, sum);
    }
    for (unsigned q = 0; q < 3; q++) {
        uint64_t bias = (uint64_t)1 << (63 - plan->cube_shift[q]);
        uint64_t row = (uint64_t)v_sum64(sum[q]) - bias * vectors * V_LANES;
        total[q] +=
            (int64_t)(row + adm_half(plan->row_shift)) >> plan->row_shift;
    }
}

/* The part of the pooling window where A may differ from 0. What is 0 exceeds
 * no threshold, or one of -30, and that vanishes in the rounding. */
static AdmSpan adm_added_part(const AdmWork *a, unsigned row)
{
    const AdmWindow *col = &a->plan.col;
    const unsigned at = col->pool_begin - col->work_begin;
    const unsigned n = col->pool_end - col->pool_begin;
    AdmSpan part = a->part[row % 2];
    part.begin = part.begin > at ? part.begin - at : 0;
    part.end = part.end > at ? part.end - at : 0;
    part.end = part.end < n ? part.end : n;
    return part;
}

/* X, of index `x` (0: R, 1: A), is pooled against the threshold that Y makes. */
static void adm_pass(const AdmWork *a, unsigned v, unsigned of, unsigned row,
                     int64_t total[3])
{
    const AdmSignal *x = &a->signal[v][of], *y = &a->signal[v][!of];
    const AdmPlan *plan = &a->plan;
    unsigned at = plan->col.pool_begin - plan->col.work_begin;
    unsigned above = row ? row - 1 : 1;
    unsigned below = row + 1 < plan->h ? row + 1 : row;
    size_t sample = plan->scale ? sizeof(int32_t) : sizeof(int16_t);
    AdmPass p = {
        .above = y->sum[above % 3] + at,
        .here = y->sum[row % 3] + at,
        .below = y->sum[below % 3] + at,
        .middle = y->middle[row % 2] + at,
        .part = { 0, plan->col.pool_end - plan->col.pool_begin },
        .plan = plan,
    };
    if (of)
        p.part = adm_added_part(a, row);
    for (unsigned q = 0; q < 3; q++) {
        p.x[q] = (const char *)x->x[row % 2][q] + at * sample;
        p.factor[q] = v_set32(a->lane->variant[v].factor[q]);
        p.square_half[q] = v_set64(adm_half(plan->square_shift[q]));
        p.cube_half[q] =
            v_set64(adm_half(plan->cube_shift[q]) | (uint64_t)1 << 63);
    }
    if (plan->scale)
        adm_pool_row(&p, false, total);
    else
        adm_pool_row(&p, true, total);
}

static inline vint adm_den_fine(vint sum, vint u)
{
    vint square = v_mullo32(u, u);
    sum = v_plus64(sum, v_mulu64(square, u));
    return v_plus64(sum, v_mulu64(v_odd(square), v_odd(u)));
}

static inline vint adm_den_cube(vint u, vint unit, int b, vint half, int g)
{
    vint t = v_shr64(v_plus64(v_mulu64(u, u), unit), b);
    return v_shr64(v_plus64(v_mulu64(t, u), half), g);
}

static inline vint adm_den_vector(const AdmPlan *plan, vint sum, const void *o,
                                  unsigned j, const vmask *only)
{
    vint u = v_abs32(plan->scale ? v_load((const int32_t *)o + j)
                                 : v_load16((const int16_t *)o + j));
    if (only)
        u = v_keep(*only, u);
    if (!plan->scale)
        return adm_den_fine(sum, u);
    int b = (int)plan->den_square_shift, g = (int)plan->den_cube_shift;
    vint unit = v_set64((uint64_t)1 << b), half = v_set64(adm_half(g));
    sum = v_plus64(sum, adm_den_cube(u, unit, b, half, g));
    return v_plus64(sum, adm_den_cube(v_odd(u), unit, b, half, g));
}

static uint64_t adm_den_row(const AdmPlan *plan, const void *o)
{
    unsigned j = plan->col.pool_begin - plan->col.work_begin;
    unsigned end = plan->col.pool_end - plan->col.work_begin;
    vint sum = v_set32(0);
    for (; j + V_LANES <= end; j += V_LANES)
        sum = adm_den_vector(plan, sum, o, j, NULL);
    if (j < end) {
        vmask rest = adm_first(end - j);
        sum = adm_den_vector(plan, sum, o, j, &rest);
    }
    return ((uint64_t)v_sum64(sum) + adm_half(plan->den_row_shift)) >>
           plan->den_row_shift;
}
