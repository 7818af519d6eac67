/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Smooth ADM of one scale and its gradient, as a pipeline over the rows of the
 * band: wavelet -> what is restored and what was added -> masking -> sums, and
 * back. A step that looks at neighbours runs a row behind the one before it;
 * a ring holds the few rows in between.
 */
#include "kernel/constants.h"
#include "smooth_filter_tmpl.h"

enum { SMOOTH_TAPS = 4 };

/* A row of each orientation. */
typedef float *SmoothBands[SMOOTH_BANDS];

/* Columns [begin, end) of one row of the band; details are weighted. */
typedef struct SmoothAdmRow {
    SmoothBands o, t;            /* details of both planes */
    SmoothBands restored, added; /* t = restored + added */
    SmoothBands reach;           /* slope of `restored` by o */
    SmoothBands by_o, by_t;      /* slopes; first by |restored|, |added| */
    float *mask[2]; /* sums over orientations of |added|, of |restored| */
    float *cell[2]; /* slopes by the threshold that each mask makes */
} SmoothAdmRow;

typedef struct SmoothAdmWork {
    const SmoothAdm *adm;
    int width;          /* of the band's part */
    int pool, pool_end; /* the window's columns in it */
    /* The window is the whole band, whose edges mirror their neighbours. */
    int mirrored_rows, mirrored_cols;
    float *line[2];      /* low and high pass of a plane, before columns */
    float *low;          /* a row of a low band */
    float *lift;         /* largest gain of each column */
    float *sum, *cube;   /* what a step needs for itself */
    float *threshold[2]; /* that |added| and |restored| set */
    SmoothAdmRow ring[SMOOTH_RING];
} SmoothAdmWork;

static float *smooth_adm_take(float **next, size_t length)
{
    float *row = *next;
    *next += length;
    return row;
}

static void smooth_adm_take_row(SmoothAdmRow *row, float **next, size_t length)
{
    float **const bands[] = { row->o,     row->t,    row->restored, row->added,
                              row->reach, row->by_o, row->by_t };
    for (size_t b = 0; b < sizeof bands / sizeof bands[0]; b++)
        for (int q = 0; q < SMOOTH_BANDS; q++)
            bands[b][q] = smooth_adm_take(next, length);
    for (int i = 0; i < 2; i++) {
        row->mask[i] = smooth_adm_take(next, length);
        row->cell[i] = smooth_adm_take(next, length);
    }
}

static void smooth_adm_work(const SmoothAdm *adm, SmoothAdmWork *work)
{
    const SmoothAxis *cols = &adm->cols;
    const int width = cols->end - cols->begin;
    const size_t length = smooth_row_length(width);
    float *next = (float *)adm->scratch + SMOOTH_ROOM;
    work->adm = adm;
    work->width = width;
    work->pool = cols->pool_begin - cols->begin;
    work->pool_end = cols->pool_end - cols->begin;
    work->mirrored_rows = adm->rows.pool_begin == 0;
    work->mirrored_cols = cols->pool_begin == 0;
    for (int i = 0; i < 2; i++) {
        work->line[i] = smooth_adm_take(&next, smooth_row_length(2 * width));
        work->threshold[i] = smooth_adm_take(&next, length);
    }
    work->low = smooth_adm_take(&next, length);
    work->lift = smooth_adm_take(&next, length);
    work->sum = smooth_adm_take(&next, length);
    work->cube = smooth_adm_take(&next, length);
    for (int k = 0; k < SMOOTH_RING; k++)
        smooth_adm_take_row(&work->ring[k], &next, length);
}

static SmoothAdmRow *smooth_adm_row(SmoothAdmWork *work, int y)
{
    return &work->ring[y % SMOOTH_RING];
}

/* --- wavelet --------------------------------------------------------------- */

static inline void smooth_adm_taps(float l[SMOOTH_TAPS], float h[SMOOTH_TAPS])
{
    for (int k = 0; k < SMOOTH_TAPS; k++) {
        l[k] = (float)adm_smooth_low[k];
        h[k] = (float)adm_smooth_high[k];
    }
}

