/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* CAMBI in plain loops: the judge of the vector kernels. */
#include <string.h>

#include "cambi.h"
#include "kernel/workspace.h"

enum {
    AROUND = 3, /* rows and columns on each side that decide what is flat */
    ROWS = 8,   /* of the working picture at hand, at least 2 * AROUND + 2 */
    FLAT = CAMBI_FLAT,
    VALUE = FLAT - 1,
};

/* Preparation */

typedef struct Prepare {
    const CambiPrepare *c;
    uint16_t *p[ROWS]; /* rows of the working picture */
    uint8_t
        *z[ROWS]; /* 1: equal to its neighbours; AROUND zeros on each side */
} Prepare;

static void prepare_lay_out(Prepare *s, const CambiPrepare *c, Workspace *ws)
{
    *s = (Prepare){ .c = c };
    for (unsigned i = 0; i < ROWS; i++)
        s->p[i] = workspace_take(ws, s->c->w * sizeof *s->p[i]);
    for (unsigned i = 0; i < ROWS; i++)
        s->z[i] = workspace_take(ws, s->c->w + 2 * AROUND);
}

/* In 10 bits. Above that depth the largest codes round up to 1024. */
static unsigned sample(const CambiPrepare *c, unsigned x, unsigned y)
{
    x = c->column ? c->column[x] : x;
    y = c->row ? c->row[y] : y;
    const void *row =
        (const uint8_t *)c->picture + (ptrdiff_t)y * c->picture_stride;
    const unsigned v =
        c->bpc == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
    return c->bpc <= 10 ? v << (10 - c->bpc)
                        : (v + (1u << (c->bpc - 11))) >> (c->bpc - 10);
}

static unsigned average(const CambiPrepare *c, unsigned x, unsigned y)
{
    const unsigned right = x + 1 < c->w ? x + 1 : x;
    const unsigned below = y + 1 < c->h ? y + 1 : y;
    return (sample(c, x, y) + sample(c, right, y) + sample(c, x, below) +
            sample(c, right, below)) >>
           2;
}

static void fill(const Prepare *s, unsigned y)
{
    uint16_t *p = s->p[y % ROWS];
    for (unsigned x = 0; x < s->c->w; x++)
        p[x] = (uint16_t)(s->c->average ? average(s->c, x, y)
                                        : sample(s->c, x, y));
}

static void compare(const Prepare *s, int y)
{
    uint8_t *z = s->z[(unsigned)y % ROWS];
    const unsigned w = s->c->w;
    memset(z, 0, w + 2 * AROUND);
    if (y < 0 || (unsigned)y >= s->c->h)
        return;
    const bool last = (unsigned)y + 1 == s->c->h;
    const uint16_t *p = s->p[(unsigned)y % ROWS];
    const uint16_t *below = last ? p : s->p[(unsigned)(y + 1) % ROWS];
    for (unsigned x = 0; x < w; x++)
        z[AROUND + x] = (x + 1 == w || p[x] == p[x + 1]) && p[x] == below[x];
}

static unsigned flat_around(const Prepare *s, unsigned x, unsigned y)
{
    unsigned n = 0;
    for (unsigned i = 0; i <= 2 * AROUND; i++) {
        const uint8_t *z = s->z[(y + i - AROUND) % ROWS] + x;
        for (unsigned j = 0; j <= 2 * AROUND; j++)
            n += z[j];
    }
    return n;
}

static void put_row(const Prepare *s, unsigned y, uint16_t *out)
{
    for (unsigned x = 0; x < s->c->w; x += s->c->halve ? 2 : 1) {
        const bool flat = flat_around(s, x, y) > s->c->threshold;
        *out++ = (uint16_t)(s->p[y % ROWS][x] | (flat ? FLAT : 0));
    }
}

/* Rows [begin, end) of the plane, which has `pitch` samples per row. */
static void prepare(const Prepare *s, uint16_t *plane, unsigned pitch,
                    const unsigned range[2])
{
    const int step = s->c->halve ? 2 : 1, h = (int)s->c->h;
    const int begin = (int)range[0] * step, end = (int)range[1] * step;
    for (int y = begin - AROUND; y < end + AROUND; y++) {
        if (y >= 0 && y < h && (y == 0 || y == begin - AROUND))
            fill(s, (unsigned)y);
        if (y >= 0 && y + 1 < h)
            fill(s, (unsigned)(y + 1));
        compare(s, y);
        const int done = y - AROUND;
        if (done >= begin && done < end && done % step == 0)
            put_row(s, (unsigned)done, plane + (size_t)(done / step) * pitch);
    }
}

