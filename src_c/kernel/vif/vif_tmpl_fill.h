/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template: what a strip of columns works in, and how source rows
 * enter it.
 *
 * A ring holds the row pairs of two vertical windows, one pair apart. A pair is
 * a slot of planes, each with one 32-bit lane per column: upper row in the low
 * half, lower row in the high half. Planes are the two pictures and their
 * products, which of more than 16 bits in two planes: high and low part. They
 * take turns every few columns, so that a filter reads each slot straight on.
 * Source rows are extended by their mirror image when they are copied, so
 * nothing after that knows of picture edges.
 */

enum { VIF_MAX_PLANES = 8, VIF_COLUMN_STEP = 4 * V_LANES };
enum { VIF_PLANE = VIF_COLUMN_STEP * 4 }; /* bytes a turn */
enum { VIF_ROWS = 4 };                    /* filtered at once */
enum { VIF_MAX_BLOCKS = (VIF_MAX_STRIP + 3 * VIF_COLUMN_STEP) / VIF_BLOCK + 1 };

typedef struct VifWork {
    const VifScale *scale;
    const Rows *range;
    unsigned radius, slots, planes;
    bool bytes;                 /* 8-bit samples: products fit 16 bits */
    int square_shift;           /* vertical, of products; 0 for 8 bits */
    unsigned strip, begin, cnt; /* samples a strip; the current one */
    size_t columns;             /* of its rows, padded */
    unsigned blocks;            /* of them */
    uint16_t flat;              /* see VifFacts */
    VifFacts *facts;            /* [slot][block] */
    VifTaps taps, next_taps;
    char *ring, *line[2][2]; /* line[picture][row of a pair] */
    char *rows[VIF_ROWS];    /* filtered rows: planes of 16-bit columns */
    char *low;               /* two rows on their way to the next scale */
    VifBlock *block;
} VifWork;

/* Where a plane's lane of column x lies in a slot. */
static inline size_t vif_lane(const VifWork *k, unsigned plane, size_t x)
{
    size_t turn = x / VIF_COLUMN_STEP, column = x % VIF_COLUMN_STEP;
    return ((turn * k->planes + plane) * VIF_COLUMN_STEP + column) * 4;
}

/* Samples [begin - radius, begin + cnt + radius) of row y. */
static void vif_extend(const VifWork *k, void *line, const void *plane,
                       ptrdiff_t stride, unsigned y)
{
    size_t size = k->bytes ? sizeof(uint8_t) : sizeof(uint16_t);
    const char *row = (const char *)plane + (ptrdiff_t)y * stride;
    int w = (int)k->scale->w, from = (int)k->begin - (int)k->radius;
    int to = (int)(k->begin + k->cnt + k->radius);
    int inside = from < 0 ? 0 : from, end = to < w ? to : w;
    char *out = line;
    for (int x = from; x < inside; x++, out += size)
        memcpy(out, row + vif_mirror(x, k->scale->w) * size, size);
    memcpy(out, row + inside * size, (end - inside) * size);
    out += (end - inside) * size;
    for (int x = end; x < to; x++, out += size)
        memcpy(out, row + vif_mirror(x, k->scale->w) * size, size);
    /* What whole vectors reach is like what is before it: no edge of its own. */
    size_t have = (size_t)(to - from) * size, want = k->columns * size - have;
    memcpy(out, out - (want < have ? want : have), want < have ? want : have);
}

/* Store a lane pair of rows `a` (upper) and `b`. */
static inline void vif_store_pair(char *at, vint a, vint b)
{
    v_store(at, v_zip16lo(a, b));
    v_store(at + sizeof(vint), v_zip16hi(a, b));
}

static inline SIMD_INLINE VifFacts vif_fill8(const VifWork *k, char *slot,
                                             size_t from, size_t to, bool watch)
{
    const uint8_t *const *line = (const uint8_t *const *)k->line[0];
    const vint sign = v_set16(0x8000);
    VifSpan span = vif_span_begin();
    for (size_t x = from; x < to; x += 2 * V_LANES) {
        vint r0 = v_load8(line[0] + x), r1 = v_load8(line[1] + x);
        vint d0 = v_load8(line[2] + x), d1 = v_load8(line[3] + x);
        char *at = slot + vif_lane(k, 0, x);
        if (watch) {
            vif_span_add(&span, r0, d0);
            vif_span_add(&span, r1, d1);
        }
        vif_store_pair(at, r0, r1);
        vif_store_pair(at + VIF_PLANE, d0, d1);
        vif_store_pair(at + 2 * VIF_PLANE, v_xor(v_mullo16(r0, r0), sign),
                       v_xor(v_mullo16(r1, r1), sign));
        vif_store_pair(at + 3 * VIF_PLANE, v_xor(v_mullo16(d0, d0), sign),
                       v_xor(v_mullo16(d1, d1), sign));
        vif_store_pair(at + 4 * VIF_PLANE, v_xor(v_mullo16(r0, d0), sign),
                       v_xor(v_mullo16(r1, d1), sign));
    }
    return watch ? vif_span_facts(&span, k->flat) : vif_no_facts;
}