/* Low and high pass at once, from the same samples. */
static void smooth_adm_down(const float *const row[SMOOTH_TAPS], int from,
                            int to, float *restrict low, float *restrict high)
{
    const float *restrict a = row[0], *restrict b = row[1];
    const float *restrict c = row[2], *restrict d = row[3];
    float l[SMOOTH_TAPS], h[SMOOTH_TAPS];
    smooth_adm_taps(l, h);
    for (int x = from; x < to; x++) {
        low[x] = ((l[0] * a[x] + l[1] * b[x]) + l[2] * c[x]) + l[3] * d[x];
        high[x] = ((h[0] * a[x] + h[1] * b[x]) + h[2] * c[x]) + h[3] * d[x];
    }
}

/* The same along a row, where what costs most is to take even and odd apart. */
static void smooth_adm_across(const float *restrict line, int width,
                              float *restrict low, float *restrict high)
{
    float l[SMOOTH_TAPS], h[SMOOTH_TAPS];
    smooth_adm_taps(l, h);
    for (int x = 0; x < width; x++) {
        const float a = line[2 * x], b = line[2 * x + 1];
        const float c = line[2 * x + 2], d = line[2 * x + 3];
        low[x] = ((l[0] * a + l[1] * b) + l[2] * c) + l[3] * d;
        high[x] = ((h[0] * a + h[1] * b) + h[2] * c) + h[3] * d;
    }
}

/* Row y of the band of one plane. A line begins a sample before the one under
 * the first output: at column 2 * begin - 1. */
static void smooth_adm_wavelet(SmoothAdmWork *work, const float *plane, int y,
                               float *low, const SmoothBands detail)
{
    const SmoothAxis *rows = &work->adm->rows, *cols = &work->adm->cols;
    const int left = 2 * cols->begin - 1, right = 2 * cols->end + 1;
    const int from = left < 0 ? 1 : 0;
    const int to = (right < cols->size ? right : cols->size) - left;
    const float *row[SMOOTH_TAPS];
    float **line = work->line;
    for (int k = 0; k < SMOOTH_TAPS; k++) {
        int at = smooth_fold(2 * y - 1 + k, rows->size) - rows->first;
        row[k] = plane + at * work->adm->stride + left - cols->first;
    }
    smooth_adm_down(row, from, to, line[0], line[1]);
    for (int i = 0; i < 2; i++) {
        if (from)
            line[i][0] = line[i][2];
        for (int x = to; x < right - left; x++)
            line[i][x] = line[i][2 * to - 1 - x];
    }
    smooth_adm_across(line[0], work->width, low, detail[1]);
    smooth_adm_across(line[1], work->width, detail[0], detail[2]);
}

/* Two rows without a sample before the first and with none after the last:
 * what they give to the line they were filtered from. */
SMOOTH_INLINE void smooth_adm_across_back(float *restrict low,
                                          float *restrict high, int width,
                                          float *restrict line)
{
    float l[SMOOTH_TAPS], h[SMOOTH_TAPS];
    smooth_adm_taps(l, h);
    low[-1] = high[-1] = low[width] = high[width] = 0.0f;
    for (int x = 0; x <= width; x++) {
        line[2 * x] = l[0] * low[x] + l[2] * low[x - 1] + h[0] * high[x] +
                      h[2] * high[x - 1];
        line[2 * x + 1] = l[1] * low[x] + l[3] * low[x - 1] + h[1] * high[x] +
                          h[3] * high[x - 1];
    }
}

/* Adds to a plane what row y of its band says. */
static void smooth_adm_wavelet_back(SmoothAdmWork *work, int y, float *low,
                                    const SmoothBands detail, float *plane)
{
    const SmoothAxis *rows = &work->adm->rows, *cols = &work->adm->cols;
    const int left = 2 * cols->begin - 1, right = 2 * cols->end + 1;
    const int from = left < 0 ? 1 : 0;
    const int to = (right < cols->size ? right : cols->size) - left;
    float *const *line = work->line;
    smooth_adm_across_back(low, detail[1], work->width, line[0]);
    smooth_adm_across_back(detail[0], detail[2], work->width, line[1]);
    for (int i = 0; i < 2; i++) {
        if (from)
            line[i][2] += line[i][0];
        for (int x = to; x < right - left; x++)
            line[i][2 * to - 1 - x] += line[i][x];
    }
    const float *restrict a = line[0], *restrict b = line[1];
    for (int k = 0; k < SMOOTH_TAPS; k++) {
        int at = smooth_fold(2 * y - 1 + k, rows->size) - rows->first;
        float *restrict row =
            plane + at * work->adm->stride + left - cols->first;
        const float l = (float)adm_smooth_low[k];
        const float h = (float)adm_smooth_high[k];
        for (int x = from; x < to; x++)
            row[x] += l * a[x] + h * b[x];
    }
}

