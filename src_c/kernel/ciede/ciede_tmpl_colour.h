/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Samples to Lab, a block of pixels through one short loop after another: as
 * one loop the chain is so long that its latency cannot be hidden.
 */

/* Room for a loop's results between two loops. */
typedef struct CiedeBlock {
    float l[2][CIEDE_BLOCK], a[2][CIEDE_BLOCK]; /* of ref and dist */
    float b[2][CIEDE_BLOCK], chroma[2][CIEDE_BLOCK];
    double rgb[3][CIEDE_BLOCK];
    float root[3][CIEDE_BLOCK];
    float stretched[2][CIEDE_BLOCK], c[2][CIEDE_BLOCK], hue[2][CIEDE_BLOCK];
    float delta_h[CIEDE_BLOCK], mean_h[CIEDE_BLOCK], rotation[CIEDE_BLOCK];
    /* Differences of lightness, chroma and hue, weighted. */
    float lightness[CIEDE_BLOCK], chroma_part[CIEDE_BLOCK];
    float hue_part[CIEDE_BLOCK];
    uint64_t again[CIEDE_BLOCK / 64]; /* pixels with a value that was near */
} CiedeBlock;

enum { CIEDE_HALF = V_LANES / 2 };

/* Of the pixels from i on. */
static inline void ciede_note(CiedeBlock *k, unsigned i, vint far)
{
    k->again[i / 64] |= (uint64_t)v_zeros64(far) << i % 64;
}

/* How pixels lie in words: `bits` wide fields y, cb, cr in the first word; past
 * ten bits cr is in the second. */
typedef struct CiedeLayout {
    unsigned words, cb, cr; /* how many; shifts */
    uint32_t mask;
    unsigned bpc;
} CiedeLayout;

static inline CiedeLayout ciede_layout(unsigned bpc)
{
    CiedeLayout f = { .words = bpc > 10 ? 2 : 1, .bpc = bpc };
    f.cb = f.words == 2 ? 16 : bpc;
    f.cr = f.words == 2 ? 0 : 2 * bpc;
    f.mask = (1u << f.cb) - 1;
    return f;
}

/* Linear combinations of samples that are no colours yet, as doubles. */
static inline void ciede_unpack(CiedeBlock *k, const CiedeLayout *f,
                                const uint32_t *const word[2], unsigned cnt)
{
    const double scale = (double)(1u << (f->bpc - 8));
    const vdbl luma_zero = v_set_f64(16. * scale);
    const vdbl chroma_zero = v_set_f64(128. * scale);
    const vdbl luma_step = v_set_f64(1. / (219. * scale));
    const vdbl chroma_step = v_set_f64(1. / (224. * scale));
    const vint mask = v_set32(f->mask);
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        const vint w = v_load(word[0] + i), last = v_load(word[1] + i);
        const vint y = v_and(w, mask);
        const vint cb = v_and(v_shr32(w, (int)f->cb), mask);
        const vint cr = v_and(v_shr32(last, (int)f->cr), mask);
        SIMD_UNROLL
        for (unsigned half = 0; half < 2; half++) {
            const vdbl yy = half ? v_hi_f64(y) : v_lo_f64(y);
            const vdbl uu = half ? v_hi_f64(cb) : v_lo_f64(cb);
            const vdbl vv = half ? v_hi_f64(cr) : v_lo_f64(cr);
            const vdbl l = v_mul_f64(v_sub_f64(yy, luma_zero), luma_step);
            const vdbl u = v_mul_f64(v_sub_f64(uu, chroma_zero), chroma_step);
            const vdbl v = v_mul_f64(v_sub_f64(vv, chroma_zero), chroma_step);
            const vdbl r = v_add_f64(l, v_mul_f64(v_set_f64(1.28033), v));
            const vdbl g = v_sub_f64(l, v_mul_f64(v_set_f64(0.21482), u));
            const vdbl b = v_add_f64(l, v_mul_f64(v_set_f64(2.12798), u));
            const unsigned at = i + half * CIEDE_HALF;
            v_put_f64(k->rgb[0] + at, r);
            v_put_f64(k->rgb[1] + at,
                      v_sub_f64(g, v_mul_f64(v_set_f64(0.38059), v)));
            v_put_f64(k->rgb[2] + at, b);
        }
    }
}

/* Light from the nonlinear signal; within 2^-49, or as the definition says. */
static inline void ciede_linearise(double *c, unsigned cnt)
{
    const vdbl offset = v_set_f64(0.055), scale = v_set_f64(1. / 1.055);
    const vdbl slope = v_set_f64(1. / 12.92), from = v_set_f64(10. / 255.);
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        const vdbl p = v_get_f64(c + i), q = v_get_f64(c + i + CIEDE_HALF);
        const vdbl x = v_mul_f64(v_add_f64(p, offset), scale);
        const vdbl y = v_mul_f64(v_add_f64(q, offset), scale);
        const vflt fifth = ciede_fifth(v_narrow_f64(x, y));
        const vdbl s = ciede_power24(x, v_widen_lo_f32(fifth));
        const vdbl t = ciede_power24(y, v_widen_hi_f32(fifth));
        v_put_f64(c + i, v_pick_f64(v_lt_f64(from, p), s, v_mul_f64(p, slope)));
        v_put_f64(c + i + CIEDE_HALF,
                  v_pick_f64(v_lt_f64(from, q), t, v_mul_f64(q, slope)));
    }
}

/* X, Y and Z relative to white. Light below zero is above -0.062, -0.032 and
 * -0.1, so X, Y and Z are sums of parts that are at most eleven times as large
 * where they exceed the threshold below: relative errors grow to 2^-45.5. */
