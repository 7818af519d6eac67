/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template: one filter for every direction and quantity.
 *
 * A 32-bit lane holds two samples that are neighbours in the filter's direction
 * and a dot product takes both at once; sums are exact modulo 2^32. From one
 * pair grid come two outputs: taps (f0 f1) (f2 f3) ... centre one on the even
 * sample, taps (0 f0) (f1 f2) ... on the odd one, so each load serves two.
 *
 * Sixteen-bit operands are signed. Unsigned samples u are stored as u - 32768:
 * taps sum to 65536, so the sum lacks 2^31, which goes into its first value
 * together with the rounding.
 */

/* Steps of a scale's filter: pairs of taps. The scale is known where a filter
 * is compiled, so that each becomes one straight run of multiply-adds. */
enum { VIF_MAX_STEPS = 9, VIF_MAX_SLOTS = VIF_MAX_STEPS + 1 };

typedef struct VifTaps {
    vint weight[2][VIF_MAX_STEPS]; /* for the even and the odd output */
} VifTaps;

/* Pairs under a window; the widest has VIF_MAX_STEPS. */
static inline unsigned vif_pairs(unsigned scale)
{
    return VIF_RADIUS(scale) + 1;
}

/* The centre tap of scale 3 is no signed 16-bit number: its pairs are taken
 * twice, with half of it each time. */
static inline unsigned vif_steps(unsigned scale)
{
    return scale == 3 ? 2 * vif_pairs(scale) : vif_pairs(scale);
}

static void vif_set_step(VifTaps *taps, unsigned k, const uint16_t even[2],
                         const uint16_t odd[2])
{
    taps->weight[0][k] = v_set32(even[0] | (uint32_t)even[1] << 16);
    taps->weight[1][k] = v_set32(odd[0] | (uint32_t)odd[1] << 16);
}

static void vif_set_taps(VifTaps *taps, unsigned scale)
{
    unsigned radius = VIF_RADIUS(scale), n = 2 * radius + 1;
    uint16_t f[VIF_MAX_TAPS + 2] = { 0 }; /* f[0] and what follows are 0 */
    memcpy(f + 1, vif_taps[scale], n * sizeof(*f));
    bool twice = vif_steps(scale) > vif_pairs(scale);
    uint16_t half = twice ? f[1 + radius] / 2 : 0;
    f[1 + radius] -= half;
    for (unsigned k = 0; k <= radius; k++)
        vif_set_step(taps, k, f + 1 + 2 * k, f + 2 * k);
    if (twice) {
        const uint16_t none[2] = { 0, 0 }, high[2] = { 0, half },
                       low[2] = { half, 0 };
        vif_set_step(taps, 2, high, none); /* radius 1: even centre in pair 0 */
        vif_set_step(taps, 3, none, low);
    }
}

/* The taps, where a loop can keep them in registers: its stores may change what
 * lies in memory, but not a copy. */
static inline SIMD_INLINE const VifTaps *vif_keep_taps(const VifTaps *taps,
                                                       VifTaps *copy)
{
    if (V_REGISTERS < 32)
        return taps;
    *copy = *taps;
    return copy;
}

/* One pair of taps on four vectors, the even and the odd outputs of each. */
static inline SIMD_INLINE void vif_step(vint sum[8], const VifTaps *taps,
                                        unsigned k, const char *a,
                                        const char *b)
{
    vint even = taps->weight[0][k], odd = taps->weight[1][k];
    vint x0 = v_load(a), x1 = v_load(a + sizeof(vint));
    vint x2 = v_load(b), x3 = v_load(b + sizeof(vint));
    SIMD_FIX(x0);
    SIMD_FIX(x1);
    SIMD_FIX(x2);
    SIMD_FIX(x3);
    sum[0] = v_dot16(sum[0], x0, even);
    sum[1] = v_dot16(sum[1], x0, odd);
    sum[2] = v_dot16(sum[2], x1, even);
    sum[3] = v_dot16(sum[3], x1, odd);
    sum[4] = v_dot16(sum[4], x2, even);
    sum[5] = v_dot16(sum[5], x2, odd);
    sum[6] = v_dot16(sum[6], x3, even);
    sum[7] = v_dot16(sum[7], x3, odd);
}

