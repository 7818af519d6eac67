/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One row on its way into the histogram: mode filter, next scale's row, list of
 * runs. A run is a row's stretch of flat pixels of one value that counts.
 */

enum {
    CAMBI_VALUE = CAMBI_FLAT - 1,
    CAMBI_WORD = 64, /* columns whose bits fill a word */
};

/* The value that two of three have, or the least of three. With hi the greater
 * of a and b: if c is hi, or a is b, that is hi; else c is either the lesser of
 * a and b, or less than hi and different from both. */
static inline vint cambi_mode(vint a, vint b, vint c)
{
    const vint low = v_min16(a, b), high = v_max16(a, b);
    const vmask16 twice = v_either16(v_eq16(c, high), v_eq16(low, high));
    return v_pick16(twice, high, v_min16(low, c));
}

/* Filters a row of the plane along the row. */
static SIMD_NOINLINE void cambi_across(const CambiContrast *c,
                                       const uint16_t *p, uint16_t *out)
{
    const vint value = v_set16(CAMBI_VALUE);
    for (unsigned x = 0; x < c->w; x += CAMBI_STEP) {
        const vint left = v_and(v_load(p + x - 1), value);
        const vint here = v_and(v_load(p + x), value);
        const vint right = v_and(v_load(p + x + 1), value);
        v_store(out + x, cambi_mode(left, here, right));
    }
    out[0] = p[0] & CAMBI_VALUE;
    out[c->w - 1] = p[c->w - 1] & CAMBI_VALUE;
}

/* Filters row y, whose samples p points to, along the columns. The first and
 * the last row stay as they are. */
static SIMD_NOINLINE void cambi_down(const CambiWork *s, unsigned y,
                                     const uint16_t *p)
{
    const CambiContrast *c = s->c;
    uint16_t *out = s->row;
    if (y == 0 || y + 1 == c->h) {
        memcpy(out, p, c->w * sizeof *p);
        return;
    }
    const uint16_t *above = s->across[(y - 1) % 3], *here = s->across[y % 3];
    const uint16_t *below = s->across[(y + 1) % 3];
    const vint flat = v_set16(CAMBI_FLAT);
    for (unsigned x = 0; x < c->w; x += CAMBI_STEP) {
        const vint v =
            cambi_mode(v_load(above + x), v_load(here + x), v_load(below + x));
        v_store(out + x, v_and_or(v_load(p + x), flat, v));
    }
}

/* Rows come in order. */
static void cambi_filter(CambiWork *s, unsigned y, bool first)
{
    const unsigned h = s->c->h;
    for (unsigned i = first && y ? y - 1 : y + 1 - first; i <= y + 1 && i < h;
         i++)
        cambi_across(s->c, cambi_source(s, i), s->across[i % 3]);
    cambi_down(s, y, cambi_source(s, y));
}

static void cambi_decimate(const CambiWork *s, unsigned y)
{
    const CambiContrast *c = s->c;
    if (!c->next || y % 2)
        return;
    uint16_t *next =
        (uint16_t *)((uint8_t *)c->next + (ptrdiff_t)(y / 2) * c->next_stride);
    cambi_even(s->row, next, c->w);
}

/* Which of the columns from x on are of use. */
static inline uint64_t cambi_active(const CambiWork *s, unsigned x)
{
    /* A quarter turn on, flat values are negative, and there is room below. */
    const vint turn = v_set16(CAMBI_FLAT / 2);
    const vint below = v_set16((uint16_t)(CAMBI_FLAT * 3 / 2 + s->low - 1));
    const vint above = v_set16((uint16_t)(CAMBI_FLAT * 3 / 2 + s->high + 1));
    uint64_t active = 0;
    for (unsigned i = 0; i < CAMBI_WORD; i += CAMBI_STEP) {
        const vint turned = v_add16(v_load(s->row + x + i), turn);
        const vmask16 counted =
            v_both16(v_gt16(turned, below), v_gt16(above, turned));
        active |= (uint64_t)v_bits16(counted) << i;
    }
    return x + CAMBI_WORD <= s->c->w
               ? active
               : active & (((uint64_t)1 << (s->c->w - x)) - 1);
}

/* Which of them have the value of the column to their left. */
static inline uint64_t cambi_same(const CambiWork *s, unsigned x)
{
    uint64_t same = 0;
    for (unsigned i = 0; i < CAMBI_WORD; i += CAMBI_STEP) {
        const uint16_t *here = s->row + x + i;
        same |= (uint64_t)v_bits16(v_eq16(v_load(here), v_load(here - 1))) << i;
    }
    return same;
}

/* The column behind the last one has a place in a word too: there the last run
 * may end. */
static SIMD_NOINLINE void cambi_list(const CambiWork *s, CambiRuns *runs)
{
    uint32_t *begin = runs->begin, *end = runs->end;
    uint64_t before = 0; /* bit 0: the column to the left is of use */
    for (unsigned x = 0; x <= s->c->w; x += CAMBI_WORD) {
        const uint64_t active = cambi_active(s, x);
        if (!(active | before))
            continue;
        const uint64_t left = active << 1 | before;
        const uint64_t on = active & left & cambi_same(s, x);
        begin += v_columns(begin, s->row + x, x, active & ~on);
        end += v_columns(end, s->row + x, x, left & ~on);
        before = active >> (CAMBI_WORD - 1);
    }
    runs->cnt = (unsigned)(begin - runs->begin);
}
