/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template, part 1: one filter for every direction and quantity.
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

/* Steps of a filter: pairs of taps, and where the pair lies. */
enum { VIF_MAX_STEPS = 9 };

typedef struct VifTaps {
    unsigned steps, pair[VIF_MAX_STEPS];
    vint weight[2][VIF_MAX_STEPS]; /* for the even and the odd output */
} VifTaps;

static void vif_set_step(VifTaps *taps, unsigned pair, const uint16_t even[2],
                         const uint16_t odd[2])
{
    unsigned k = taps->steps++;
    taps->pair[k] = pair;
    taps->weight[0][k] = v_set32(even[0] | (uint32_t)even[1] << 16);
    taps->weight[1][k] = v_set32(odd[0] | (uint32_t)odd[1] << 16);
}

static void vif_set_taps(VifTaps *taps, unsigned scale)
{
    unsigned radius = VIF_RADIUS(scale), n = 2 * radius + 1;
    uint16_t f[VIF_MAX_TAPS + 2] = { 0 }; /* f[0] and what follows are 0 */
    memcpy(f + 1, vif_taps[scale], n * sizeof(*f));
    taps->steps = 0;
    /* The centre tap of scale 3 is no signed 16-bit number: use half twice. */
    bool twice = f[1 + radius] > INT16_MAX;
    uint16_t half = twice ? f[1 + radius] / 2 : 0;
    f[1 + radius] -= half;
    for (unsigned k = 0; k <= radius; k++)
        vif_set_step(taps, k, f + 1 + 2 * k, f + 2 * k);
    if (twice) {
        const uint16_t none[2] = { 0, 0 }, high[2] = { 0, half },
                       low[2] = { half, 0 };
        vif_set_step(taps, 0, high, none); /* radius 1: even centre in pair 0 */
        vif_set_step(taps, 1, none, low);
    }
}

/* Step k of the sums below. */
static inline void vif_step(vint sum[8], const VifTaps *taps, unsigned k,
                            const char *at, size_t a, size_t b)
{
    vint even = taps->weight[0][k], odd = taps->weight[1][k];
    vint x0 = v_load(at + a), x1 = v_load(at + a + sizeof(vint));
    vint x2 = v_load(at + b), x3 = v_load(at + b + sizeof(vint));
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

/* Eight sums: the even and odd outputs of the two vectors at `a` and the two
 * at `b`, offsets from each step's base. */
static inline void vif_filter(vint sum[8], const VifTaps *taps,
                              const char *const base[], size_t a, size_t b)
{
    if (taps->steps == VIF_MAX_STEPS) { /* scale 0, most of the work */
#pragma GCC unroll 9
        for (unsigned k = 0; k < VIF_MAX_STEPS; k++)
            vif_step(sum, taps, k, base[k], a, b);
    } else {
        for (unsigned k = 0; k < taps->steps; k++)
            vif_step(sum, taps, k, base[k], a, b);
    }
}

/* Only the outputs of one parity. */
static inline void vif_filter_half(vint sum[4], const VifTaps *taps,
                                   unsigned parity, const char *const base[],
                                   size_t a, size_t b)
{
    for (unsigned k = 0; k < taps->steps; k++) {
        const char *at = base[k];
        vint weight = taps->weight[parity][k];
        sum[0] = v_dot16(sum[0], v_load(at + a), weight);
        sum[1] = v_dot16(sum[1], v_load(at + a + sizeof(vint)), weight);
        sum[2] = v_dot16(sum[2], v_load(at + b), weight);
        sum[3] = v_dot16(sum[3], v_load(at + b + sizeof(vint)), weight);
    }
}
