/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The plane of scale 0 row by row. Samples of a row of the plane are put into a
 * ring when they are known; whether they are flat is added when the rows below
 * are known too.
 */

enum {
    CAMBI_AROUND = 3, /* rows and columns on each side that decide */
    CAMBI_SIDE = 2 * CAMBI_AROUND + 1,
    /* Rows of each kind at hand: CAMBI_SIDE to count and one to take out; of the
     * plane two that are in use and AROUND + 1 that are not ready. */
    CAMBI_ROWS = 8,
};

typedef struct CambiPicture {
    const CambiPrepare *c;
    uint16_t *sample[2];  /* rows y and y + 1, in 10 bits */
    uint16_t *average[2]; /* the same, averaged; or the samples themselves */
    uint8_t *equal[CAMBI_ROWS]; /* 255: equal to right and below */
    uint8_t *column; /* how many of the rows around are, CAMBI_PAD before it */
    uint8_t *flat;   /* how many samples around are */
    uint16_t *plane[CAMBI_ROWS]; /* CAMBI_PAD samples before each */
    int first; /* of the working picture's rows, the first that is asked for */
    int next;  /* that is compared next, ... */
    const uint16_t *ready; /* and its samples */
} CambiPicture;

static void cambi_picture_lay_out(CambiPicture *s, const CambiPrepare *c,
                                  Workspace *ws)
{
    *s = (CambiPicture){ .c = c };
    if (!c)
        return;
    const size_t w = c->w + 2 * CAMBI_PAD;
    for (unsigned i = 0; i < 2; i++) {
        s->sample[i] = cambi_take_padded(ws, 0, w);
        s->average[i] = c->average ? cambi_take_padded(ws, 0, w) : s->sample[i];
    }
    for (unsigned i = 0; i < CAMBI_ROWS; i++) {
        s->equal[i] = workspace_take(ws, w);
        s->plane[i] = cambi_take_padded(ws, CAMBI_PAD, w);
    }
    s->column = workspace_take(ws, CAMBI_PAD + w);
    s->flat = workspace_take(ws, w);
    if (s->column)
        s->column += CAMBI_PAD;
}

static inline const void *cambi_picture_row(const CambiPrepare *c, unsigned y)
{
    y = c->row ? c->row[y] : y;
    return (const uint8_t *)c->picture + (ptrdiff_t)y * c->picture_stride;
}

static unsigned cambi_convert_sample(const CambiPrepare *c, unsigned v)
{
    return c->bpc <= 10 ? v << (10 - c->bpc)
                        : (v + (1u << (c->bpc - 11))) >> (c->bpc - 10);
}

/* Samples as they lie, or from where the columns are. */
static void cambi_fetch(const CambiPrepare *c, const void *row, unsigned x,
                        uint16_t *out)
{
    const uint8_t *bytes = row;
    const uint16_t *words = row;
    for (; x < c->w; x++) {
        const unsigned at = c->column ? c->column[x] : x;
        const unsigned v = c->bpc == 8 ? bytes[at] : words[at];
        out[x] = (uint16_t)cambi_convert_sample(c, v);
    }
}

/* The highest bit that is shifted out rounds; to add half a code before would
 * overflow 16 bits. */
static inline vint cambi_convert(const CambiPrepare *c, vint v)
{
    if (c->bpc <= 10)
        return v_shl16(v, (int)(10 - c->bpc));
    const int shift = (int)c->bpc - 10;
    const vint low = v_and(v_shr16(v, shift - 1), v_set16(1));
    return v_add16(v_shr16(v, shift), low);
}

/* Row y of the working picture; what is right of it repeats its last sample. */
static void cambi_fill(const CambiPrepare *c, unsigned y, uint16_t *out)
{
    const void *row = cambi_picture_row(c, y);
    unsigned x = 0;
    if (!c->column) {
        for (; x + CAMBI_STEP <= c->w; x += CAMBI_STEP) {
            const vint v = c->bpc == 8 ? v_load8((const uint8_t *)row + x)
                                       : v_load((const uint16_t *)row + x);
            v_store(out + x, cambi_convert(c, v));
        }
    }
    cambi_fetch(c, row, x, out);
    for (unsigned i = 0; i < CAMBI_STEP + 1; i++)
        out[c->w + i] = out[c->w - 1];
}

/* Of 2x2 samples, with one more column as in cambi_fill(). */
static void cambi_average(const CambiPrepare *c, const uint16_t *row,
                          const uint16_t *below, uint16_t *out)
{
    for (unsigned x = 0; x < c->w + 1; x += CAMBI_STEP) {
        const vint left = v_add16(v_load(row + x), v_load(below + x));
        const vint right = v_add16(v_load(row + x + 1), v_load(below + x + 1));
        v_store(out + x, v_shr16(v_add16(left, right), 2));
    }
    out[c->w] = out[c->w - 1];
}

/* Row y of the working picture, averaged or not. Rows come in order; what is
 * below the last one repeats it. */
static const uint16_t *cambi_row_at(const CambiPicture *s, unsigned y,
                                    bool first)
{
    const CambiPrepare *c = s->c;
    if (first || !c->average)
        cambi_fill(c, y, s->sample[y % 2]);
    if (!c->average)
        return s->sample[y % 2];
    const uint16_t *below = s->sample[y % 2];
    if (y + 1 < c->h) {
        cambi_fill(c, y + 1, s->sample[(y + 1) % 2]);
        below = s->sample[(y + 1) % 2];
    }
    cambi_average(c, s->sample[y % 2], below, s->average[y % 2]);
    return s->average[y % 2];
}

