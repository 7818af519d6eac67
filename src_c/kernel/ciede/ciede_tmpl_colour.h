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
    float fifth[3][CIEDE_BLOCK], third[3][CIEDE_BLOCK]; /* powers, nearly */
    double stretched[2][CIEDE_BLOCK], squares[2][CIEDE_BLOCK];
    double ratio[2][CIEDE_BLOCK], base[2][CIEDE_BLOCK];
    float c[2][CIEDE_BLOCK], hue[2][CIEDE_BLOCK];
    float middle[CIEDE_BLOCK], mean_chroma[CIEDE_BLOCK], mean_c[CIEDE_BLOCK];
    float product[CIEDE_BLOCK]; /* of both sides' c */
    float turn[CIEDE_BLOCK], mean_h[CIEDE_BLOCK], delta_h[CIEDE_BLOCK];
    float part_l[CIEDE_BLOCK], part_c[CIEDE_BLOCK], part_h[CIEDE_BLOCK];
    float share[CIEDE_BLOCK], rotation[CIEDE_BLOCK];
    bool has_rotation;                /* some pixel has */
    uint64_t again[CIEDE_BLOCK / 64]; /* pixels with a value that was near */
} CiedeBlock;

enum { CIEDE_HALF = V_LANES / 2, CIEDE_STEP = CIEDE_CHAINS * CIEDE_HALF };

/* A value was near in a lane of one of the CIEDE_STEP pixels from i on: all
 * chains' pixels of that lane are done again. */
static inline void ciede_note(CiedeBlock *k, unsigned i, vtests far)
{
    uint64_t chains = 0;
    CIEDE_EACH chains |= 1ull << j * CIEDE_HALF;
    k->again[i / 64] |= v_failed(far) * chains << i % 64;
}

static inline void ciede_get(vdbl x[CIEDE_CHAINS], const double *p)
{
    CIEDE_EACH x[j] = v_get_f64(p + j * CIEDE_HALF);
}

static inline void ciede_put(double *p, const vdbl x[CIEDE_CHAINS])
{
    CIEDE_EACH v_put_f64(p + j * CIEDE_HALF, x[j]);
}

static inline void ciede_get_f32(vdbl x[CIEDE_CHAINS], const float *p)
{
    CIEDE_EACH x[j] = v_widen_half(v_load_half(p + j * CIEDE_HALF));
}

static inline void ciede_put_f32(float *p, const vdbl x[CIEDE_CHAINS])
{
    CIEDE_EACH v_store_half(p + j * CIEDE_HALF, v_narrow_half(x[j]));
}

