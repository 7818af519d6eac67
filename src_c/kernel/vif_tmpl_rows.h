/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template, part 5: the vertical and horizontal passes over two rows of a
 * strip, and the rows of the next scale.
 *
 * Filtered rows are planes of 16-bit columns: two of means, then high and low
 * half of each filtered product, all as u - 32768.
 */

static const uint32_t VIF_SIGN = 0x80000000u;

static inline void vif_begin_sums(vint sum[], int cnt, uint32_t value)
{
    for (int i = 0; i < cnt; i++)
        sum[i] = v_set32(value);
}

/* First value of a vertical mean: rounding, the bias of the result and, where
 * samples are biased, theirs. */
static inline uint32_t vif_mean_first(const VifWork *k)
{
    int shift = k->mean_shift;
    return (1u << (shift - 1)) - (1u << 15 << shift) +
           (k->bytes ? 0 : VIF_SIGN);
}

static inline void vif_store_mean(const VifWork *k, char *at, vint lo, vint hi)
{
    v_store(at, v_pack16(v_sar32(lo, k->mean_shift),
                         v_sar32(hi, k->mean_shift)));
}

/* Store v + 2^31 in halves; the high half of v is already biased. */
static inline void vif_store_halves(const VifWork *k, char *at, vint lo,
                                    vint hi)
{
    v_unzip16(&lo, &hi);
    v_store(at, hi);
    v_store(at + 2 * k->columns, v_xor(lo, v_set16(0x8000)));
}

static inline void vif_vertical_mean(const VifWork *k, const char *const slot[],
                                     unsigned plane, size_t x)
{
    vint sum[8];
    size_t a = vif_lane(k, plane, x), out = plane * k->columns * 2;
    vif_begin_sums(sum, 8, vif_mean_first(k));
    vif_filter(sum, &k->taps, slot, a, a + 2 * sizeof(vint));
    for (int row = 0; row < 2; row++) {
        char *at = k->rows[row] + out + 2 * x;
        vif_store_mean(k, at, sum[row], sum[2 + row]);
        vif_store_mean(k, at + sizeof(vint), sum[4 + row], sum[6 + row]);
    }
}

/* A product of 8-bit samples: the sum is exact, nothing is rounded. */
static inline void vif_vertical8(const VifWork *k, const char *const slot[],
                                 int product, size_t x)
{
    vint sum[8];
    size_t a = vif_lane(k, 2 + product, x);
    size_t out = (2 + 2 * product) * k->columns * 2;
    vif_begin_sums(sum, 8, 0);
    vif_filter(sum, &k->taps, slot, a, a + 2 * sizeof(vint));
    for (int row = 0; row < 2; row++) {
        char *at = k->rows[row] + out + 2 * x;
        vif_store_halves(k, at, sum[row], sum[2 + row]);
        vif_store_halves(k, at + sizeof(vint), sum[4 + row], sum[6 + row]);
    }
}

/* Other products: (sum f * p + half) >> shift of p = high * 2^shift + low is
 * sum f * high + ((sum f * low + half) >> shift), where neither sum exceeds
 * 65535 * 65536 + 32768 < 2^32. */
static inline void vif_vertical16(const VifWork *k, const char *const slot[],
                                  int product, size_t x)
{
    vint sum[8];
    size_t a = vif_lane(k, 2 + 2 * product, x);
    size_t out = (2 + 2 * product) * k->columns * 2;
    int shift = k->square_shift;
    vif_begin_sums(sum, 4, 0);
    vif_begin_sums(sum + 4, 4, VIF_SIGN + (1u << (shift - 1)));
    vif_filter(sum, &k->taps, slot, a, a + VIF_COLUMN_STEP * 4);
    for (int row = 0; row < 2; row++)
        vif_store_halves(k, k->rows[row] + out + 2 * x,
                         v_add32(sum[row], v_shr32(sum[4 + row], shift)),
                         v_add32(sum[2 + row], v_shr32(sum[6 + row], shift)));
}

/* Filter columns [from, to) of two rows vertically. */
static SIMD_NOINLINE void vif_vertical(const VifWork *k,
                                       const char *const slot[], size_t from,
                                       size_t to)
{
    for (size_t x = from; x < to; x += VIF_COLUMN_STEP) {
        vif_vertical_mean(k, slot, 0, x);
        vif_vertical_mean(k, slot, 1, x);
        for (int product = 0; product < 3; product++) {
            if (k->bytes) {
                vif_vertical8(k, slot, product, x);
            } else {
                vif_vertical16(k, slot, product, x);
                vif_vertical16(k, slot, product, x + 2 * V_LANES);
            }
        }
    }
}

