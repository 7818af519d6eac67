/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM in plain C, the judge of the vector kernel: rows of the input become
 * rows of the four bands, which are decoupled, filtered and pooled while the
 * two rows before them are still at hand. Only the low bands are stored.
 */
#include "adm_plan.h"

#include <stdlib.h>
#include <string.h>

enum { REF, DIST };
enum { LOW, HIGH };
enum { KEPT, ADDED };

/* What the two pooling passes need of one signal (the kept detail R or the
 * added impairment A) of one variant. Columns count from the work window. */
typedef struct Signal {
    uint32_t *size[2][3]; /* |x|, this row and the one before */
    uint32_t *sum[3];     /* neighbour weights of all orientations, 3 rows */
    uint32_t *middle[2];  /* centre weights, likewise */
} Signal;

typedef struct Adm {
    const AdmScale *in;
    AdmPlan plan;
    unsigned cols;       /* of the work window */
    int16_t *line[2][4]; /* scale 0: centred input rows, modulo 4 */
    unsigned next_line;
    int32_t *down[2];          /* vertically filtered row, low and high */
    int16_t *odd[2], *even[2]; /* the same, parted, at scale 0 */
    int32_t *wide;             /* low band of a row before it is narrowed */
    int32_t *band[2][3];       /* high bands of one row, work window */
    int32_t *restored[3];      /* R before the gain limit */
    uint8_t *aligned;          /* angle flag */
    int32_t *split[2];         /* R and A of one orientation */
    uint32_t *threshold;
    Signal signal[ADM_MAX_VARIANTS][2];
} Adm;

/* ------------------------------------------------------------- scratch */

static void lay_out(Adm *a, Workspace *ws)
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
    for (unsigned v = 0; v < a->in->variant_cnt * 2; v++) {
        Signal *s = &a->signal[v / 2][v % 2];
        for (unsigned i = 0; i < 6; i++)
            s->size[i / 3][i % 3] = adm_take_row(ws, n);
        for (unsigned i = 0; i < 3; i++)
            s->sum[i] = adm_take_row(ws, n);
        for (unsigned i = 0; i < 2; i++)
            s->middle[i] = adm_take_row(ws, n);
    }
}

/* ------------------------------------------------------------- wavelet */

static const void *input_row(const Adm *a, int side, unsigned y)
{
    const char *plane = side == REF ? a->in->ref : a->in->dist;
    ptrdiff_t stride = side == REF ? a->in->ref_stride : a->in->dist_stride;
    return plane + (ptrdiff_t)y * stride;
}

/* Samples less mid-grey fit 16 bits at every depth. The taps of the low pass
 * remove mid-grey by definition, those of the high pass do by their sum. */
static void centre_row(const Adm *a, int side, unsigned y)
{
    int16_t *to = a->line[side][y & 3];
    const void *from = input_row(a, side, y);
    int32_t grey = 1 << (a->in->bpc - 1);
    if (a->in->bpc == 8) {
        const uint8_t *bytes = from;
        for (unsigned x = 0; x < a->in->w; x++)
            to[x] = (int16_t)(bytes[x] - grey);
    } else {
        const uint16_t *words = from;
        for (unsigned x = 0; x < a->in->w; x++)
            to[x] = (int16_t)(words[x] - grey);
    }
}

/* Position -1 is mirrored about the first sample, positions past the end
 * include the last one. */
static unsigned mirror(int p, unsigned size)
{
    if (p < 0)
        return 1;
    return (unsigned)p < size ? (unsigned)p : 2 * size - 1 - (unsigned)p;
}

static void filter_narrow(const int16_t *const x[4], const int32_t taps[4],
                          unsigned shift, unsigned w, int32_t *restrict out)
{
    const int16_t *restrict x0 = x[0], *restrict x1 = x[1];
    const int16_t *restrict x2 = x[2], *restrict x3 = x[3];
    int16_t c0 = (int16_t)taps[0], c1 = (int16_t)taps[1];
    int16_t c2 = (int16_t)taps[2], c3 = (int16_t)taps[3];
    int32_t half = (int32_t)adm_half(shift);
    /* At most 32768 * 54822 < 2^31. */
    for (unsigned i = 0; i < w; i++)
        out[i] =
            (x0[i] * c0 + x1[i] * c1 + x2[i] * c2 + x3[i] * c3 + half) >> shift;
}