static inline void ciede_to_xyz(CiedeBlock *k, unsigned cnt)
{
    static const double white[3] = { 1. / 0.95047, 1., 1. / 1.08883 };
    vdbl m[3][3];
    for (int i = 0; i < 9; i++)
        m[i / 3][i % 3] =
            v_set_f64(ciede_matrix[i / 3][i % 3] * white[i / 3]);
    for (unsigned i = 0; i < cnt; i += CIEDE_HALF) {
        const vdbl r = v_get_f64(k->rgb[0] + i), g = v_get_f64(k->rgb[1] + i);
        const vdbl b = v_get_f64(k->rgb[2] + i);
        SIMD_UNROLL
        for (int j = 0; j < 3; j++) {
            const vdbl rg = v_fma_f64(m[j][1], g, v_mul_f64(m[j][0], r));
            v_put_f64(k->rgb[j] + i, v_fma_f64(m[j][2], b, rg));
        }
    }
}

/* Below the threshold a line, with an absolute error below 2^-49; far below
 * zero that is too much for a bound that is relative. */
static inline vdbl ciede_foot(vint *far, vdbl x, vdbl root)
{
    const vdbl line = v_fma_f64(x, v_set_f64(24389. / 27. / 116.),
                                v_set_f64(16. / 116.));
    const vdbl f = v_pick_f64(v_lt_f64(v_set_f64(216. / 24389.), x), root, line);
    const vdbl small = v_keep_f64(v_lt_f64(v_set_f64(1. / 16.), f),
                                  v_of_bits_f64(ciede_far()));
    *far = v_min32(*far, v_bits_f64(small));
    return f;
}

/* Roots of 0.0085 to 8, rounded: M = 10. The cube root and the line meet with
 * equal slope, so near the threshold either will do. */
static inline void ciede_take_roots(CiedeBlock *k, unsigned plane, unsigned cnt)
{
    const vdbl limit = v_set_f64(216. / 24389.);
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        const double *xyz = k->rgb[plane] + i;
        const vdbl x = v_get_f64(xyz), y = v_get_f64(xyz + CIEDE_HALF);
        const vflt third = ciede_third(v_narrow_f64(x, y));
        vdbl s = ciede_cube_root(x, v_widen_lo_f32(third));
        vdbl t = ciede_cube_root(y, v_widen_hi_f32(third));
        vint far_s = ciede_far(), far_t = far_s;
        if (v_any_f64(v_lt_f64(v_min_f64(x, y), limit))) {
            s = ciede_foot(&far_s, x, s);
            t = ciede_foot(&far_t, y, t);
        }
        ciede_note(k, i, ciede_near(far_s, s, 10));
        ciede_note(k, i + CIEDE_HALF, ciede_near(far_t, t, 10));
        v_store_f32(k->root[plane] + i, v_narrow_f64(s, t));
    }
}

/* All exact but for the rounding to binary32: differences of two roots have at
 * most 28 bits. 116 f - 16 is one multiply-add. */
static inline void ciede_to_lab(CiedeBlock *k, unsigned side, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_HALF) {
        const vdbl x = v_widen_half(v_load_half(k->root[0] + i));
        const vdbl y = v_widen_half(v_load_half(k->root[1] + i));
        const vdbl z = v_widen_half(v_load_half(k->root[2] + i));
        const vhlf a = v_narrow_half(v_mul_f64(v_set_f64(500.),
                                               v_sub_f64(x, y)));
        const vhlf b = v_narrow_half(v_mul_f64(v_set_f64(200.),
                                               v_sub_f64(y, z)));
        const vdbl l = v_fma_f64(v_set_f64(116.), y, v_set_f64(-16.));
        const vdbl wide_a = v_widen_half(a), wide_b = v_widen_half(b);
        const vdbl sum = v_fma_f64(wide_b, wide_b, v_mul_f64(wide_a, wide_a));
        v_store_half(k->l[side] + i, v_narrow_half(l));
        v_store_half(k->a[side] + i, a);
        v_store_half(k->b[side] + i, b);
        v_store_half(k->chroma[side] + i, v_narrow_half(v_sqrt_f64(sum)));
    }
}

/* Colours of `cnt` pixels, a multiple of V_LANES, into the block. */
static SIMD_NOINLINE void ciede_colours(CiedeBlock *k, const CiedeLayout *f,
                                        const uint32_t *const word[2],
                                        unsigned side, unsigned cnt)
{
    ciede_unpack(k, f, word, cnt);
    for (unsigned i = 0; i < 3; i++)
        ciede_linearise(k->rgb[i], cnt);
    ciede_to_xyz(k, cnt);
    for (unsigned i = 0; i < 3; i++)
        ciede_take_roots(k, i, cnt);
    ciede_to_lab(k, side, cnt);
}

/* The same from the rows of chroma pairs. */
static SIMD_NOINLINE void ciede_look_up(CiedeBlock *k,
                                        const CiedeColour *const *pairs,
                                        const uint32_t *word, unsigned side,
                                        unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        const float *at[V_LANES];
        vflt field[4];
        for (unsigned j = 0; j < V_LANES; j++) {
            const uint32_t w = word[i + j];
            at[j] = &pairs[w >> 8][w & 255].l;
        }
        v_load_records(at, field);
        v_store_f32(k->l[side] + i, field[0]);
        v_store_f32(k->a[side] + i, field[1]);
        v_store_f32(k->b[side] + i, field[2]);
        v_store_f32(k->chroma[side] + i, field[3]);
    }
}