/* The product a * b = high * 2^shift + low. */
static inline void vif_split_product(vint a, vint b, int shift, vint *high,
                                     vint *low)
{
    const vint sign = v_set16(0x8000);
    const vint mask = v_set16((uint16_t)((1u << shift) - 1));
    vint hi = v_mulhi16(a, b), lo = v_mullo16(a, b);
    *high = v_xor(v_or(v_shl16(hi, 16 - shift), v_shr16(lo, shift)), sign);
    *low = v_xor(v_and(lo, mask), sign);
}

static inline void vif_store_product(const VifWork *k, char *at,
                                     const vint a[2], const vint b[2])
{
    vint hi[2], lo[2];
    for (int i = 0; i < 2; i++)
        vif_split_product(a[i], b[i], k->square_shift, &hi[i], &lo[i]);
    vif_store_pair(at, hi[0], hi[1]);
    vif_store_pair(at + VIF_PLANE, lo[0], lo[1]);
}

static inline SIMD_INLINE VifFacts vif_fill16(const VifWork *k, char *slot,
                                              size_t from, size_t to,
                                              bool watch)
{
    const vint sign = v_set16(0x8000);
    VifSpan span = vif_span_begin();
    for (size_t x = from; x < to; x += 2 * V_LANES) {
        vint r[2], d[2];
        for (int i = 0; i < 2; i++) {
            r[i] = v_load(k->line[0][i] + 2 * x);
            d[i] = v_load(k->line[1][i] + 2 * x);
            if (watch)
                vif_span_add(&span, v_xor(r[i], sign), v_xor(d[i], sign));
        }
        char *at = slot + vif_lane(k, 0, x);
        vif_store_pair(at, v_xor(r[0], sign), v_xor(r[1], sign));
        vif_store_pair(at + VIF_PLANE, v_xor(d[0], sign), v_xor(d[1], sign));
        vif_store_product(k, at + 2 * VIF_PLANE, r, r);
        vif_store_product(k, at + 4 * VIF_PLANE, d, d);
        vif_store_product(k, at + 6 * VIF_PLANE, r, d);
    }
    return watch ? vif_span_facts(&span, k->flat) : vif_no_facts;
}

static inline int vif_line_sample(const VifWork *k, int side, size_t x)
{
    return k->bytes ? ((const uint8_t *)k->line[side][0])[x]
                    : ((const uint16_t *)k->line[side][0])[x];
}

/* Whether four samples of the block allow that it is equal or flat: most
 * blocks need no closer look. */
static bool vif_promises(const VifWork *k, size_t from, size_t to)
{
    int low = vif_line_sample(k, 0, from), high = low;
    bool equal = true;
    for (size_t i = 0; i < 4; i++) {
        size_t x = from + (to - from - 1) * i / 3;
        int ref = vif_line_sample(k, 0, x);
        low = ref < low ? ref : low;
        high = ref > high ? ref : high;
        equal = equal && ref == vif_line_sample(k, 1, x);
    }
    return equal || high - low <= k->flat;
}

static VifFacts vif_fill_block(const VifWork *k, char *slot, size_t from)
{
    size_t to = from + VIF_BLOCK < k->columns ? from + VIF_BLOCK : k->columns;
    if (vif_promises(k, from, to))
        return k->bytes ? vif_fill8(k, slot, from, to, true)
                        : vif_fill16(k, slot, from, to, true);
    return k->bytes ? vif_fill8(k, slot, from, to, false)
                    : vif_fill16(k, slot, from, to, false);
}

/* Bring pair `pair` of rows, counted from row `top`, into the ring. */
static void vif_fill(const VifWork *k, int top, unsigned pair)
{
    const VifScale *s = k->scale;
    unsigned at = pair % k->slots;
    char *slot = k->ring + at * (k->planes * k->columns * 4);
    for (int i = 0; i < 2; i++) {
        unsigned y = vif_mirror(top + 2 * (int)pair + i, s->h);
        vif_extend(k, k->line[0][i], s->ref, s->ref_stride, y);
        vif_extend(k, k->line[1][i], s->dist, s->dist_stride, y);
    }
    for (unsigned b = 0; b < k->blocks; b++)
        k->facts[at * k->blocks + b] = vif_fill_block(k, slot, b * VIF_BLOCK);
}