/* --- decoupling ------------------------------------------------------------ */

/* Where h and v of both lie within one degree of the same direction, up to
 * the limit times the reference's detail passes: that is enhancement. */
static void smooth_adm_lift(SmoothAdmWork *work, const SmoothAdmRow *row)
{
    const float *restrict oh = row->o[0], *restrict ov = row->o[1];
    const float *restrict th = row->t[0], *restrict tv = row->t[1];
    const float limit = work->adm->gain_limit;
    float *restrict lift = work->lift;
    for (int x = 0; x < work->width; x++) {
        float along = oh[x] * th[x] + ov[x] * tv[x];
        float o = oh[x] * oh[x] + ov[x] * ov[x];
        float t = th[x] * th[x] + tv[x] * tv[x];
        int same = (along >= 0.0f) & (along * along >= (float)adm_cos2 * o * t);
        lift[x] = same ? limit : 1.0f;
    }
}

/* Weighs one orientation and splits the distorted detail: what lies between 0
 * and the reference's, lifted, is restored; the rest was added. */
SMOOTH_INLINE void smooth_adm_split(const SmoothAdmRow *row, int q,
                                    const float *restrict lift, float weight,
                                    int width)
{
    float *restrict o = row->o[q], *restrict t = row->t[q];
    float *restrict restored = row->restored[q], *restrict added =
                                                     row->added[q];
    float *restrict reach = row->reach[q];
    for (int x = 0; x < width; x++) {
        float ow = o[x] * weight, tw = t[x] * weight, bound = ow * lift[x];
        float low = bound < 0.0f ? bound : 0.0f;
        float high = bound > 0.0f ? bound : 0.0f;
        float r = tw > low ? tw : low;
        r = r < high ? r : high;
        o[x] = ow;
        t[x] = tw;
        restored[x] = r;
        added[x] = tw - r;
        reach[x] = (r == bound) & (r != tw) ? lift[x] : 0.0f;
    }
}

static void smooth_adm_total(const SmoothBands band, int width,
                             float *restrict total)
{
    const float *restrict h = band[0], *restrict v = band[1];
    const float *restrict d = band[2];
    for (int x = 0; x < width; x++)
        total[x] = fabsf(h[x]) + fabsf(v[x]) + fabsf(d[x]);
}

/* Everything of row y that needs no neighbours. */
static void smooth_adm_fill(SmoothAdmWork *work, int y,
                            const SmoothAdmSums *sums)
{
    const SmoothAdm *adm = work->adm;
    SmoothAdmRow *row = smooth_adm_row(work, y);
    const ptrdiff_t at = (ptrdiff_t)(y - adm->rows.begin) * work->width;
    float *low_ref = sums && sums->next_ref ? sums->next_ref + at : work->low;
    float *low_dist =
        sums && sums->next_dist ? sums->next_dist + at : work->low;
    smooth_adm_wavelet(work, adm->ref, y, low_ref, row->o);
    smooth_adm_wavelet(work, adm->dist, y, low_dist, row->t);
    smooth_adm_lift(work, row);
    for (int q = 0; q < SMOOTH_BANDS; q++)
        smooth_adm_split(row, q, work->lift, adm->weight[q], work->width);
    smooth_adm_total(row->added, work->width, row->mask[0]);
    smooth_adm_total(row->restored, work->width, row->mask[1]);
}

/* --- masking --------------------------------------------------------------- */

/* a + b + c of a row and its neighbours at each side. */
SMOOTH_INLINE void smooth_adm_add3(const float *restrict a,
                                   const float *restrict b,
                                   const float *restrict c, int width,
                                   float *restrict out)
{
    for (int x = 0; x < width; x++)
        out[x] = a[x] + b[x] + c[x];
}

/* A sample's threshold: a thirtieth of what the other signal has in the nine
 * samples round it, its own place counted twice. */
static void smooth_adm_threshold(SmoothAdmWork *work, int y, int which)
{
    const int size = work->mirrored_rows ? work->adm->rows.end : 1 << 30;
    const float *restrict own = smooth_adm_row(work, y)->mask[which];
    float *restrict sum = work->sum, *restrict out = work->threshold[which];
    smooth_adm_add3(smooth_adm_row(work, smooth_fold(y - 1, size))->mask[which],
                    own,
                    smooth_adm_row(work, smooth_fold(y + 1, size))->mask[which],
                    work->width, sum);
    if (work->mirrored_cols) {
        sum[-1] = sum[1];
        sum[work->width] = sum[work->width - 1];
    }
    for (int x = work->pool; x < work->pool_end; x++)
        out[x] = (sum[x - 1] + sum[x] + sum[x + 1] + own[x]) / 30.0f;
}

