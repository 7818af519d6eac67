/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template: the vertical and horizontal passes over four rows of a
 * strip, and the rows of the next scale.
 *
 * Filtered rows are planes of 16-bit columns: two of means, then high and low
 * half of each filtered product, all as u - 32768.
 */

static const uint32_t VIF_SIGN = 0x80000000u;

/* Columns, and which picture where only one counts. */
typedef struct VifColumns {
    size_t from, to;
    unsigned side;
} VifColumns;

/* What the loops over columns are compiled for; `part`: for one picture. */
typedef struct VifKind {
    unsigned scale;
    bool bytes, part;
} VifKind;

/* Calls function(kind, ...) where the kind is a constant. Only filters down
 * care whether samples of scale 0 are bytes. */
#define VIF_FOR_KIND(work, part, function, ...)                                \
    switch ((work)->scale->scale) {                                            \
    case 0:                                                                    \
        if ((work)->bytes)                                                     \
            function((VifKind){ 0, true, part }, __VA_ARGS__);                 \
        else                                                                   \
            function((VifKind){ 0, false, part }, __VA_ARGS__);                \
        break;                                                                 \
    case 1: function((VifKind){ 1, false, part }, __VA_ARGS__); break;         \
    case 2: function((VifKind){ 2, false, part }, __VA_ARGS__); break;         \
    default: function((VifKind){ 3, false, part }, __VA_ARGS__);               \
    }

static inline void vif_begin_sums(vint sum[], int cnt, uint32_t value)
{
    for (int i = 0; i < cnt; i++)
        sum[i] = v_set32(value);
}

static inline int vif_mean_shift(const VifWork *k, VifKind kind)
{
    return kind.bytes ? 8 : kind.scale ? 16 : (int)k->scale->bpc;
}

/* First value of a vertical mean: rounding, the bias of the result and, where
 * samples are biased, theirs. */
static inline uint32_t vif_mean_first(const VifWork *k, VifKind kind)
{
    int shift = vif_mean_shift(k, kind);
    return (1u << (shift - 1)) - (1u << 15 << shift) +
           (kind.bytes ? 0 : VIF_SIGN);
}

static inline void vif_store_mean(char *at, vint lo, vint hi, int shift)
{
    v_store(at, v_pack16(v_sar32(lo, shift), v_sar32(hi, shift)));
}

/* Store v + 2^31 in halves; the high half of v is already biased. */
static inline void vif_store_halves(const VifWork *k, char *at, vint lo,
                                    vint hi)
{
    v_unzip16(&lo, &hi);
    v_store(at, hi);
    v_store(at + 2 * k->columns, v_xor(lo, v_set16(0x8000)));
}

static inline SIMD_INLINE void vif_vertical_mean(const VifWork *k, VifKind kind,
                                                 const VifTaps *taps,
                                                 const char *const slot[],
                                                 unsigned plane, size_t x)
{
    vint sum[8];
    size_t out = plane * k->columns * 2;
    int shift = vif_mean_shift(k, kind);
    vif_begin_sums(sum, 8, vif_mean_first(k, kind));
    vif_filter_down(sum, taps, kind.scale, slot, plane * VIF_PLANE);
    for (int row = 0; row < VIF_ROWS; row++)
        vif_store_mean(k->rows[row] + out + 2 * x, sum[2 * row],
                       sum[2 * row + 1], shift);
}

/* A product of samples. Of 8 bits, the sum is exact and nothing is rounded.
 * Else (sum f * p + half) >> shift of p = high * 2^shift + low is
 * sum f * high + ((sum f * low + half) >> shift), where neither sum exceeds
 * 65535 * 65536 + 32768 < 2^32. */
static inline SIMD_INLINE void vif_vertical_product(const VifWork *k,
                                                    VifKind kind,
                                                    const VifTaps *taps,
                                                    const char *const slot[],
                                                    unsigned product, size_t x)
{
    vint sum[8];
    const unsigned plane = 2 + (kind.bytes ? product : 2 * product);
    size_t out = (2 + 2 * product) * k->columns * 2;
    vif_begin_sums(sum, 8, 0);
    if (!kind.bytes) {
        int shift = kind.scale ? 16 : k->square_shift;
        vif_begin_sums(sum, 8, VIF_SIGN + (1u << (shift - 1)));
        vif_filter_down(sum, taps, kind.scale, slot, (plane + 1) * VIF_PLANE);
        for (int i = 0; i < 8; i++)
            sum[i] = v_shr32(sum[i], shift);
        for (int i = 0; i < 8; i++)
            SIMD_FIX(sum[i]);
    }
    vif_filter_down(sum, taps, kind.scale, slot, plane * VIF_PLANE);
    for (int row = 0; row < VIF_ROWS; row++)
        vif_store_halves(k, k->rows[row] + out + 2 * x, sum[2 * row],
                         sum[2 * row + 1]);
}

/* All quantities of the columns, or only the mean and the square of one of the
 * pictures. */
