/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template: the vertical and horizontal passes over four rows of a
 * strip, and the rows of the next scale.
 *
 * Filtered rows are planes of 16-bit columns, all as u - 32768: the mean of the
 * reference, high and low half of its filtered square, the same of the distorted
 * picture, and the halves of the filtered product.
 */

static const uint32_t VIF_SIGN = 0x80000000u;

/* Ahead of the loop over what is filtered down. Two-step multiply-adds make its
 * code so long that processors cannot keep it decoded when it is unrolled. */
#if V_REGISTERS < 32
#define VIF_UNROLL
#else
#define VIF_UNROLL SIMD_UNROLL
#endif

/* What the loops over columns are compiled for; `need` says which quantities. */
typedef struct VifKind {
    unsigned scale;
    bool bytes;
    unsigned need;
} VifKind;

/* Calls function(kind, ...) where the kind is a constant. Only filters down
 * care whether samples of scale 0 are bytes. */
#define VIF_FOR_SCALE(work, need, function, ...)                               \
    switch ((work)->scale->scale) {                                            \
    case 0:                                                                    \
        if ((work)->bytes)                                                     \
            function((VifKind){ 0, true, need }, __VA_ARGS__);                 \
        else                                                                   \
            function((VifKind){ 0, false, need }, __VA_ARGS__);                \
        break;                                                                 \
    case 1: function((VifKind){ 1, false, need }, __VA_ARGS__); break;         \
    case 2: function((VifKind){ 2, false, need }, __VA_ARGS__); break;         \
    default: function((VifKind){ 3, false, need }, __VA_ARGS__);               \
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

/* Where filtered columns go: so far from the beginnings of their rows. */
typedef struct VifTo {
    char *const *rows;
    size_t at;
} VifTo;

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
                                                 unsigned plane, VifTo to)
{
    vint sum[8];
    int shift = vif_mean_shift(k, kind);
    vif_begin_sums(sum, 8, vif_mean_first(k, kind));
    vif_filter_down(sum, taps, kind.scale, slot, plane * VIF_PLANE);
    for (int row = 0; row < VIF_ROWS; row++)
        vif_store_mean(to.rows[row] + to.at, sum[2 * row], sum[2 * row + 1],
                       shift);
}

/* A product of samples. Of 8 bits, the sum is exact and nothing is rounded.
 * Else (sum f * p + half) >> shift of p = high * 2^shift + low is
 * sum f * high + ((sum f * low + half) >> shift), where neither sum exceeds
 * 65535 * 65536 + 32768 < 2^32. */
static inline SIMD_INLINE void vif_vertical_product(const VifWork *k,
                                                    VifKind kind,
                                                    const VifTaps *taps,
                                                    const char *const slot[],
                                                    unsigned plane, VifTo to)
{
    vint sum[8];
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
        vif_store_halves(k, to.rows[row] + to.at, sum[2 * row],
                         sum[2 * row + 1]);
}

static inline SIMD_INLINE void vif_vertical_as(VifKind kind, const VifWork *k,
                                               const VifSide *side,
                                               const char *const slot[],
                                               VifColumns c)
{
    const unsigned high = kind.bytes ? 1 : 2; /* planes of a product */
    const size_t row = 2 * k->columns;
    VifTaps copy;
    const VifTaps *taps = vif_keep_taps(&k->taps, &copy);
    for (size_t x = c.from; x < c.to; x += 2 * V_LANES) {
        const char *at[VIF_MAX_SLOTS];
        for (unsigned i = 0; i <= vif_pairs(kind.scale); i++)
            at[i] = slot[i] + vif_lane(side->planes, 0, x);
        VIF_UNROLL
        for (unsigned i = 0; i < VIF_NEEDS; i++) {
            unsigned plane = i * (1 + high);
            VifTo to = { side->rows, i * VIF_DIST_ROW * row + 2 * x };
            if (!(kind.need & 1u << i))
                continue;
            if (i < 2) {
                vif_vertical_mean(k, kind, taps, at, plane++, to);
                to.at += row;
            }
            vif_vertical_product(k, kind, taps, at, plane, to);
        }
    }
}

