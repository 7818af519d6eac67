/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Contrast written once over vector operations: one pass over the rows of a
 * scale. Each row is filtered and cut into runs; these enter the histogram when
 * the row enters the window, are measured when it is the centre, and leave with
 * it.
 */

enum {
    CAMBI_FEW = 4, /* steps that have a queue for each set of them */
    CAMBI_CLEARED = 1,
    CAMBI_CLEARED_AROUND = 2, /* as far as steps go */
};

typedef struct CambiRuns {
    uint32_t *begin; /* value << 16 | first column */
    uint32_t *end;   /* any << 16 | column behind */
    unsigned cnt;
} CambiRuns;

typedef struct CambiWork {
    const CambiContrast *c;
    const CambiSteps *t;
    CambiPicture picture; /* of scale 0 */
    unsigned radius, low, high;
    const float *reciprocal;
    const int *weight;
    uint16_t *across[3]; /* rows filtered along the row */
    uint16_t *row;       /* filtered, CAMBI_PAD samples before it */
    CambiRuns *runs;     /* of the `ring` rows at hand */
    unsigned ring;
    uint16_t *ramp; /* F */
    int least;      /* value of the first row of counts */
    uint8_t *known; /* for each of these rows: has it been cleared */
    size_t values;
    uint16_t *count; /* column 0 of the first row */
    ptrdiff_t pitch; /* of a row of counts */
    uint16_t *queue;
    uint32_t *place;               /* of queued pixels in the map */
    unsigned fill[1 << CAMBI_FEW]; /* of each queue */
    float *best;
    vdbl sum_low, sum_high;
    vint visible;
} CambiWork;

/* A row of the plane; rows come in order, and the one before again. */
static inline const uint16_t *cambi_source(CambiWork *s, unsigned y)
{
    if (s->c->prepare)
        return cambi_prepared(&s->picture, y);
    return (const uint16_t *)((const uint8_t *)s->c->plane +
                              (ptrdiff_t)y * s->c->stride);
}

#include "cambi_tmpl_runs.h"

#include "cambi_tmpl_count.h"
#include "cambi_tmpl_measure.h"

static void cambi_lay_out_runs(CambiWork *s, Workspace *ws)
{
    const size_t cnt = s->c->w + CAMBI_STEP;
    s->ring = 2 * s->radius + 2;
    s->runs = cambi_take(ws, s->ring, sizeof *s->runs);
    for (unsigned i = 0; i < s->ring; i++) {
        uint32_t *begin = cambi_take(ws, cnt, sizeof *begin);
        uint32_t *end = cambi_take(ws, cnt, sizeof *end);
        if (s->runs)
            s->runs[i] = (CambiRuns){ .begin = begin, .end = end };
    }
}

/* Rows of counts are an odd number of cache lines long: the lines of a column
 * spread over the whole cache. */
static void cambi_lay_out(CambiWork *s, const CambiContrast *c, Workspace *ws)
{
    const CambiSteps *t = c->steps;
    const size_t w = c->w + 2 * CAMBI_PAD;
    *s = (CambiWork){
        .c = c,
        .t = t,
        .radius = c->radius,
        .low = t->low,
        .high = t->high,
        .reciprocal = cambi_reciprocals(),
        .weight = cambi_weights(),
        .least = (int)t->low - (int)t->cnt,
        .values = t->low > t->high ? 0 : t->high - t->low + 1 + 2 * t->cnt,
        .pitch = (ptrdiff_t)((w + CAMBI_PAD) / 64 * 64 + 96),
    };
    cambi_picture_lay_out(&s->picture, c->prepare, ws);
    for (unsigned i = 0; i < 3; i++)
        s->across[i] = cambi_take_padded(ws, 0, w);
    s->row = cambi_take_padded(ws, CAMBI_PAD, w);
    cambi_lay_out_runs(s, ws);
    s->ramp = cambi_take_padded(ws, CAMBI_RAMP, CAMBI_RAMP);
    const size_t sets = t->cnt <= CAMBI_FEW ? CAMBI_SETS : 1;
    s->queue =
        cambi_take(ws, sets * (t->cnt + 1) * CAMBI_ROOM, sizeof *s->queue);
    s->place = cambi_take(ws, sets * CAMBI_ROOM, sizeof *s->place);
    s->best = cambi_take(ws, CAMBI_QUEUE + CAMBI_STEP, sizeof *s->best);
    s->known = cambi_take(ws, s->values, sizeof *s->known);
    s->count = cambi_take_padded(ws, CAMBI_PAD, s->values * (size_t)s->pitch);
}

static size_t cambi_scratch_size(const CambiContrast *call)
{
    CambiWork s;
    Workspace ws = { 0 };
    cambi_lay_out(&s, call, &ws);
    return ws.used;
}

static inline CambiRuns *cambi_runs(const CambiWork *s, unsigned y)
{
    return &s->runs[y % s->ring];
}

static void cambi_contrast(const void *call, const Rows *rows, int64_t *sums)
{
    CambiWork s;
    Workspace ws = { .base = rows->scratch };
    cambi_lay_out(&s, call, &ws);
    s.sum_low = s.sum_high = v_set_f64(0.);
    s.visible = v_set32(0);
    cambi_make_ramp(&s);
    memset(s.known, 0, s.values);
    const unsigned radius = s.radius, h = s.c->h;
    const unsigned top = rows->begin > radius ? rows->begin - radius : 0;
    if (s.c->prepare)
        cambi_start(&s.picture, top ? top - 1 : 0);
    for (unsigned y = top; y < rows->end + radius; y++) {
        if (y > top + 2 * radius)
            cambi_remove(&s, cambi_runs(&s, y - 2 * radius - 1));
        if (y < h) {
            cambi_filter(&s, y, y == top);
            if (y >= rows->begin && y < rows->end)
                cambi_decimate(&s, y);
            cambi_list(&s, cambi_runs(&s, y));
            cambi_add(&s, cambi_runs(&s, y));
        }
        if (y >= rows->begin + radius)
            cambi_measure(&s, y - radius, cambi_runs(&s, y - radius));
    }
    cambi_finish(&s, (CambiSums *)sums);
}