static inline vmask16 cambi_equal_at(const uint16_t *p, const uint16_t *below)
{
    const vint here = v_load(p);
    return v_both16(v_eq16(here, v_load(p + 1)), v_eq16(here, v_load(below)));
}

/* Compares a row, and updates the number of equal samples of each column of the
 * CAMBI_SIDE rows that end with it. */
static void cambi_compare(const CambiPicture *s, int y, const uint16_t *p,
                          const uint16_t *below)
{
    const unsigned w = s->c->w;
    uint8_t *equal = s->equal[(unsigned)y % CAMBI_ROWS];
    const uint8_t *gone = s->equal[(unsigned)(y - CAMBI_SIDE) % CAMBI_ROWS];
    for (unsigned x = 0; x < w; x += 2 * CAMBI_STEP) {
        const vint bytes = v_bytes16(
            cambi_equal_at(p + x, below + x),
            cambi_equal_at(p + x + CAMBI_STEP, below + x + CAMBI_STEP));
        const vint n = v_add8(v_load(s->column + x), v_load(gone + x));
        v_store(equal + x, bytes);
        v_store(s->column + x, v_sub8(n, bytes));
    }
    memset(s->column + w, 0, CAMBI_PAD);
}

/* The same below the last row. */
static void cambi_compare_none(const CambiPicture *s, int y)
{
    const unsigned w = s->c->w;
    uint8_t *equal = s->equal[(unsigned)y % CAMBI_ROWS];
    const uint8_t *gone = s->equal[(unsigned)(y - CAMBI_SIDE) % CAMBI_ROWS];
    memset(equal, 0, w + CAMBI_PAD);
    for (unsigned x = 0; x < w; x += 2 * CAMBI_STEP)
        v_store(s->column + x, v_add8(v_load(s->column + x), v_load(gone + x)));
    memset(s->column + w, 0, CAMBI_PAD);
}

/* Of each sample, from the counts of the columns around it. */
static void cambi_sum_columns(const CambiPicture *s)
{
    for (unsigned x = 0; x < s->c->w; x += 2 * CAMBI_STEP) {
        const uint8_t *n = s->column + x - CAMBI_AROUND;
        vint sum = v_load(n);
        SIMD_UNROLL
        for (unsigned i = 1; i < CAMBI_SIDE; i++)
            sum = v_add8(sum, v_load(n + i));
        v_store(s->flat + x, sum);
    }
}

/* Adds CAMBI_FLAT to the samples of a row of the plane. */
static void cambi_mark(const CambiPicture *s, uint16_t *out)
{
    const vint least = v_set16((uint16_t)s->c->threshold);
    const vint even = v_set16(255), flat = v_set16(CAMBI_FLAT);
    const unsigned w = s->c->halve ? (s->c->w + 1) / 2 : s->c->w;
    cambi_sum_columns(s);
    for (unsigned x = 0; x < w; x += CAMBI_STEP) {
        const vint n = s->c->halve ? v_and(v_load(s->flat + 2 * x), even)
                                   : v_load8(s->flat + x);
        const vint flag = v_pick16(v_gt16(n, least), flat, v_set16(0));
        v_store(out + x, v_or(v_load(out + x), flag));
    }
}

static void cambi_put(const CambiPicture *s, const uint16_t *p, uint16_t *out)
{
    if (s->c->halve)
        cambi_even(p, out, s->c->w);
    else
        memcpy(out, p, s->c->w * sizeof *p);
}

static inline uint16_t *cambi_ring_row(const CambiPicture *s, int y)
{
    return s->plane[(unsigned)(s->c->halve ? y / 2 : y) % CAMBI_ROWS];
}

/* Compares the next row, which shows how flat one CAMBI_AROUND above is. */
static void cambi_advance(CambiPicture *s)
{
    const int step = s->c->halve ? 2 : 1, y = s->next++;
    if (y < (int)s->c->h) {
        const uint16_t *p = s->ready;
        if (y % step == 0)
            cambi_put(s, p, cambi_ring_row(s, y));
        if (y + 1 < (int)s->c->h)
            s->ready = cambi_row_at(s, (unsigned)(y + 1), false);
        cambi_compare(s, y, p, s->ready);
    } else {
        cambi_compare_none(s, y);
    }
    const int done = y - CAMBI_AROUND;
    if (done >= s->first && done % step == 0)
        cambi_mark(s, cambi_ring_row(s, done));
}

/* Rows of the plane will be asked for in order from that one on. */
static void cambi_start(CambiPicture *s, unsigned row)
{
    const unsigned w = s->c->w;
    s->first = (int)(s->c->halve ? 2 * row : row);
    s->next = s->first > CAMBI_AROUND ? s->first - CAMBI_AROUND : 0;
    for (unsigned i = 0; i < CAMBI_ROWS; i++)
        memset(s->equal[i], 0, w + CAMBI_PAD);
    memset(s->column - CAMBI_PAD, 0, w + 2 * CAMBI_PAD);
    s->ready = cambi_row_at(s, (unsigned)s->next, true);
}

/* That row; the one before is still there. */
static const uint16_t *cambi_prepared(CambiPicture *s, unsigned row)
{
    const int y = (int)(s->c->halve ? 2 * row : row);
    while (s->next <= y + CAMBI_AROUND)
        cambi_advance(s);
    return cambi_ring_row(s, y);
}