/* Only the outputs of one parity. */
static inline SIMD_INLINE void vif_step_half(vint sum[4], vint weight,
                                             const char *a, const char *b)
{
    sum[0] = v_dot16(sum[0], v_load(a), weight);
    sum[1] = v_dot16(sum[1], v_load(a + sizeof(vint)), weight);
    sum[2] = v_dot16(sum[2], v_load(b), weight);
    sum[3] = v_dot16(sum[3], v_load(b + sizeof(vint)), weight);
}

/* One pair of taps on two vectors: the even outputs of both, the odd ones. */
static inline SIMD_INLINE void vif_step_pair(vint sum[4], const VifTaps *taps,
                                             unsigned k, vint x, vint y)
{
    vint even = taps->weight[0][k], odd = taps->weight[1][k];
    sum[0] = v_dot16(sum[0], x, even);
    sum[1] = v_dot16(sum[1], y, even);
    sum[2] = v_dot16(sum[2], x, odd);
    sum[3] = v_dot16(sum[3], y, odd);
}

/* Down the columns, two vectors of them: pairs of rows lie in slots, one more
 * than a window has. Each is used for the window that begins with it and for
 * the one below, so that four rows come out: sums of both vectors of a row,
 * then of the next. */
static inline SIMD_INLINE void vif_filter_down(vint sum[8], const VifTaps *taps,
                                               unsigned scale,
                                               const char *const slot[],
                                               unsigned at)
{
    const unsigned pairs = vif_pairs(scale);
    if (V_REGISTERS < 32)
        SIMD_HIDE(taps);
    SIMD_UNROLL
    for (unsigned i = 0; i <= pairs; i++) {
        vint x = v_load(slot[i] + at), y = v_load(slot[i] + at + sizeof(vint));
        SIMD_FIX(x);
        SIMD_FIX(y);
        SIMD_UNROLL
        for (unsigned k = 0; k < vif_steps(scale); k++) {
            if (k % pairs == i)
                vif_step_pair(sum, taps, k, x, y);
            if (k % pairs + 1 == i)
                vif_step_pair(sum + 4, taps, k, x, y);
        }
    }
}

/* Along one row: even and odd outputs of two vectors. */
static inline SIMD_INLINE void vif_filter_one_across(vint sum[4],
                                                     const VifTaps *taps,
                                                     unsigned scale,
                                                     const char *a)
{
    SIMD_UNROLL
    for (unsigned k = 0; k < vif_steps(scale); k++) {
        const char *at = a + 4 * (k % vif_pairs(scale));
        vint x = v_load(at), y = v_load(at + sizeof(vint));
        sum[0] = v_dot16(sum[0], x, taps->weight[0][k]);
        sum[1] = v_dot16(sum[1], x, taps->weight[1][k]);
        sum[2] = v_dot16(sum[2], y, taps->weight[0][k]);
        sum[3] = v_dot16(sum[3], y, taps->weight[1][k]);
    }
}

/* Along the rows at `a` and `b`, where one pair follows the other. */
static inline SIMD_INLINE void vif_filter_across(vint sum[8],
                                                 const VifTaps *taps,
                                                 unsigned scale, const char *a,
                                                 const char *b)
{
    if (V_REGISTERS < 32)
        SIMD_HIDE(taps);
    SIMD_HIDE(a);
    SIMD_HIDE(b);
    SIMD_UNROLL
    for (unsigned k = 0; k < vif_steps(scale); k++) {
        unsigned at = 4 * (k % vif_pairs(scale));
        vif_step(sum, taps, k, a + at, b + at);
    }
}