/* Contrast */

typedef struct Contrast {
    const CambiContrast *c;
    Prepare prepare; /* of scale 0, ... */
    uint16_t *plane; /* whose plane it makes */
    unsigned radius, low, high;
    unsigned ring;   /* rows at hand: a window, and one to take out */
    uint16_t *rows;  /* filtered, `ring` rows of w */
    uint16_t *count; /* a row per value from low - cnt to high + cnt */
    size_t count_pitch, count_size; /* entries */
} Contrast;

static size_t contrast_lay_out(Contrast *s, const CambiContrast *c,
                               Workspace *ws)
{
    const CambiSteps *t = c->steps;
    *s = (Contrast){ .c = c,
                     .radius = c->radius,
                     .low = t->low,
                     .high = t->high,
                     .ring = 2 * c->radius + 2,
                     .count_pitch = c->w + 2 * c->radius };
    const size_t values =
        t->low > t->high ? 0 : t->high - t->low + 1 + 2 * t->cnt;
    s->count_size = values * s->count_pitch;
    if (c->prepare) {
        prepare_lay_out(&s->prepare, c->prepare, ws);
        s->plane = workspace_take(ws, sizeof *s->plane * c->w * c->h);
    }
    s->rows = workspace_take(ws, sizeof *s->rows * s->ring * c->w);
    s->count = workspace_take(ws, sizeof *s->count * s->count_size);
    return ws->used;
}

static size_t scratch_size(const CambiContrast *call)
{
    Contrast s;
    Workspace ws = { 0 };
    return contrast_lay_out(&s, call, &ws);
}