static inline SIMD_INLINE void vif_vertical_as(VifKind kind, const VifWork *k,
                                               const char *const slot[],
                                               VifColumns c)
{
    VifTaps copy;
    const VifTaps *taps = vif_keep_taps(&k->taps, &copy);
    for (size_t x = c.from; x < c.to; x += 2 * V_LANES) {
        const char *at[VIF_MAX_SLOTS];
        for (unsigned i = 0; i <= vif_pairs(kind.scale); i++)
            at[i] = slot[i] + vif_lane(k, 0, x);
        if (kind.part) {
            vif_vertical_mean(k, kind, taps, at, c.side, x);
            vif_vertical_product(k, kind, taps, at, c.side, x);
            continue;
        }
        vif_vertical_mean(k, kind, taps, at, 0, x);
        vif_vertical_mean(k, kind, taps, at, 1, x);
        SIMD_UNROLL
        for (unsigned product = 0; product < 3; product++)
            vif_vertical_product(k, kind, taps, at, product, x);
    }
}

static SIMD_NOINLINE void vif_vertical_all(const VifWork *k,
                                           const char *const slot[],
                                           VifColumns c)
{
    VIF_FOR_KIND(k, false, vif_vertical_as, k, slot, c);
}

static SIMD_NOINLINE void vif_vertical_side(const VifWork *k,
                                            const char *const slot[],
                                            VifColumns c)
{
    VIF_FOR_KIND(k, true, vif_vertical_as, k, slot, c);
}

/* Filter columns of VIF_ROWS rows vertically. */
static void vif_vertical(const VifWork *k, const char *const slot[],
                         VifColumns c, unsigned need)
{
    if (need & VIF_NEED_BOTH) {
        vif_vertical_all(k, slot, c);
        return;
    }
    for (c.side = 0; c.side < 2; c.side++)
        if (need & 1u << c.side)
            vif_vertical_side(k, slot, c);
}

/* Means under the horizontal window, unrounded. `out` gets even and odd
 * columns of the first vector, then of the second. */
static inline SIMD_INLINE void vif_horizontal_mean(const VifWork *k,
                                                   unsigned scale,
                                                   const VifTaps *taps,
                                                   const char *a,
                                                   VifMoments out[4])
{
    vint sum[8];
    vif_begin_sums(sum, 8, VIF_SIGN);
    vif_filter_across(sum, taps, scale, a, a + 2 * k->columns);
    for (int i = 0; i < 4; i++) {
        out[i].m[VIF_MU_R] = sum[i];
        out[i].m[VIF_MU_D] = sum[4 + i];
    }
}

static inline SIMD_INLINE void vif_horizontal_mean_of(unsigned scale,
                                                      const VifTaps *taps,
                                                      const char *a, vint out[])
{
    vint sum[4];
    vif_begin_sums(sum, 4, VIF_SIGN);
    vif_filter_one_across(sum, taps, scale, a);
    for (int i = 0; i < 4; i++)
        out[i * VIF_MOMENTS] = sum[i];
}

/* Products, (sum + 32768) >> 16, from their halves as in the vertical pass;
 * `a` is where the high ones lie. */
static inline SIMD_INLINE void vif_horizontal_product(const VifWork *k,
                                                      unsigned scale,
                                                      const VifTaps *taps,
                                                      const char *a, vint out[])
{
    vint sum[8];
    vif_begin_sums(sum, 4, VIF_SIGN);
    vif_begin_sums(sum + 4, 4, VIF_SIGN + 32768);
    vif_filter_across(sum, taps, scale, a, a + 2 * k->columns);
    for (int i = 0; i < 4; i++)
        out[i * VIF_MOMENTS] = v_add32(sum[i], v_shr32(sum[4 + i], 16));
}

static inline SIMD_INLINE void vif_horizontal_as(VifKind kind, const VifWork *k,
                                                 const char *row, VifColumns c)
{
    VifTaps copy;
    const VifTaps *taps = vif_keep_taps(&k->taps, &copy);
    VifMoments *out = k->block->moments;
    for (size_t x = c.from; x < c.to; x += VIF_COLUMN_STEP, out += 4) {
        const char *a = row + 2 * x;
        if (kind.part) {
            vif_horizontal_mean_of(kind.scale, taps,
                                   a + c.side * 2 * k->columns,
                                   &out->m[VIF_MU_R + c.side]);
            a += (1 + c.side) * 4 * k->columns;
            vif_horizontal_product(k, kind.scale, taps, a,
                                   &out->m[VIF_RR + c.side]);
            continue;
        }
        vif_horizontal_mean(k, kind.scale, taps, a, out);
        for (int product = 0; product < 3; product++) {
            a += 4 * k->columns;
            vif_horizontal_product(k, kind.scale, taps, a,
                                   &out->m[VIF_RR + product]);
        }
    }
}

static SIMD_NOINLINE void vif_horizontal_all(const VifWork *k, const char *row,
                                             VifColumns c)
{
    VIF_FOR_KIND(k, false, vif_horizontal_as, k, row, c);
}

static SIMD_NOINLINE void vif_horizontal_side(const VifWork *k, const char *row,
                                              VifColumns c)
{
    VIF_FOR_KIND(k, true, vif_horizontal_as, k, row, c);
}

/* Moments of columns of a filtered row; returns their number of vectors.
 * Columns past the strip's end become flat: they add nothing. */