static double smooth_adm_cubes(SmoothAdmWork *work, const float *restrict band,
                               const float *restrict threshold)
{
    float *restrict cube = work->cube;
    for (int x = work->pool; x < work->pool_end; x++) {
        float e = fabsf(band[x]) - (threshold ? threshold[x] : 0.0f);
        e = e > 0.0f ? e : 0.0f;
        cube[x] = e * e * e;
    }
    return smooth_row_sum(cube + work->pool, work->pool_end - work->pool);
}

static void smooth_adm_pool(SmoothAdmWork *work, int y,
                            const SmoothAdmSums *sums)
{
    const SmoothAdm *adm = work->adm;
    const int at = y - adm->rows.pool_begin;
    SmoothAdmRow *row = smooth_adm_row(work, y);
    smooth_adm_threshold(work, y, 0);
    if (adm->with_aim)
        smooth_adm_threshold(work, y, 1);
    for (int q = 0; q < SMOOTH_BANDS; q++) {
        sums->num[at][q] =
            smooth_adm_cubes(work, row->restored[q], work->threshold[0]);
        sums->aim[at][q] = adm->with_aim ? smooth_adm_cubes(work, row->added[q],
                                                            work->threshold[1])
                                         : 0.0;
        sums->den[at][q] = smooth_adm_cubes(work, row->o[q], NULL);
    }
}

static int smooth_adm_pooled(const SmoothAdm *adm, int y)
{
    return y >= adm->rows.pool_begin && y < adm->rows.pool_end;
}

static void smooth_adm_scale(const SmoothAdm *adm, const SmoothAdmSums *sums)
{
    const SmoothAxis *rows = &adm->rows;
    SmoothAdmWork work;
    smooth_adm_work(adm, &work);
    for (int y = rows->begin; y <= rows->end; y++) {
        if (y < rows->end)
            smooth_adm_fill(&work, y, sums);
        if (smooth_adm_pooled(adm, y - 1))
            smooth_adm_pool(&work, y - 1, sums);
    }
}

/* --- gradient -------------------------------------------------------------- */

/* Slopes of the cubes by a signal; and, the same for all orientations, by what
 * sets its threshold. */
static void smooth_adm_signal_back(SmoothAdmWork *work, const SmoothBands band,
                                   const float *restrict threshold,
                                   const float grad[SMOOTH_BANDS],
                                   const SmoothBands by, float *restrict cell)
{
    for (int q = 0; q < SMOOTH_BANDS; q++) {
        const float *restrict signal = band[q];
        float *restrict out = by[q];
        const float slope = 3.0f * grad[q];
        for (int x = work->pool; x < work->pool_end; x++) {
            float e = fabsf(signal[x]) - threshold[x];
            e = e > 0.0f ? e : 0.0f;
            float s = e * e * slope;
            out[x] = s;
            cell[x] -= s / 30.0f;
        }
    }
}

static void smooth_adm_clear(SmoothAdmWork *work, SmoothAdmRow *row)
{
    const size_t size = ((size_t)work->width + 2) * sizeof(float);
    for (int q = 0; q < SMOOTH_BANDS; q++) {
        memset(row->by_o[q] - 1, 0, size);
        memset(row->by_t[q] - 1, 0, size);
    }
    for (int i = 0; i < 2; i++)
        memset(row->cell[i] - 1, 0, size);
}

static void smooth_adm_pool_back(SmoothAdmWork *work, int y,
                                 const SmoothAdmSlopes *slopes)
{
    SmoothAdmRow *row = smooth_adm_row(work, y);
    smooth_adm_threshold(work, y, 0);
    smooth_adm_signal_back(work, row->restored, work->threshold[0], slopes->num,
                           row->by_o, row->cell[0]);
    if (!work->adm->with_aim)
        return;
    smooth_adm_threshold(work, y, 1);
    smooth_adm_signal_back(work, row->added, work->threshold[1], slopes->aim,
                           row->by_t, row->cell[1]);
}