/* The loops of each need, besides none. */
#define VIF_FOR_NEED(work, need, function, ...)                                \
    switch (need) {                                                            \
    case VIF_NEED_ALL: function##_all(work, __VA_ARGS__); break;               \
    case VIF_NEED_OTHER: function##_other(work, __VA_ARGS__); break;           \
    case VIF_NEED_REF: function##_ref(work, __VA_ARGS__); break;               \
    case VIF_NEED_DIST: function##_dist(work, __VA_ARGS__); break;             \
    default:;                                                                  \
    }

#define VIF_VERTICAL(name, need)                                               \
    static SIMD_NOINLINE void name(const VifWork *k, const VifSide *side,      \
                                   const char *const slot[], VifColumns c)     \
    {                                                                          \
        VIF_FOR_SCALE(k, need, vif_vertical_as, k, side, slot, c);             \
    }

VIF_VERTICAL(vif_vertical_all, VIF_NEED_ALL)
VIF_VERTICAL(vif_vertical_other, VIF_NEED_OTHER)
VIF_VERTICAL(vif_vertical_ref, VIF_NEED_REF)
VIF_VERTICAL(vif_vertical_dist, VIF_NEED_DIST)

/* The `cnt` slots from pair `first` on. */
static void vif_slots(const VifWork *k, const VifSide *side, const char *slot[],
                      unsigned first, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i++)
        slot[i] = side->ring + (first + i) % k->slots * side->slot_size;
}

/* Filter columns of VIF_ROWS rows vertically. */
static void vif_vertical(const VifWork *k, const VifSide *side,
                         const char *const slot[], VifColumns c, unsigned need)
{
    if (need & VIF_NEED_BOTH) {
        VIF_FOR_NEED(k, need, vif_vertical, side, slot, c);
        return;
    }
    VIF_FOR_NEED(k, need & VIF_NEED_REF, vif_vertical, side, slot, c);
    VIF_FOR_NEED(k, need & VIF_NEED_DIST, vif_vertical, side, slot, c);
}

/* Means under the horizontal window, unrounded. `out` gets even and odd
 * columns of the first vector, then of the second. */
static inline SIMD_INLINE void vif_horizontal_means(const VifWork *k,
                                                    unsigned scale,
                                                    const VifTaps *taps,
                                                    const char *a,
                                                    VifMoments out[4])
{
    vint sum[8];
    vif_begin_sums(sum, 8, VIF_SIGN);
    vif_filter_across(sum, taps, scale, a, a + VIF_DIST_ROW * 2 * k->columns);
    for (int i = 0; i < 4; i++) {
        out[i].m[VIF_MU_R] = sum[i];
        out[i].m[VIF_MU_D] = sum[4 + i];
    }
}

static inline SIMD_INLINE void vif_horizontal_mean(unsigned scale,
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
    const size_t plane = 2 * k->columns;
    VifTaps copy;
    const VifTaps *taps = vif_keep_taps(&k->taps, &copy);
    VifMoments *out = k->block->moments;
    for (size_t x = c.from; x < c.to; x += VIF_COLUMN_STEP, out += 4) {
        const char *ref = row + 2 * x, *dist = ref + VIF_DIST_ROW * plane;
        if (kind.need == VIF_NEED_ALL)
            vif_horizontal_means(k, kind.scale, taps, ref, out);
        else if (kind.need & VIF_NEED_REF)
            vif_horizontal_mean(kind.scale, taps, ref, &out->m[VIF_MU_R]);
        else
            vif_horizontal_mean(kind.scale, taps, dist, &out->m[VIF_MU_D]);
        /* A set's product follows its mean, where it has one. */
        for (unsigned i = 0; i < VIF_NEEDS; i++) {
            const unsigned after = i < 2;
            if (kind.need & 1u << i)
                vif_horizontal_product(k, kind.scale, taps,
                                       ref + (i * VIF_DIST_ROW + after) * plane,
                                       &out->m[i * VIF_MU_D + after]);
        }
    }
}

#define VIF_HORIZONTAL(name, need)                                             \
    static SIMD_NOINLINE void name(const VifWork *k, const char *row,          \
                                   VifColumns c)                               \
    {                                                                          \
        VIF_FOR_SCALE(k, need, vif_horizontal_as, k, row, c);                  \
    }

VIF_HORIZONTAL(vif_horizontal_all, VIF_NEED_ALL)
VIF_HORIZONTAL(vif_horizontal_other, VIF_NEED_OTHER)
VIF_HORIZONTAL(vif_horizontal_ref, VIF_NEED_REF)
VIF_HORIZONTAL(vif_horizontal_dist, VIF_NEED_DIST)