static unsigned vif_horizontal(const VifWork *k, const char *row, VifColumns c,
                               unsigned need)
{
    if (need == VIF_NEED_ALL) {
        vif_horizontal_all(k, row, c);
    } else {
        c.side = need == VIF_NEED_DIST;
        vif_horizontal_side(k, row, c);
    }
    for (size_t x = k->cnt > c.from ? k->cnt : c.from; x < c.to; x++) {
        size_t vector = (x - c.from) / (2 * V_LANES) * 2 + (x & 1);
        size_t lane = (x - c.from) / 2 % V_LANES;
        for (int i = 0; i < VIF_MOMENTS; i++)
            memset((uint32_t *)&k->block->moments[vector].m[i] + lane, 0, 4);
    }
    return (unsigned)((c.to - c.from) / V_LANES);
}

/* All columns of both pictures, filtered down; `parity` is that of the row
 * under the first tap. Equal blocks are filtered once, two vectors further. */
static inline SIMD_INLINE void vif_decimate_down(VifKind kind, const VifWork *k,
                                                 const char *const slot[],
                                                 unsigned parity,
                                                 const bool equal[])
{
    enum { STEP = 2 * V_LANES };
    const unsigned next = kind.scale + 1;
    const int shift = vif_mean_shift(k, kind);
    char *low[2] = { k->low, k->low + 2 * k->columns };
    vint sum[4];
    for (size_t x = 0; x < k->columns; x += STEP) {
        const bool once = equal[x / VIF_BLOCK];
        size_t a = vif_lane(k, 0, x);
        size_t b = once ? vif_lane(k, 0, x + STEP) : vif_lane(k, 1, x);
        vif_begin_sums(sum, 4, vif_mean_first(k, kind));
        SIMD_UNROLL
        for (unsigned i = 0; i < vif_steps(next); i++) {
            const char *at = slot[i % vif_pairs(next)];
            vif_step_half(sum, k->next_taps.weight[parity][i], at + a, at + b);
        }
        vif_store_mean(low[0] + 2 * x, sum[0], sum[1], shift);
        if (!once) {
            vif_store_mean(low[1] + 2 * x, sum[2], sum[3], shift);
            continue;
        }
        vif_store_mean(low[1] + 2 * x, sum[0], sum[1], shift);
        x += STEP;
        vif_store_mean(low[0] + 2 * x, sum[2], sum[3], shift);
        vif_store_mean(low[1] + 2 * x, sum[2], sum[3], shift);
    }
}

/* The first `cnt` even columns of them, filtered across. */
static inline SIMD_INLINE void vif_decimate_across(unsigned scale,
                                                   const VifWork *k, size_t cnt)
{
    const unsigned next = scale + 1;
    const unsigned skip = VIF_RADIUS(scale) - VIF_RADIUS(next);
    char *low[2] = { k->low, k->low + 2 * k->columns };
    vint sum[4];
    for (size_t x = 0; x < cnt; x += 2 * V_LANES) {
        const char *a = low[0] + 4 * x + 2 * skip;
        const char *b = low[1] + 4 * x + 2 * skip;
        vif_begin_sums(sum, 4, VIF_SIGN + 32768);
        SIMD_UNROLL
        for (unsigned i = 0; i < vif_steps(next); i++) {
            unsigned at = 4 * (i % vif_pairs(next));
            vif_step_half(sum, k->next_taps.weight[0][i], a + at, b + at);
        }
        /* Outputs overwrite inputs that no later step reads. */
        v_store(low[0] + 2 * x,
                v_narrow16(v_shr32(sum[0], 16), v_shr32(sum[1], 16)));
        v_store(low[1] + 2 * x,
                v_narrow16(v_shr32(sum[2], 16), v_shr32(sum[3], 16)));
    }
}

/* One row of the next scale from the rows under its window, whose first one is
 * row `parity` of the first pair. */
static SIMD_NOINLINE void vif_decimate(const VifWork *k,
                                       const char *const slot[],
                                       unsigned parity, unsigned y,
                                       const bool equal[])
{
    const VifScale *s = k->scale;
    size_t cnt = k->cnt / 2;
    switch (s->scale) {
    case 0:
        if (k->bytes)
            vif_decimate_down((VifKind){ 0, true, false }, k, slot, parity,
                              equal);
        else
            vif_decimate_down((VifKind){ 0, false, false }, k, slot, parity,
                              equal);
        vif_decimate_across(0, k, cnt);
        break;
    case 1:
        vif_decimate_down((VifKind){ 1, false, false }, k, slot, parity, equal);
        vif_decimate_across(1, k, cnt);
        break;
    default:
        vif_decimate_down((VifKind){ 2, false, false }, k, slot, parity, equal);
        vif_decimate_across(2, k, cnt);
    }
    ptrdiff_t at = (ptrdiff_t)(y / 2) * s->next_stride + k->begin;
    if (s->next_ref)
        memcpy((char *)s->next_ref + at, k->low, 2 * cnt);
    if (s->next_dist)
        memcpy((char *)s->next_dist + at, k->low + 2 * k->columns, 2 * cnt);
}