/* Adds what the thresholds round row y say of their masks there. */
static void smooth_adm_threshold_back(SmoothAdmWork *work, int y, int which,
                                      const SmoothBands by)
{
    const int width = work->width, end = work->adm->rows.end;
    const float *restrict own = smooth_adm_row(work, y)->cell[which];
    float *restrict sum = work->sum;
    memset(sum - 1, 0, ((size_t)width + 2) * sizeof *sum);
    for (int k = -1; k <= 1; k++) {
        if (!smooth_adm_pooled(work->adm, y + k))
            continue;
        const float *restrict cell = smooth_adm_row(work, y + k)->cell[which];
        /* A row next to an edge also stands for one beyond it. */
        int twice = work->mirrored_rows &&
                    ((k == -1 && y == 1) || (k == 0 && y == end - 1));
        for (int x = 0; x < width; x++)
            sum[x] += twice ? 2.0f * cell[x] : cell[x];
    }
    float first = sum[0], last = sum[width - 1];
    for (int q = 0; q < SMOOTH_BANDS; q++) {
        float *restrict out = by[q];
        for (int x = 0; x < width; x++)
            out[x] += sum[x - 1] + sum[x] + sum[x + 1] + own[x];
        if (work->mirrored_cols) {
            out[1] += first;
            out[width - 1] += last;
        }
    }
}

SMOOTH_INLINE float smooth_signed(float value, float sign)
{
    return sign > 0.0f ? value : sign < 0.0f ? -value : 0.0f;
}

/* From slopes by |restored| and |added| to those by o and t, not weighted. */
static void smooth_adm_split_back(SmoothAdmWork *work, SmoothAdmRow *row, int q,
                                  float grad)
{
    const float *restrict t = row->t[q], *restrict reach = row->reach[q];
    const float *restrict restored = row->restored[q];
    const float *restrict added = row->added[q];
    float *restrict by_o = row->by_o[q], *restrict by_t = row->by_t[q];
    const float *restrict o = row->o[q];
    const float weight = work->adm->weight[q], slope = 3.0f * grad * weight;
    for (int x = 0; x < work->width; x++) {
        float by_added = smooth_signed(by_t[x], added[x]);
        float by_restored = smooth_signed(by_o[x], restored[x]) - by_added;
        float passed = restored[x] == t[x] ? by_restored : 0.0f;
        by_t[x] = (by_added + passed) * weight;
        by_o[x] = by_restored * reach[x] * weight;
    }
    for (int x = work->pool; x < work->pool_end; x++)
        by_o[x] += o[x] * fabsf(o[x]) * slope;
}

static void smooth_adm_back(SmoothAdmWork *work, int y,
                            const SmoothAdmSlopes *slopes)
{
    const SmoothAdm *adm = work->adm;
    const int pooled = smooth_adm_pooled(adm, y);
    const ptrdiff_t at = (ptrdiff_t)(y - adm->rows.begin) * work->width;
    const size_t size = (size_t)work->width * sizeof(float);
    const float *next[] = { slopes->next_ref, slopes->next_dist };
    float *plane[] = { slopes->ref, slopes->dist };
    SmoothAdmRow *row = smooth_adm_row(work, y);
    smooth_adm_threshold_back(work, y, 0, row->by_t);
    if (adm->with_aim)
        smooth_adm_threshold_back(work, y, 1, row->by_o);
    for (int q = 0; q < SMOOTH_BANDS; q++)
        smooth_adm_split_back(work, row, q, pooled ? slopes->den[q] : 0.0f);
    for (int i = 0; i < 2; i++) {
        if (!plane[i])
            continue;
        if (next[i])
            memcpy(work->low, next[i] + at, size);
        else
            memset(work->low, 0, size);
        smooth_adm_wavelet_back(work, y, work->low, i ? row->by_t : row->by_o,
                                plane[i]);
    }
}

static void smooth_adm_slopes(const SmoothAdm *adm,
                              const SmoothAdmSlopes *slopes)
{
    const SmoothAxis *rows = &adm->rows;
    SmoothAdmWork work;
    smooth_adm_work(adm, &work);
    for (int y = rows->begin; y < rows->end + 2; y++) {
        if (y < rows->end) {
            smooth_adm_fill(&work, y, NULL);
            smooth_adm_clear(&work, smooth_adm_row(&work, y));
        }
        if (smooth_adm_pooled(adm, y - 1))
            smooth_adm_pool_back(&work, y - 1, slopes);
        if (y - 2 >= rows->begin)
            smooth_adm_back(&work, y - 2, slopes);
    }
}