static unsigned mode(unsigned a, unsigned b, unsigned c)
{
    if (a == b || a == c)
        return a;
    if (b == c)
        return b;
    const unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

static const uint16_t *plane_row(const Contrast *s, unsigned y)
{
    const CambiContrast *c = s->c;
    if (c->prepare)
        return s->plane + (size_t)y * c->w;
    return (const uint16_t *)((const uint8_t *)c->plane +
                              (ptrdiff_t)y * c->stride);
}

static unsigned across(const Contrast *s, unsigned x, unsigned y)
{
    const uint16_t *p = plane_row(s, y) + x;
    if (x == 0 || x + 1 == s->c->w)
        return *p & VALUE;
    return mode(p[-1] & VALUE, p[0] & VALUE, p[1] & VALUE);
}

static uint16_t *ring_row(const Contrast *s, unsigned y)
{
    return s->rows + (size_t)(y % s->ring) * s->c->w;
}

/* The first and the last row stay as they are. */
static void filter(const Contrast *s, unsigned y)
{
    const CambiContrast *c = s->c;
    const uint16_t *p = plane_row(s, y);
    uint16_t *out = ring_row(s, y);
    for (unsigned x = 0; x < c->w; x++) {
        unsigned v = p[x];
        if (y > 0 && y + 1 < c->h)
            v = (v & FLAT) |
                mode(across(s, x, y - 1), across(s, x, y), across(s, x, y + 1));
        out[x] = (uint16_t)v;
    }
}

static void decimate(const Contrast *s, unsigned y)
{
    const CambiContrast *c = s->c;
    if (!c->next || y % 2)
        return;
    const uint16_t *row = ring_row(s, y);
    uint16_t *next =
        (uint16_t *)((uint8_t *)c->next + (ptrdiff_t)(y / 2) * c->next_stride);
    for (unsigned x = 0; x < c->w; x += 2)
        next[x / 2] = row[x];
}

/* The counts of value v at column -radius. */
static uint16_t *counts(const Contrast *s, unsigned v)
{
    return s->count + (v - s->low + s->c->steps->cnt) * s->count_pitch;
}

/* Each flat sample of the row counts, or no longer, in the windows of the
 * columns around. */
static void count_row(const Contrast *s, unsigned y, int by)
{
    const uint16_t *row = ring_row(s, y);
    for (unsigned x = 0; x < s->c->w; x++) {
        const unsigned v = row[x] & VALUE;
        if (!(row[x] & FLAT) || v < s->low || v > s->high)
            continue;
        uint16_t *n = counts(s, v) + x;
        for (unsigned i = 0; i <= 2 * s->radius; i++)
            n[i] = (uint16_t)(n[i] + by);
    }
}

static float pixel(const Contrast *s, unsigned v, unsigned x)
{
    const CambiSteps *t = s->c->steps;
    const uint16_t *at = counts(s, v) + x + s->radius;
    const ptrdiff_t pitch = (ptrdiff_t)s->count_pitch;
    const int n0 = at[0];
    float best = 0.f;
    for (int d = 1; d <= (int)t->cnt; d++) {
        if (!(t->counts[v] >> (d - 1) & 1))
            continue;
        const int more = at[d * pitch], less = at[-d * pitch];
        const int n = more > less ? more : less;
        const float e = (float)(cambi_weights()[d - 1] * n0 * n) *
                        cambi_reciprocals()[n0 + n];
        best = e > best ? e : best;
    }
    return best;
}

static void measure_row(const Contrast *s, unsigned y, CambiSums *sums)
{
    const CambiContrast *c = s->c;
    const uint16_t *row = ring_row(s, y);
    double sum = 0.;
    for (unsigned x = 0; x < c->w; x++) {
        const unsigned v = row[x] & VALUE;
        const bool counted = row[x] & FLAT && c->steps->counts[v];
        const float e = counted ? pixel(s, v, x) : 0.f;
        sum += (double)e;
        sums->visible += e > 0.f;
        if (c->map)
            c->map[(size_t)y * c->w + x] = e;
    }
    sums->sum += (int64_t)(sum * 16777216.); /* exact: a row is below 2^29 */
}

static unsigned smaller(unsigned p, unsigned q)
{
    return p < q ? p : q;
}

static void contrast(const void *call, const Rows *rows, int64_t *sums)
{
    Contrast s;
    Workspace ws = { .base = rows->scratch };
    contrast_lay_out(&s, call, &ws);
    memset(s.count, 0, sizeof *s.count * s.count_size);
    const unsigned radius = s.radius, h = s.c->h;
    const unsigned top = rows->begin - smaller(rows->begin, radius);
    if (s.c->prepare)
        prepare(&s.prepare, s.plane, s.c->w,
                (unsigned[]){ top - smaller(top, 1),
                              smaller(rows->end + radius + 1, h) });
    /* Rows enter `radius` before they are measured and leave that much later. */
    for (unsigned y = top; y < rows->end + radius; y++) {
        if (y > top + 2 * radius)
            count_row(&s, y - 2 * radius - 1, -1);
        if (y < h) {
            filter(&s, y);
            count_row(&s, y, 1);
            if (y >= rows->begin && y < rows->end)
                decimate(&s, y);
        }
        if (y >= rows->begin + radius)
            measure_row(&s, y - radius, (CambiSums *)sums);
    }
}

typedef struct Range {
    ptrdiff_t first, last;
} Range;

/* Where the scans have met: `first` is the one from below. */
static Range part(float *value, Range at, float pivot)
{
    while (at.first <= at.last) {
        while (value[at.first] > pivot)
            at.first++;
        while (value[at.last] < pivot)
            at.last--;
        if (at.first > at.last)
            break;
        const float low = value[at.first];
        value[at.first++] = value[at.last];
        value[at.last--] = low;
    }
    return at;
}

static double top(float *value, size_t n, size_t cnt)
{
    const ptrdiff_t k = (ptrdiff_t)cnt;
    Range range = { 0, (ptrdiff_t)n - 1 };
    while (cnt < n && range.first < range.last) {
        const Range met = part(value, range, value[k]);
        if (met.last < k)
            range.first = met.first;
        if (k < met.first)
            range.last = met.last;
    }
    double sum = 0.;
    for (size_t i = 0; i < cnt; i++)
        sum += (double)value[i];
    return sum;
}

const CambiKernels cambi_kernels_scalar = {
    .contrast = contrast,
    .top = top,
    .scratch_size = scratch_size,
};