/* Means under the horizontal window, unrounded. `out` gets even and odd
 * columns of the first vector, then of the second. */
static inline void vif_horizontal_mean(const VifWork *k,
                                       const char *const base[], size_t x,
                                       VifMoments out[4])
{
    vint sum[8];
    vif_begin_sums(sum, 8, VIF_SIGN);
    vif_filter(sum, &k->taps, base, 2 * x, 2 * k->columns + 2 * x);
    for (int i = 0; i < 4; i++) {
        out[i].m[VIF_MU_R] = sum[i];
        out[i].m[VIF_MU_D] = sum[4 + i];
    }
}

/* Products, (sum + 32768) >> 16, from their halves as in the vertical pass. */
static inline void vif_horizontal_product(const VifWork *k,
                                          const char *const base[], int product,
                                          size_t x, VifMoments out[4])
{
    vint sum[8];
    size_t a = (2 + 2 * product) * k->columns * 2 + 2 * x;
    vif_begin_sums(sum, 4, VIF_SIGN);
    vif_begin_sums(sum + 4, 4, VIF_SIGN + 32768);
    vif_filter(sum, &k->taps, base, a, a + 2 * k->columns);
    for (int i = 0; i < 4; i++)
        out[i].m[VIF_RR + product] = v_add32(sum[i], v_shr32(sum[4 + i], 16));
}

/* Moments of columns [from, to) of a filtered row; returns their number of
 * vectors. Columns past the strip's end become flat: they add nothing. */
static SIMD_NOINLINE unsigned vif_horizontal(const VifWork *k, const char *row,
                                             size_t from, size_t to)
{
    const char *base[VIF_MAX_STEPS];
    VifMoments *out = k->block->moments;
    for (unsigned i = 0; i < k->taps.steps; i++)
        base[i] = row + 4 * k->taps.pair[i];
    for (size_t x = from; x < to; x += VIF_COLUMN_STEP, out += 4) {
        vif_horizontal_mean(k, base, x, out);
        for (int product = 0; product < 3; product++)
            vif_horizontal_product(k, base, product, x, out);
    }
    for (size_t x = k->cnt > from ? k->cnt : from; x < to; x++) {
        size_t vector = (x - from) / (2 * V_LANES) * 2 + (x & 1);
        size_t lane = (x - from) / 2 % V_LANES;
        for (int i = 0; i < VIF_MOMENTS; i++)
            memset((uint32_t *)&k->block->moments[vector].m[i] + lane, 0, 4);
    }
    return (unsigned)(out - k->block->moments);
}

/* One row of the next scale from the rows under its window, whose first one is
 * row `parity` of the first pair. */
static void vif_decimate(const VifWork *k, const char *const slot[],
                         unsigned parity, unsigned y)
{
    const VifScale *s = k->scale;
    unsigned shift = k->radius - VIF_RADIUS(s->scale + 1);
    size_t cnt = k->cnt / 2;
    char *low[2] = { k->low, k->low + 2 * k->columns };
    vint sum[4];
    for (size_t x = 0; x < k->columns; x += 2 * V_LANES) {
        vif_begin_sums(sum, 4, vif_mean_first(k));
        vif_filter_half(sum, &k->next_taps, parity, slot, vif_lane(k, 0, x),
                        vif_lane(k, 1, x));
        vif_store_mean(k, low[0] + 2 * x, sum[0], sum[1]);
        vif_store_mean(k, low[1] + 2 * x, sum[2], sum[3]);
    }
    const char *base[VIF_MAX_STEPS];
    for (unsigned i = 0; i < k->next_taps.steps; i++)
        base[i] = k->low + 2 * shift + 4 * k->next_taps.pair[i];
    for (size_t x = 0; x < cnt; x += 2 * V_LANES) {
        vif_begin_sums(sum, 4, VIF_SIGN + 32768);
        vif_filter_half(sum, &k->next_taps, 0, base, 4 * x,
                        2 * k->columns + 4 * x);
        /* Outputs overwrite inputs that no later step reads. */
        v_store(low[0] + 2 * x, v_narrow16(v_shr32(sum[0], 16),
                                           v_shr32(sum[1], 16)));
        v_store(low[1] + 2 * x, v_narrow16(v_shr32(sum[2], 16),
                                           v_shr32(sum[3], 16)));
    }
    ptrdiff_t at = (ptrdiff_t)(y / 2) * s->next_stride + k->begin;
    if (s->next_ref)
        memcpy((char *)s->next_ref + at, low[0], 2 * cnt);
    if (s->next_dist)
        memcpy((char *)s->next_dist + at, low[1], 2 * cnt);
}