/* The least of each lane. */
static inline vdbl ciede_least(const vdbl x[CIEDE_CHAINS])
{
    vdbl least = x[0];
    for (int j = 1; j < CIEDE_CHAINS; j++)
        least = v_min_f64(least, x[j]);
    return least;
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

/* Words' field of ones in `mask`, as doubles above 2^52. */
static inline vdbl ciede_field(vint words, uint64_t mask)
{
    const vint above = v_bits_f64(v_set_f64(0x1p52));
    return v_of_bits_f64(v_and_or(words, v_set64(mask), above));
}

/* Linear combinations of samples that are no colours yet, as doubles: the
 * definition's within 2^-51.7, as the last products are not rounded here. Fields
 * are taken where they are, so chroma is as many times too large. */
static inline void ciede_unpack(CiedeBlock *k, const CiedeLayout *f,
                                const uint32_t *const word[2], unsigned cnt)
{
    const double scale = (double)(1u << (f->bpc - 8));
    const double cb = (double)(1u << f->cb), cr = (double)(1u << f->cr);
    const vdbl luma_zero = v_set_f64(0x1p52 + 16. * scale);
    const vdbl u_zero = v_set_f64(0x1p52 + 128. * scale * cb);
    const vdbl v_zero = v_set_f64(0x1p52 + 128. * scale * cr);
    const vdbl luma_step = v_set_f64(1. / (219. * scale));
    const vdbl u_step = v_set_f64(1. / (224. * scale) / cb);
    const vdbl v_step = v_set_f64(1. / (224. * scale) / cr);
    const uint64_t mask = f->mask;
    for (unsigned i = 0; i < cnt; i += CIEDE_HALF) {
        const vint w = v_load32_64(word[0] + i);
        const vint last = f->words == 2 ? v_load32_64(word[1] + i) : w;
        const vdbl yy = v_sub_f64(ciede_field(w, mask), luma_zero);
        const vdbl uu = v_sub_f64(ciede_field(w, mask << f->cb), u_zero);
        const vdbl vv = v_sub_f64(ciede_field(last, mask << f->cr), v_zero);
        const vdbl l = v_mul_f64(yy, luma_step);
        const vdbl u = v_mul_f64(uu, u_step), v = v_mul_f64(vv, v_step);
        const vdbl g = v_fnma_f64(v_set_f64(0.21482), u, l);
        v_put_f64(k->rgb[0] + i, v_fma_f64(v_set_f64(1.28033), v, l));
        v_put_f64(k->rgb[1] + i, v_fnma_f64(v_set_f64(0.38059), v, g));
        v_put_f64(k->rgb[2] + i, v_fma_f64(v_set_f64(2.12798), u, l));
    }
}

/* Guesses of x^(-1/5), where x is what the signal is the power 1 / 2.4 of. */
static inline void ciede_take_fifths(float *fifth, const double *rgb,
                                     unsigned cnt)
{
    const vflt scale = v_set_f32(1.f / 1.055f);
    const vflt offset = v_set_f32(0.055f / 1.055f);
    for (unsigned i = 0; i < cnt; i += 2 * CIEDE_STEP) {
        vflt x[CIEDE_CHAINS], y[CIEDE_CHAINS];
        CIEDE_EACH x[j] =
            v_fma_f32(ciede_upper(rgb + i + j * V_LANES), scale, offset);
        ciede_fifth(y, x);
        CIEDE_EACH v_store_f32(fifth + i + j * V_LANES, y[j]);
    }
}

/* Light from the nonlinear signal, within 2^-46.5 of that of `rgb`; below the
 * threshold by a line. What is so near to it that the definition may be on the
 * other side is near. */
static inline void ciede_linearise(CiedeBlock *k, unsigned plane, unsigned cnt)
{
    const vdbl slope = v_set_f64(1. / 12.92), from = v_set_f64(10. / 255.);
    double *rgb = k->rgb[plane];
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl c[CIEDE_CHAINS], x[CIEDE_CHAINS], y[CIEDE_CHAINS];
        ciede_get(c, rgb + i);
        ciede_get_f32(y, k->fifth[plane] + i);
        ciede_line(x, c, 1. / 1.055, 0.055 / 1.055);
        ciede_power24(x, y);
        if (v_any_f64(v_lt_f64(ciede_least(c), v_set_f64(10.001 / 255.)))) {
            vtests far = v_begin_tests();
            CIEDE_EACH
            {
                const vdbl apart = v_abs_f64(v_sub_f64(c[j], from));
                ciede_only(&far, v_lt_f64(v_set_f64(0x1p-50), apart));
                x[j] = v_pick_f64(v_lt_f64(from, c[j]), x[j],
                                  v_mul_f64(c[j], slope));
            }
            ciede_note(k, i, far);
        }
        ciede_put(rgb + i, x);
    }
}

/* X, Y and Z relative to white. Light is within 2^-45.7, from 0.14 up within
 * 2^-46.3. Below zero it is above -0.062, -0.032 and -0.1, so X, Y and Z are sums
 * of parts that are at most eleven times as large where they exceed the threshold
 * below: relative errors grow to 2^-42.8. */
static inline void ciede_to_xyz(CiedeBlock *k, unsigned cnt)
{
    static const double white[3] = { 1. / 0.95047, 1., 1. / 1.08883 };
    vdbl m[3][3];
    for (int i = 0; i < 9; i++)
        m[i / 3][i % 3] = v_set_f64(ciede_matrix[i / 3][i % 3] * white[i / 3]);
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

/* Of roots on the line those below 0.1: their errors are not below 2^-43 of them,
 * but M = 18 will do from 2^-11 up. Nearer to zero any is near. */
static SIMD_NOINLINE vtests ciede_look_low(vtests far,
                                           const vdbl root[CIEDE_CHAINS])
{
    const vdbl one = v_set_f64(1.);
    CIEDE_EACH
    {
        const vdbl size = v_abs_f64(root[j]);
        const vdmask low = v_lt_f64(size, v_set_f64(0.1));
        ciede_near(&far, v_pick_f64(low, root[j], one), 18);
        ciede_only(&far, v_lt_f64(v_set_f64(0x1p-11), size));
    }
    return far;
}

/* Below the threshold a line, with an absolute error below 2^-46.6. */
static inline void ciede_foot(vtests *far, const vdbl x[CIEDE_CHAINS],
                              vdbl least, vdbl root[CIEDE_CHAINS])
{
    const double slope = 24389. / 27. / 116., start = 16. / 116.;
    const vdbl limit = v_set_f64(216. / 24389.);
    vdbl line[CIEDE_CHAINS];
    ciede_line(line, x, slope, start);
    CIEDE_EACH root[j] = v_pick_f64(v_lt_f64(limit, x[j]), root[j], line[j]);
    if (v_any_f64(v_lt_f64(least, v_set_f64((0.1 - start) / slope))))
        *far = ciede_look_low(*far, root);
}

/* Guesses of x^(-1/3). */
static inline void ciede_take_thirds(float *third, const double *xyz,
                                     unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += 2 * CIEDE_STEP) {
        vflt x[CIEDE_CHAINS], y[CIEDE_CHAINS];
        CIEDE_EACH x[j] = ciede_upper(xyz + i + j * V_LANES);
        ciede_third(y, x);
        CIEDE_EACH v_store_f32(third + i + j * V_LANES, y[j]);
    }
}

