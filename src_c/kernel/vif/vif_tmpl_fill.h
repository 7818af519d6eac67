/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template: what a strip of columns works in, and how source rows
 * enter it.
 *
 * A ring holds the row pairs of two vertical windows, one pair apart. A pair is
 * a slot of planes, each with one 32-bit lane per column: upper row in the low
 * half, lower row in the high half. Planes are the reference and its square, the
 * distorted picture, its square and its product with the reference; a product of
 * more than 16 bits is in two planes, high and low part. They take turns every
 * few columns, so that a filter reads each slot straight on. The reference is in
 * the ring of the first lane; the others begin with their distorted picture.
 * Source rows are extended by their mirror image when they are copied, so nothing
 * after that knows of picture edges.
 */

/* Where the filtered rows and the planes of the distorted picture begin. */
enum { VIF_DIST_ROW = 3, VIF_MAX_ROWS = 8 };
/* Slots are at least so far apart modulo the distance at which addresses compete
 * for the same lines of the first-level cache: a window of them fits there. */
enum { VIF_APART = 384, VIF_APART_OF = 4096 };
enum { VIF_COLUMN_STEP = 4 * V_LANES };
enum { VIF_PLANE = VIF_COLUMN_STEP * 4 }; /* bytes a turn */
enum { VIF_MAX_BLOCKS = (VIF_MAX_STRIP + 3 * VIF_COLUMN_STEP) / VIF_BLOCK + 1 };

/* The reference, or a distorted picture: where its samples come from and go. */
typedef struct VifPicture {
    const char *source;
    ptrdiff_t stride;
    uint16_t *next; /* plane of the next scale */
    char *line[2];  /* of a pair of rows */
} VifPicture;

/* What is filtered for a lane. Planes and rows have the numbers that they have
 * in the first one. */
typedef struct VifSide {
    VifPicture dist;
    unsigned planes;      /* that a slot has */
    size_t slot_size;     /* bytes */
    char *ring;           /* plane 0 of slot 0 */
    char *rows[VIF_ROWS]; /* filtered rows: planes of 16-bit columns */
    VifFacts *facts;      /* [slot][block] */
    VifLanes sums;
} VifSide;

typedef struct VifWork {
    const VifScale *scale;
    const Rows *range;
    unsigned radius, slots;
    bool bytes;                 /* 8-bit samples: products fit 16 bits */
    int square_shift;           /* vertical, of products; 0 for 8 bits */
    unsigned strip, begin, cnt; /* samples a strip; the current one */
    size_t columns, filled;     /* of its rows, padded; those that matter */
    unsigned blocks;            /* of them */
    uint16_t flat;              /* see VifFacts */
    VifTaps taps, next_taps;
    char *low; /* two rows on their way to the next scale */
    VifBlock *block;
    VifLeft *left;       /* [row][block]; NULL: there is one lane */
    unsigned dist_plane; /* the first that is not of the reference alone */
    VifPicture ref;
    VifSide side[VIF_MAX_LANES];
} VifWork;

/* Columns [from, to). */
typedef struct VifColumns {
    size_t from, to;
} VifColumns;

/* Those that matter, in every block some. */
static inline VifColumns vif_filled(const VifWork *k, VifColumns c)
{
    c.to = c.to < k->filled ? c.to : k->filled;
    return c;
}

/* Where a plane's lane of column x lies in a slot of so many planes. */
static inline size_t vif_lane(unsigned planes, unsigned plane, size_t x)
{
    size_t turn = x / VIF_COLUMN_STEP, column = x % VIF_COLUMN_STEP;
    return ((turn * planes + plane) * VIF_COLUMN_STEP + column) * 4;
}