static void filter_wide(const int32_t *const x[4], const int32_t taps[4],
                        unsigned shift, unsigned w, int32_t *restrict out)
{
    const int32_t *restrict x0 = x[0], *restrict x1 = x[1];
    const int32_t *restrict x2 = x[2], *restrict x3 = x[3];
    int64_t half = (int64_t)adm_half(shift);
    for (unsigned i = 0; i < w; i++)
        out[i] =
            (int32_t)(((int64_t)x0[i] * taps[0] + (int64_t)x1[i] * taps[1] +
                       (int64_t)x2[i] * taps[2] + (int64_t)x3[i] * taps[3] +
                       half) >>
                      shift);
}

/* Two samples past the row, by the rules of mirror(). */
static void extend(int32_t *x, unsigned w)
{
    x[-1] = x[1];
    x[w] = x[w - 1];
    x[w + 1] = x[w - 2];
}

/* The extended row in two, so that taps meet neighbours: odd samples from -1
 * on, even ones from 0 on. */
static void part(const int32_t *x, unsigned n, int16_t *restrict odd,
                 int16_t *restrict even)
{
    const int32_t *restrict from = x - 1;
    for (unsigned j = 0; j < n; j++) {
        odd[j] = (int16_t)from[2 * j];
        even[j] = (int16_t)from[2 * j + 1];
    }
}

static void filter_vertical(Adm *a, int side, unsigned row)
{
    const void *x[4];
    unsigned shift = a->plan.vertical_shift, w = a->in->w;
    for (int t = 0; t < 4; t++) {
        unsigned y = mirror(2 * (int)row - 1 + t, a->in->h);
        x[t] = a->plan.scale ? input_row(a, side, y) : a->line[side][y & 3];
    }
    if (a->plan.scale < 2) {
        const int16_t *const narrow[4] = { x[0], x[1], x[2], x[3] };
        filter_narrow(narrow, adm_low_taps.tap, shift, w, a->down[LOW]);
        filter_narrow(narrow, adm_high_taps.tap, shift, w, a->down[HIGH]);
    } else {
        const int32_t *const wide[4] = { x[0], x[1], x[2], x[3] };
        filter_wide(wide, adm_low_taps.tap, shift, w, a->down[LOW]);
        filter_wide(wide, adm_high_taps.tap, shift, w, a->down[HIGH]);
    }
    for (int which = LOW; which <= HIGH; which++) {
        extend(a->down[which], w);
        if (!a->plan.scale)
            part(a->down[which], a->plan.w + 1, a->odd[which], a->even[which]);
    }
}

/* From column `begin` on, of the low-passed or high-passed row. */
static void filter_across(const Adm *a, int which, const int32_t taps[4],
                          unsigned begin, unsigned n, int32_t *restrict out)
{
    unsigned shift = a->plan.horizontal_shift;
    if (!a->plan.scale) {
        const int16_t *restrict odd = a->odd[which] + begin;
        const int16_t *restrict even = a->even[which] + begin;
        int16_t c0 = (int16_t)taps[0], c1 = (int16_t)taps[1];
        int16_t c2 = (int16_t)taps[2], c3 = (int16_t)taps[3];
        for (unsigned j = 0; j < n; j++)
            out[j] = (odd[j] * c0 + even[j] * c1 + odd[j + 1] * c2 +
                      even[j + 1] * c3 + (1 << 15)) >>
                     16;
    } else {
        const int32_t *restrict x = a->down[which] + 2 * begin - 1;
        int64_t half = (int64_t)adm_half(shift);
        for (unsigned j = 0; j < n; j++, x += 2)
            out[j] =
                (int32_t)(((int64_t)x[0] * taps[0] + (int64_t)x[1] * taps[1] +
                           (int64_t)x[2] * taps[2] + (int64_t)x[3] * taps[3] +
                           half) >>
                          shift);
    }
}