/* Cube roots of 0.0085 to 8, within 2^-44 and rounded: M = 10. The cube root and
 * the line meet with equal slope, so near the threshold either will do. */
static inline void ciede_take_roots(const CiedeBlock *k, unsigned plane,
                                    unsigned i, vtests *far,
                                    vdbl root[CIEDE_CHAINS])
{
    const vdbl limit = v_set_f64(216. / 24389.);
    vdbl x[CIEDE_CHAINS], y[CIEDE_CHAINS];
    ciede_get(x, k->rgb[plane] + i);
    ciede_get_f32(y, k->third[plane] + i);
    CIEDE_EACH root[j] = x[j];
    ciede_cube_root(root, y);
    const vdbl least = ciede_least(x);
    if (v_any_f64(v_lt_f64(least, limit)))
        ciede_foot(far, x, least, root);
    CIEDE_EACH root[j] = ciede_round(far, root[j], 10);
}

/* factor * (f - g), rounded and stored. The difference has at most 28 bits. */
static inline void ciede_put_axis(float *to, const vdbl f[CIEDE_CHAINS],
                                  const vdbl g[CIEDE_CHAINS], double factor)
{
    vdbl x[CIEDE_CHAINS];
    CIEDE_EACH x[j] = v_sub_f64(f[j], g[j]);
    CIEDE_EACH x[j] = v_mul_f64(x[j], v_set_f64(factor));
    ciede_put_f32(to, x);
}

/* With the roots all is exact but for roundings; 116 f - 16 is one
 * multiply-add. */
static inline void ciede_to_lab(CiedeBlock *k, unsigned side, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl x[CIEDE_CHAINS], y[CIEDE_CHAINS], z[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        ciede_take_roots(k, 0, i, &far, x);
        ciede_take_roots(k, 1, i, &far, y);
        ciede_put_axis(k->a[side] + i, x, y, 500.);
        ciede_take_roots(k, 2, i, &far, z);
        ciede_put_axis(k->b[side] + i, y, z, 200.);
        ciede_line(y, y, 116., -16.);
        ciede_put_f32(k->l[side] + i, y);
        ciede_note(k, i, far);
    }
}

/* hypot(a, b). Where no value was near, the cube roots are multiples of 2^-34,
 * and so are these. */
static inline void ciede_take_chroma(CiedeBlock *k, unsigned side, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl a[CIEDE_CHAINS], b[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        ciede_get_f32(a, k->a[side] + i);
        ciede_get_f32(b, k->b[side] + i);
        CIEDE_EACH a[j] = v_mul_f64(a[j], a[j]);
        CIEDE_EACH a[j] = v_fma_f64(b[j], b[j], a[j]);
        ciede_take_length(&far, a);
        ciede_put_f32(k->chroma[side] + i, a);
        ciede_note(k, i, far);
    }
}

/* Colours of `cnt` pixels, a multiple of 2 CIEDE_STEP, into the block. */
static SIMD_NOINLINE void ciede_colours(CiedeBlock *k, const CiedeLayout *f,
                                        const uint32_t *const word[2],
                                        unsigned side, unsigned cnt)
{
    ciede_unpack(k, f, word, cnt);
    for (unsigned i = 0; i < 3; i++)
        ciede_take_fifths(k->fifth[i], k->rgb[i], cnt);
    for (unsigned i = 0; i < 3; i++)
        ciede_linearise(k, i, cnt);
    ciede_to_xyz(k, cnt);
    for (unsigned i = 0; i < 3; i++)
        ciede_take_thirds(k->third[i], k->rgb[i], cnt);
    ciede_to_lab(k, side, cnt);
    ciede_take_chroma(k, side, cnt);
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
