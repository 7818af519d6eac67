/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template: what a block of columns needs, from what its samples
 * have in common.
 *
 * Nothing arrives from a sample whose reference is flat. Samples that span less
 * than 2^(n - 7) of n bits (1 of 8) have a variance below 1 by Popoviciu, and
 * the rounding of the vertical mean, half a unit of 16 bits, adds less than 1
 * to it: below 2, the noise floor. Such a sample counts its distorted variance,
 * which is 0 where the distorted samples are all the same: then every sum of
 * taps is exact, and so is the difference of the two squares.
 *
 * Where both pictures are equal all moments are those of the reference, and
 * vif_add_equal() says what follows.
 */

/* Sets of filtered quantities: mean and square of either picture, and their
 * product, which needs both means. Lanes other than the first find those of the
 * reference made. */
enum {
    VIF_NEEDS = 3, /* sets, a bit each */
    VIF_NEED_REF = 1,
    VIF_NEED_DIST = 2,
    VIF_NEED_BOTH = 4,
    VIF_NEED_OTHER = VIF_NEED_DIST | VIF_NEED_BOTH,
    VIF_NEED_ALL = VIF_NEED_REF | VIF_NEED_OTHER
};

enum { VIF_BLOCK = VIF_BLOCK_VECTORS * V_LANES };

/* What is known of the samples under a block of columns: the range of the
 * reference where it is flat, that of the distorted ones where it is a single
 * value; else ranges are as wide as can be. */
typedef struct VifFacts {
    int16_t low[2], high[2];
    bool equal;
} VifFacts;

static const VifFacts vif_no_facts = { { INT16_MIN, INT16_MIN },
                                       { INT16_MAX, INT16_MAX },
                                       false };

/* The same in the lanes of vectors, while samples come in. */
typedef struct VifSpan {
    vint low[2], high[2], differs;
} VifSpan;

static inline VifSpan vif_span_begin(void)
{
    const vint low = v_set16(0x8000), high = v_set16(0x7fff);
    return (VifSpan){ { high, high }, { low, low }, v_set32(0) };
}

static inline void vif_span_add(VifSpan *s, vint ref, vint dist)
{
    s->low[0] = v_min16(s->low[0], ref);
    s->high[0] = v_max16(s->high[0], ref);
    s->low[1] = v_min16(s->low[1], dist);
    s->high[1] = v_max16(s->high[1], dist);
    s->differs = v_or(s->differs, v_xor(ref, dist));
}

/* The least lane of each 128 bits in all of them, or the greatest. */
static inline vint vif_fold(vint a, bool greatest)
{
    for (int i = 0; i < 3; i++) {
        vint lo = v_zip16lo(a, a), hi = v_zip16hi(a, a);
        a = greatest ? v_max16(lo, hi) : v_min16(lo, hi);
    }
    return a;
}

static inline void vif_span_range(const VifSpan *s, int side, VifFacts *facts)
{
    int16_t low[2 * V_LANES], high[2 * V_LANES];
    v_store(low, vif_fold(s->low[side], false));
    v_store(high, vif_fold(s->high[side], true));
    facts->low[side] = low[0];
    facts->high[side] = high[0];
    for (int i = 8; i < 2 * V_LANES; i += 8) {
        if (low[i] < facts->low[side])
            facts->low[side] = low[i];
        if (high[i] > facts->high[side])
            facts->high[side] = high[i];
    }
}

/* `flat` is the highest difference of a flat reference's samples, 2^n - 1. */
static inline VifFacts vif_span_facts(const VifSpan *s, uint16_t flat)
{
    VifFacts facts = vif_no_facts;
    vint range = v_sub16(s->high[0], s->low[0]);
    facts.equal = !v_any_bits(s->differs);
    if (!v_any_bits(v_clear(range, v_set16(flat))))
        vif_span_range(s, 0, &facts);
    if (!v_any_bits(v_xor(s->high[1], s->low[1])))
        vif_span_range(s, 1, &facts);
    return facts;
}

static inline VifFacts vif_facts_of_both(VifFacts a, VifFacts b)
{
    a.equal = a.equal && b.equal;
    for (int i = 0; i < 2; i++) {
        a.low[i] = a.low[i] < b.low[i] ? a.low[i] : b.low[i];
        a.high[i] = a.high[i] > b.high[i] ? a.high[i] : b.high[i];
    }
    return a;
}

static inline unsigned vif_need(VifFacts facts, uint16_t flat)
{
    if (facts.high[0] - facts.low[0] <= flat)
        return facts.low[1] == facts.high[1] ? 0 : VIF_NEED_DIST;
    return facts.equal ? VIF_NEED_REF : VIF_NEED_ALL;
}