/* Moments of columns of a filtered row; returns their number of vectors.
 * Columns past the strip's end become flat: they add nothing. */
static unsigned vif_horizontal(const VifWork *k, const char *row, VifColumns c,
                               unsigned need)
{
    VIF_FOR_NEED(k, need, vif_horizontal, row, c);
    for (size_t x = k->cnt > c.from ? k->cnt : c.from; x < c.to; x++) {
        size_t vector = (x - c.from) / (2 * V_LANES) * 2 + (x & 1);
        size_t lane = (x - c.from) / 2 % V_LANES;
        for (int i = 0; i < VIF_MOMENTS; i++)
            memset((uint32_t *)&k->block->moments[vector].m[i] + lane, 0, 4);
    }
    return (unsigned)((c.to - c.from) / V_LANES);
}

/* Two pictures to decimate. */
typedef struct VifTwo {
    const VifPicture *pic[2];
    const VifSide *side[2]; /* in whose slots they are, as which plane */
    unsigned plane[2];
    const char *slot[2][VIF_MAX_STEPS];
    bool equal[VIF_MAX_BLOCKS]; /* blocks */
} VifTwo;

/* All columns of both, filtered down; `parity` is that of the row under the
 * first tap. Equal blocks are filtered once, two vectors further. In the
 * slots of one lane, they need one set of addresses. */
static inline SIMD_INLINE void vif_decimate_down(VifKind kind, const VifWork *k,
                                                 const VifTwo *two,
                                                 unsigned parity, bool one)
{
    enum { STEP = 2 * V_LANES };
    const unsigned next = kind.scale + 1;
    const int shift = vif_mean_shift(k, kind);
    const unsigned planes = two->side[0]->planes;
    char *low[2] = { k->low, k->low + 2 * k->columns };
    vint sum[4];
    for (size_t x = 0; x < k->columns; x += STEP) {
        const bool once = two->equal[x / VIF_BLOCK];
        const char *const *other = two->slot[!one && !once];
        size_t a = vif_lane(planes, two->plane[0], x);
        size_t b = once ? vif_lane(planes, two->plane[0], x + STEP)
                        : vif_lane(planes, two->plane[1], x);
        vif_begin_sums(sum, 4, vif_mean_first(k, kind));
        SIMD_UNROLL
        for (unsigned i = 0; i < vif_steps(next); i++) {
            const unsigned at = i % vif_pairs(next);
            vif_step_half(sum, k->next_taps.weight[parity][i],
                          two->slot[0][at] + a, other[at] + b);
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

/* The even columns of them, filtered across. */
static inline SIMD_INLINE void vif_decimate_across(unsigned scale,
                                                   const VifWork *k)
{
    const unsigned next = scale + 1;
    const unsigned skip = VIF_RADIUS(scale) - VIF_RADIUS(next);
    const size_t cnt = k->cnt / 2;
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

static inline SIMD_INLINE void vif_decimate_as(VifKind kind, const VifWork *k,
                                               const VifTwo *two,
                                               unsigned parity)
{
    if (two->side[0] == two->side[1])
        vif_decimate_down(kind, k, two, parity, true);
    else
        vif_decimate_down(kind, k, two, parity, false);
    vif_decimate_across(kind.scale, k);
}

/* A row y/2 of the next scale of both, from the rows under its window, whose
 * first one is row `parity` of the first pair. */
static SIMD_NOINLINE void vif_decimate(const VifWork *k, const VifTwo *two,
                                       unsigned parity, unsigned y)
{
    const VifScale *s = k->scale;
    switch (s->scale) {
    case 0:
        if (k->bytes)
            vif_decimate_as((VifKind){ 0, true, 0 }, k, two, parity);
        else
            vif_decimate_as((VifKind){ 0, false, 0 }, k, two, parity);
        break;
    case 1: vif_decimate_as((VifKind){ 1, false, 0 }, k, two, parity); break;
    default: vif_decimate_as((VifKind){ 2, false, 0 }, k, two, parity);
    }
    ptrdiff_t at = (ptrdiff_t)(y / 2) * s->next_stride + k->begin;
    for (unsigned i = 0; i < 2; i++) {
        if (two->pic[i]->next)
            memcpy((char *)two->pic[i]->next + at, k->low + i * 2 * k->columns,
                   k->cnt / 2 * 2);
    }
}