/* Samples [begin - radius, begin + cnt + radius) of row y. */
static void vif_extend(const VifWork *k, const VifPicture *pic, unsigned of,
                       unsigned y)
{
    size_t size = k->bytes ? sizeof(uint8_t) : sizeof(uint16_t);
    const char *row = pic->source + (ptrdiff_t)y * pic->stride;
    int w = (int)k->scale->w, from = (int)k->begin - (int)k->radius;
    int to = (int)(k->begin + k->cnt + k->radius);
    int inside = from < 0 ? 0 : from, end = to < w ? to : w;
    char *out = pic->line[of];
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

/* What filling is compiled for: the first lane or another, and whether it looks
 * for what samples have in common. */
typedef struct VifFill {
    bool first, watch;
} VifFill;

static inline void vif_square8(char *at, vint a0, vint a1, vint b0, vint b1)
{
    const vint sign = v_set16(0x8000);
    vif_store_pair(at, v_xor(v_mullo16(a0, b0), sign),
                   v_xor(v_mullo16(a1, b1), sign));
}

static inline SIMD_INLINE VifFacts vif_fill8(const VifWork *k,
                                             const VifSide *side, char *slot,
                                             VifColumns c, VifFill how)
{
    const uint8_t *const ref[2] = { (const uint8_t *)k->ref.line[0],
                                    (const uint8_t *)k->ref.line[1] };
    const uint8_t *const dist[2] = { (const uint8_t *)side->dist.line[0],
                                     (const uint8_t *)side->dist.line[1] };
    const unsigned planes = how.first ? 5 : 3;
    VifSpan span = vif_span_begin();
    for (size_t x = c.from; x < c.to; x += 2 * V_LANES) {
        vint r0 = v_load8(ref[0] + x), r1 = v_load8(ref[1] + x);
        vint d0 = v_load8(dist[0] + x), d1 = v_load8(dist[1] + x);
        char *at = slot + vif_lane(planes, 0, x);
        if (how.watch) {
            vif_span_add(&span, r0, d0);
            vif_span_add(&span, r1, d1);
        }
        if (how.first) {
            vif_store_pair(at, r0, r1);
            vif_square8(at + VIF_PLANE, r0, r1, r0, r1);
        }
        vif_store_pair(at + 2 * VIF_PLANE, d0, d1);
        vif_square8(at + 3 * VIF_PLANE, d0, d1, d0, d1);
        vif_square8(at + 4 * VIF_PLANE, r0, r1, d0, d1);
    }
    return how.watch ? vif_span_facts(&span, k->flat) : vif_no_facts;
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

static inline void vif_store_product(int shift, char *at, const vint a[2],
                                     const vint b[2])
{
    vint hi[2], lo[2];
    for (int i = 0; i < 2; i++)
        vif_split_product(a[i], b[i], shift, &hi[i], &lo[i]);
    vif_store_pair(at, hi[0], hi[1]);
    vif_store_pair(at + VIF_PLANE, lo[0], lo[1]);
}

static inline SIMD_INLINE VifFacts vif_fill16(const VifWork *k,
                                              const VifSide *side, char *slot,
                                              VifColumns c, VifFill how)
{
    const char *const ref[2] = { k->ref.line[0], k->ref.line[1] };
    const char *const dist[2] = { side->dist.line[0], side->dist.line[1] };
    const unsigned planes = how.first ? 8 : 5;
    const int shift = k->square_shift;
    const vint sign = v_set16(0x8000);
    VifSpan span = vif_span_begin();
    for (size_t x = c.from; x < c.to; x += 2 * V_LANES) {
        vint r[2], d[2];
        for (int i = 0; i < 2; i++) {
            r[i] = v_load(ref[i] + 2 * x);
            d[i] = v_load(dist[i] + 2 * x);
            if (how.watch)
                vif_span_add(&span, v_xor(r[i], sign), v_xor(d[i], sign));
        }
        char *at = slot + vif_lane(planes, 0, x);
        if (how.first) {
            vif_store_pair(at, v_xor(r[0], sign), v_xor(r[1], sign));
            vif_store_product(shift, at + VIF_PLANE, r, r);
        }
        at += 3 * VIF_PLANE;
        vif_store_pair(at, v_xor(d[0], sign), v_xor(d[1], sign));
        vif_store_product(shift, at + VIF_PLANE, d, d);
        vif_store_product(shift, at + 3 * VIF_PLANE, r, d);
    }
    return how.watch ? vif_span_facts(&span, k->flat) : vif_no_facts;
}

static inline int vif_line_sample(const VifWork *k, const VifPicture *pic,
                                  size_t x)
{
    return k->bytes ? ((const uint8_t *)pic->line[0])[x]
                    : ((const uint16_t *)pic->line[0])[x];
}

/* Whether four samples of the block allow that it is equal or flat: most
 * blocks need no closer look. */
static bool vif_promises(const VifWork *k, const VifPicture *dist, VifColumns c)
{
    int low = vif_line_sample(k, &k->ref, c.from), high = low;
    bool equal = true;
    for (size_t i = 0; i < 4; i++) {
        size_t x = c.from + (c.to - c.from - 1) * i / 3;
        int ref = vif_line_sample(k, &k->ref, x);
        low = ref < low ? ref : low;
        high = ref > high ? ref : high;
        equal = equal && ref == vif_line_sample(k, dist, x);
    }
    return equal || high - low <= k->flat;
}

#define VIF_FILL(k, side, slot, c, ...)                                        \
    ((k)->bytes ? vif_fill8(k, side, slot, c, (VifFill){ __VA_ARGS__ })        \
                : vif_fill16(k, side, slot, c, (VifFill){ __VA_ARGS__ }))

static VifFacts vif_fill_block(const VifWork *k, const VifSide *side,
                               char *slot, VifColumns c)
{
    const bool watch = vif_promises(k, &side->dist, c);
    if (side != k->side)
        return watch ? VIF_FILL(k, side, slot, c, false, true)
                     : VIF_FILL(k, side, slot, c, false, false);
    return watch ? VIF_FILL(k, side, slot, c, true, true)
                 : VIF_FILL(k, side, slot, c, true, false);
}

/* Bring pair `pair` of rows, counted from row `top`, into the rings. */
static void vif_fill(const VifWork *k, int top, unsigned pair)
{
    const VifScale *s = k->scale;
    const unsigned at = pair % k->slots;
    unsigned y[2];
    for (unsigned i = 0; i < 2; i++) {
        y[i] = vif_mirror(top + 2 * (int)pair + (int)i, s->h);
        vif_extend(k, &k->ref, i, y[i]);
    }
    for (unsigned n = 0; n < s->lane_cnt; n++) {
        const VifSide *side = &k->side[n];
        vif_extend(k, &side->dist, 0, y[0]);
        vif_extend(k, &side->dist, 1, y[1]);
        for (unsigned b = 0; b < k->blocks; b++) {
            VifColumns c = { b * VIF_BLOCK, (b + 1) * VIF_BLOCK };
            c = vif_filled(k, c);
            side->facts[at * k->blocks + b] =
                vif_fill_block(k, side, side->ring + at * side->slot_size, c);
        }
    }
}