/* The low band of a row; at scale 0 it is kept in 16 bits. */
static void store_low(Adm *a, int side, unsigned row)
{
    char *plane = side == REF ? a->in->low_ref : a->in->low_dist;
    if (!plane || row < a->plan.low[0] || row >= a->plan.low[1])
        return;
    void *to = plane + (ptrdiff_t)row * a->in->low_stride;
    if (a->plan.scale) {
        filter_across(a, LOW, adm_low_taps.tap, 0, a->plan.w, to);
        return;
    }
    filter_across(a, LOW, adm_low_taps.tap, 0, a->plan.w, a->wide);
    for (unsigned j = 0; j < a->plan.w; j++)
        ((int16_t *)to)[j] = (int16_t)a->wide[j];
}

static void transform(Adm *a, unsigned row)
{
    bool high = row >= a->plan.work[0] && row < a->plan.work[1];
    unsigned at = a->plan.col.work_begin, n = a->cols;
    for (int side = REF; side <= DIST; side++) {
        int32_t **band = a->band[side];
        filter_vertical(a, side, row);
        store_low(a, side, row);
        if (!high)
            continue;
        filter_across(a, HIGH, adm_low_taps.tap, at, n, band[ADM_H]);
        filter_across(a, LOW, adm_high_taps.tap, at, n, band[ADM_V]);
        filter_across(a, HIGH, adm_high_taps.tap, at, n, band[ADM_D]);
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

static void decouple(Adm *a)
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
static void limit_row(Adm *a, unsigned q, double limit)
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

static void filter_signal(const Adm *a, Signal *s, unsigned row, unsigned q,
                          uint32_t factor, const int32_t *y)
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

static void threshold_row(Adm *a, const Signal *s, unsigned row)
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

static int64_t pool_row(const Adm *a, unsigned q, const uint32_t *size)
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

static void pool(Adm *a, AdmSums *sums, unsigned row)
{
    for (unsigned v = 0; v < a->in->variant_cnt; v++) {
        const Signal *s = a->signal[v];
        threshold_row(a, &s[ADDED], row);
        for (unsigned q = 0; q < 3; q++)
            sums->num[v][q] += pool_row(a, q, s[KEPT].size[row % 2][q]);
        if (a->in->variant[v].skip_aim)
            continue;
        threshold_row(a, &s[KEPT], row);
        for (unsigned q = 0; q < 3; q++)
            sums->aim[v][q] += pool_row(a, q, s[ADDED].size[row % 2][q]);
    }
}

static uint64_t denominator_row(const Adm *a, const int32_t *o)
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

static void split_row(Adm *a, unsigned row)
{
    decouple(a);
    for (unsigned v = 0; v < a->in->variant_cnt; v++) {
        const AdmVariant *variant = &a->in->variant[v];
        for (unsigned q = 0; q < 3; q++) {
            limit_row(a, q, variant->gain_limit);
            for (int part = KEPT; part <= ADDED; part++)
                filter_signal(a, &a->signal[v][part], row, q,
                              variant->factor[q], a->split[part]);
        }
    }
}

size_t adm_scratch_size_scalar(unsigned w)
{
    const AdmScale widest = { .w = w, .variant_cnt = ADM_MAX_VARIANTS };
    Adm a = { .in = &widest, .cols = (w + 1) / 2, .plan.w = (w + 1) / 2 };
    Workspace ws = { NULL, 0 };
    lay_out(&a, &ws);
    return ws.used;
}

void adm_scale_scalar(const void *call, const Rows *rows, int64_t *out)
{
    const AdmScale *scale = call;
    AdmSums *sums = (AdmSums *)out;
    Adm a = { .in = scale };
    adm_plan(&a.plan, scale, rows);
    a.cols = a.plan.col.work_end - a.plan.col.work_begin;
    lay_out(&a, &(Workspace){ rows->scratch, 0 });

    const AdmPlan *plan = &a.plan;
    a.next_line = plan->visit[0] ? 2 * plan->visit[0] - 1 : 0;
    for (unsigned row = plan->visit[0]; row < plan->visit[1]; row++) {
        for (; !scale->scale && a.next_line < scale->h &&
               a.next_line <= 2 * row + 2;
             a.next_line++)
            for (int side = REF; side <= DIST; side++)
                centre_row(&a, side, a.next_line);
        transform(&a, row);
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

const AdmKernels adm_kernels_scalar = {
    .scale = adm_scale_scalar,
    .scratch_size = adm_scratch_size_scalar,
};
