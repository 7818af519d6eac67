/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Two Lab colours to their difference, a block of pixels through one short
 * loop after another; the names are those of ciede_pixel.h. */

/* What both sides' lightness and chroma are in the middle, the lightness less 50,
 * and how far apart the lightness is. */
static SIMD_NOINLINE void ciede_compare(CiedeBlock *k, unsigned cnt)
{
    const vflt half = v_set_f32(0.5f);
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        const vflt l1 = v_load_f32(k->l[0] + i), l2 = v_load_f32(k->l[1] + i);
        const vflt c1 = v_load_f32(k->chroma[0] + i);
        const vflt c2 = v_load_f32(k->chroma[1] + i);
        const vflt mean = v_mul_f32(v_add_f32(l1, l2), half);
        v_store_f32(k->middle + i, v_add_f32(mean, v_set_f32(-50.f)));
        v_store_f32(k->part_l + i, v_sub_f32(l2, l1));
        v_store_f32(k->mean_chroma + i, v_mul_f32(v_add_f32(c1, c2), half));
    }
}

/* 1 - sqrt(q / (q + 25^7)) = 1 - t^7 / sqrt(t^7 + t^14) where t is the mean
 * chroma / 25; below t = 2^-15 it is 1. Within 2^-43.5. */
static inline void ciede_take_gain(const CiedeBlock *k, unsigned i,
                                   vdbl gain[CIEDE_CHAINS])
{
    vdbl t[CIEDE_CHAINS], t2[CIEDE_CHAINS], root[CIEDE_CHAINS];
    ciede_get_f32(t, k->mean_chroma + i);
    CIEDE_EACH t[j] = v_mul_f64(t[j], v_set_f64(1. / 25.));
    CIEDE_EACH t[j] = v_max_f64(t[j], v_set_f64(0x1p-15));
    CIEDE_EACH t2[j] = v_mul_f64(t[j], t[j]);
    CIEDE_EACH t[j] = v_mul_f64(t[j], t2[j]);
    CIEDE_EACH t2[j] = v_mul_f64(t2[j], t2[j]);
    CIEDE_EACH t[j] = v_mul_f64(t[j], t2[j]);
    CIEDE_EACH t2[j] = v_fma_f64(t[j], t[j], t[j]);
    ciede_rsqrt(root, t2);
    CIEDE_EACH gain[j] = v_fnma_f64(t[j], root[j], v_set_f64(1.));
}

/* Both sides' a axis stretched near grey, and the square of the chroma that this
 * gives. Half of the gain's error counts: M = 10. */
static SIMD_NOINLINE void ciede_stretch(CiedeBlock *k, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl gain[CIEDE_CHAINS], a[CIEDE_CHAINS], b[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        ciede_take_gain(k, i, gain);
        CIEDE_EACH gain[j] = v_mul_f64(gain[j], v_set_f64(0.5));
        for (int side = 0; side < 2; side++) {
            ciede_get_f32(a, k->a[side] + i);
            ciede_get_f32(b, k->b[side] + i);
            CIEDE_EACH a[j] = v_fma_f64(a[j], gain[j], a[j]);
            CIEDE_EACH a[j] = ciede_round(&far, a[j], 10);
            ciede_put(k->stretched[side] + i, a);
            CIEDE_EACH a[j] = v_mul_f64(a[j], a[j]);
            CIEDE_EACH a[j] = v_fma_f64(b[j], b[j], a[j]);
            ciede_put(k->squares[side] + i, a);
        }
        ciede_note(k, i, far);
    }
}

/* The angle atan2(b, a), for b > 0, as base + atan(ratio). The ratio is that of
 * the lesser of |a| and |b| to the greater, turned by 45 degrees above
 * tan(pi / 8); its sign and the base mirror the first octant into the others. */
static inline void ciede_take_ratios(CiedeBlock *k, unsigned side,
                                     unsigned begin, unsigned end)
{
    const vdbl tangent = v_set_f64(0.41421356237309503), zero = v_set_f64(0.);
    const vdbl eighth = v_set_f64(CIEDE_PI / 4.), half = v_set_f64(CIEDE_PI);
    const vdbl quarter = v_set_f64(CIEDE_PI / 2.);
    const vint sign = v_set64(0x8000000000000000);
    for (unsigned i = begin; i < end; i += CIEDE_HALF) {
        const vdbl a = v_get_f64(k->stretched[side] + i);
        const vdbl b = v_widen_half(v_load_half(k->b[side] + i));
        const vdbl x = v_abs_f64(a), y = v_abs_f64(b);
        const vint steep = v_bits_f64(v_sub_f64(x, y)); /* sign: |a| < |b| */
        const vdbl least = v_min_f64(x, y);
        /* Without chroma the angle is 0. */
        const vdbl most = v_max_f64(v_max_f64(x, y), v_set_f64(1e-36));
        const vdmask turned = v_lt_f64(v_mul_f64(most, tangent), least);
        const vdbl above = v_pick_f64(turned, v_sub_f64(least, most), least);
        const vdbl below = v_add_f64(most, v_keep_f64(turned, least));
        const vint ratio = v_bits_f64(v_div_f64(above, below));
        const vint flip = v_and(v_xor(steep, v_bits_f64(a)), sign);
        vdbl base = v_pick_sign_f64(steep, quarter, zero);
        base = v_pick_f64(turned, eighth, base);
        base = v_pick_sign_f64(v_bits_f64(a), v_sub_f64(half, base), base);
        v_put_f64(k->ratio[side] + i, v_of_bits_f64(v_xor(ratio, flip)));
        v_put_f64(k->base[side] + i, base);
    }
}

/* atan2 within 2^-44.9: M = 10. And the chroma. The quotients of a step stand
 * beside the arithmetic of the step before. */
static SIMD_NOINLINE void ciede_take_hues(CiedeBlock *k, unsigned side,
                                          unsigned cnt)
{
    const vdbl zero = v_set_f64(0.), whole = v_set_f64(2. * CIEDE_PI);
    ciede_take_ratios(k, side, 0, CIEDE_STEP);
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl angle[CIEDE_CHAINS], base[CIEDE_CHAINS], b[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        if (i + CIEDE_STEP < cnt)
            ciede_take_ratios(k, side, i + CIEDE_STEP, i + 2 * CIEDE_STEP);
        ciede_get(b, k->squares[side] + i);
        ciede_take_length(&far, b);
        ciede_put_f32(k->c[side] + i, b);
        ciede_get(angle, k->ratio[side] + i);
        ciede_get(base, k->base[side] + i);
        ciede_atan(angle);
        CIEDE_EACH angle[j] = v_add_f64(base[j], angle[j]);
        CIEDE_EACH angle[j] = ciede_round(&far, angle[j], 10);
        ciede_get_f32(b, k->b[side] + i);
        CIEDE_EACH angle[j] = v_pick_f64(v_lt_f64(b[j], zero),
                                         v_sub_f64(whole, angle[j]), angle[j]);
        ciede_put_f32(k->hue[side] + i, angle);
        ciede_note(k, i, far);
    }
}

/* The least number of binary32 above pi. */
#define CIEDE_OVER_PI 0x1.921fb6p+1f

/* The way round is the other one: a whole turn nearer to zero. */
static inline vflt ciede_shorter(vflt turn)
{
    const vint sign = v_set64(0x8000000000000000);
    vdbl half[2] = { v_widen_lo_f32(turn), v_widen_hi_f32(turn) };
    for (int j = 0; j < 2; j++) {
        const vint whole = v_or(v_and(v_bits_f64(half[j]), sign),
                                v_bits_f64(v_set_f64(2. * CIEDE_PI)));
        half[j] = v_sub_f64(half[j], v_of_bits_f64(whole));
    }
    return v_narrow_f64(half[0], half[1]);
}

/* Half the sum of two hues and a turn. */
static inline vflt ciede_opposite(vflt sum)
{
    const vdbl turn = v_set_f64(2. * CIEDE_PI), half = v_set_f64(0.5);
    const vdbl lo = v_add_f64(v_widen_lo_f32(sum), turn);
    const vdbl hi = v_add_f64(v_widen_hi_f32(sum), turn);
    return v_narrow_f64(v_mul_f64(lo, half), v_mul_f64(hi, half));
}

/* From hue to hue the short way, and their mean; the same of chroma. */
static SIMD_NOINLINE void ciede_compare_hues(CiedeBlock *k, unsigned cnt)
{
    const vflt over = v_set_f32(CIEDE_OVER_PI), zero = v_set_f32(0.f);
    vflt most = zero;
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        const vflt h1 = v_load_f32(k->hue[0] + i);
        const vflt h2 = v_load_f32(k->hue[1] + i);
        const vflt least = v_min_f32(v_load_f32(k->chroma[0] + i),
                                     v_load_f32(k->chroma[1] + i));
        const vflt sum = v_add_f32(h1, h2);
        vflt turn = v_sub_f32(h2, h1), mean = v_mul_f32(sum, v_set_f32(0.5f));
        const vmask wide = v_ge_f32(v_abs_f32(turn), over);
        if (v_any(wide)) {
            turn = v_pick_f32(wide, ciede_shorter(turn), turn);
            mean = v_pick_f32(wide, ciede_opposite(sum), mean);
        }
        const vflt c1 = v_load_f32(k->c[0] + i), c2 = v_load_f32(k->c[1] + i);
        v_store_f32(k->mean_c + i,
                    v_mul_f32(v_add_f32(c1, c2), v_set_f32(0.5f)));
        v_store_f32(k->product + i, v_mul_f32(c1, c2));
        v_store_f32(k->part_c + i, v_sub_f32(c2, c1));
        most = v_max_f32(most, mean);
        v_store_f32(k->mean_h + i, mean);
        v_store_f32(k->turn + i, v_drop_f32(v_le_f32(least, zero), turn));
    }
    k->has_rotation = v_any(v_ge_f32(most, v_set_f32(2.07f)));
}

/* 2 sqrt(product) sin(turn / 2), within 2^-42.7: M = 11. */
static SIMD_NOINLINE void ciede_take_chords(CiedeBlock *k, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl x[CIEDE_CHAINS], p[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        ciede_get_f32(x, k->turn + i);
        ciede_get_f32(p, k->product + i);
        CIEDE_EACH x[j] = v_mul_f64(x[j], v_set_f64(0.5));
        ciede_sqrt(p);
        ciede_sin(x);
        CIEDE_EACH x[j] = v_mul_f64(v_add_f64(p[j], p[j]), x[j]);
        CIEDE_EACH ciede_near(&far, x[j], 11);
        ciede_put_f32(k->delta_h + i, x);
        ciede_note(k, i, far);
    }
}

/* sin and cos of h, at most 2.5 turns of 180 degrees. */
static inline void ciede_sin_cos(vdbl s[CIEDE_CHAINS], vdbl c[CIEDE_CHAINS],
                                 const vdbl h[CIEDE_CHAINS])
{
    const vint sign = v_set64(0x8000000000000000);
    vdbl q[CIEDE_CHAINS], x[CIEDE_CHAINS], u[CIEDE_CHAINS], u2[CIEDE_CHAINS];
    vint odd[CIEDE_CHAINS], second[CIEDE_CHAINS];
    ciede_line(q, h, 2. / CIEDE_PI, CIEDE_INTEGERS);
    CIEDE_EACH odd[j] = v_shl64(v_bits_f64(q[j]), 63);
    CIEDE_EACH second[j] = v_shl64(v_bits_f64(q[j]), 62);
    CIEDE_EACH q[j] = v_sub_f64(q[j], v_set_f64(CIEDE_INTEGERS));
    CIEDE_EACH x[j] = v_fnma_f64(q[j], v_set_f64(CIEDE_PI / 2.), h[j]);
    CIEDE_EACH u[j] = v_mul_f64(x[j], x[j]);
    CIEDE_EACH u2[j] = v_mul_f64(u[j], u[j]);
    ciede_sin_octant(q, x, u, u2);
    ciede_cos_octant(x, u, u2);
    CIEDE_EACH s[j] = v_pick_sign_f64(odd[j], x[j], q[j]);
    CIEDE_EACH c[j] = v_pick_sign_f64(odd[j], q[j], x[j]);
    CIEDE_EACH odd[j] = v_xor(odd[j], second[j]);
    CIEDE_EACH s[j] =
        v_of_bits_f64(v_xor(v_bits_f64(s[j]), v_and(second[j], sign)));
    CIEDE_EACH c[j] =
        v_of_bits_f64(v_xor(v_bits_f64(c[j]), v_and(odd[j], sign)));
}

/* Differences of hue over 4 (1 + (0.015 C) T), of chroma over 1 + 0.045 C. */
static inline void ciede_weigh(CiedeBlock *k, unsigned i, vdbl t)
{
    const vdbl one = v_set_f64(1.);
    const vdbl c = v_widen_half(v_load_half(k->mean_c + i));
    const vdbl wc = v_mul_f64(c, v_set_f64(0.045));
    const vdbl wh = v_mul_f64(v_mul_f64(c, v_set_f64(0.015)), t);
    const vhlf weight_c = v_narrow_half(v_add_f64(wc, one));
    const vhlf weight_h = v_narrow_half(v_add_f64(wh, one));
    const vhlf dc = v_load_half(k->part_c + i);
    const vhlf dh = v_load_half(k->delta_h + i);
    v_store_half(k->part_c + i, v_div_half(dc, weight_c));
    v_store_half(k->part_h + i,
                 v_div_half(dh, v_mul_half(weight_h, v_set_half(4.f))));
}

/* 1 - 0.17 cos(h - 30) + 0.24 cos(2h) + 0.32 cos(3h + 6) - 0.2 cos(4h - 63),
 * angles in degrees, as a polynomial in c = cos h plus s = sin h times another.
 * The sum is above 0.3 and its slope below 2.5, so the error stays within
 * 2^-44: M = 11. The quotients that it is for stand beside its arithmetic. */
static SIMD_NOINLINE void ciede_weigh_hues(CiedeBlock *k, unsigned cnt)
{
    /* cos and sin of 30, 6 and 63 degrees */
    const double c30 = 0.8660254037844386, s30 = 0.5;
    const double c6 = 0.9945218953682733, s6 = 0.10452846326765346;
    const double c63 = 0.45399049973954675, s63 = 0.8910065241883678;
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl s[CIEDE_CHAINS], c[CIEDE_CHAINS];
        vdbl p[CIEDE_CHAINS], q[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        ciede_get_f32(p, k->mean_h + i);
        ciede_sin_cos(s, c, p);
        ciede_line(q, c, -8. * 0.2 * s63, -4. * 0.32 * s6);
        ciede_line(p, c, -8. * 0.2 * c63, 4. * 0.32 * c6);
        ciede_horner(q, c, 4. * 0.2 * s63);
        ciede_horner(p, c, 2. * 0.24 + 8. * 0.2 * c63);
        ciede_horner(q, c, -0.17 * s30 + 0.32 * s6);
        ciede_horner(p, c, -0.17 * c30 - 3. * 0.32 * c6);
        ciede_horner(p, c, 1. - 0.24 - 0.2 * c63);
        ciede_join(p, s, q);
        CIEDE_EACH p[j] = ciede_round(&far, p[j], 11);
        CIEDE_EACH ciede_weigh(k, i + (unsigned)j * CIEDE_HALF, p[j]);
        ciede_note(k, i, far);
    }
}

/* Differences of lightness over 0.65 (1 + (0.015 d^2) / sqrt(20 + d^2)), d from
 * the middle. Within 2^-43.9: M = 10. */
static SIMD_NOINLINE void ciede_weigh_lightness(CiedeBlock *k, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl d[CIEDE_CHAINS], root[CIEDE_CHAINS], sum[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        ciede_get_f32(d, k->middle + i);
        CIEDE_EACH d[j] = v_mul_f64(d[j], d[j]);
        CIEDE_EACH sum[j] = v_add_f64(d[j], v_set_f64(20.));
        ciede_rsqrt(root, sum);
        CIEDE_EACH d[j] = v_mul_f64(d[j], v_set_f64(0.015));
        CIEDE_EACH d[j] = v_fma_f64(d[j], root[j], v_set_f64(1.));
        CIEDE_EACH ciede_near(&far, d[j], 10);
        ciede_note(k, i, far);
        CIEDE_EACH
        {
            const unsigned at = i + (unsigned)j * CIEDE_HALF;
            const vhlf dl = v_load_half(k->part_l + at);
            const vhlf scale =
                v_mul_half(v_set_half(0.65f), v_narrow_half(d[j]));
            v_store_half(k->part_l + at, v_div_half(dl, scale));
        }
    }
}

/* The rotation's angle, 60 degrees at hue 275 and less around: M = 10. */
static SIMD_NOINLINE void ciede_take_angles(CiedeBlock *k, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl h[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        ciede_get_f32(h, k->mean_h + i);
        CIEDE_EACH h[j] = v_mul_f64(h[j], v_set_f64(180. / CIEDE_PI));
        CIEDE_EACH h[j] = ciede_exact(h[j]);
        CIEDE_EACH h[j] = v_sub_f64(h[j], v_set_f64(275.));
        CIEDE_EACH h[j] = v_mul_f64(h[j], v_set_f64(1. / 25.));
        CIEDE_EACH
        {
            const vhlf d = v_narrow_half(h[j]);
            h[j] = v_widen_half(v_mul_half(d, d));
        }
        /* Past 40 the rotation is nothing to the rest; see ciede_rotate(). */
        CIEDE_EACH h[j] = v_min_f64(h[j], v_set_f64(40.));
        CIEDE_EACH h[j] = v_mul_f64(h[j], v_set_f64(-0x1.71547652b82fep+0));
        ciede_exp2(h);
        CIEDE_EACH h[j] = v_mul_f64(h[j], v_set_f64(60.));
        CIEDE_EACH h[j] = ciede_round(&far, h[j], 10);
        CIEDE_EACH h[j] = v_mul_f64(h[j], v_set_f64(CIEDE_PI / 180.));
        ciede_put_f32(k->rotation + i, h);
        ciede_note(k, i, far);
    }
}

static inline float ciede_share(float mean)
{
    const float p = ciede_power7(mean);
    return p / (p + (float)CIEDE_25_7);
}

/* C^7 / (C^7 + 25^7). glibc's powf is not correctly rounded but within 0.503
 * units: M = 21 (2^-8 units), and where that does not decide, one in 128, the
 * function itself. */
static SIMD_NOINLINE void ciede_take_shares(CiedeBlock *k, unsigned cnt)
{
    uint64_t again[CIEDE_BLOCK / 64] = { 0 };
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl x[CIEDE_CHAINS], x2[CIEDE_CHAINS];
        ciede_get_f32(x, k->mean_c + i);
        CIEDE_EACH x2[j] = v_mul_f64(x[j], x[j]);
        CIEDE_EACH x[j] = v_mul_f64(x[j], x2[j]);
        CIEDE_EACH x2[j] = v_mul_f64(x2[j], x2[j]);
        CIEDE_EACH x[j] = v_mul_f64(x[j], x2[j]);
        /* Far too small to matter, and no denormal number; see
         * ciede_rotate(). */
        CIEDE_EACH x[j] = v_max_f64(x[j], v_set_f64(0x1p-80));
        CIEDE_EACH
        {
            const unsigned at = i + (unsigned)j * CIEDE_HALF;
            const vhlf p = v_narrow_half(x[j]);
            const vhlf sum = v_add_half(p, v_set_half((float)CIEDE_25_7));
            vtests far = v_begin_tests();
            ciede_near(&far, x[j], 21);
            v_store_half(k->share + at, v_div_half(p, sum));
            again[at / 64] |= (uint64_t)v_failed(far) << at % 64;
        }
    }
    for (unsigned i = 0; i < CIEDE_BLOCK; i += 64)
        for (uint64_t left = again[i / 64]; left; left &= left - 1) {
            const unsigned at = i + (unsigned)__builtin_ctzll(left);
            k->share[at] = ciede_share(k->mean_c[at]);
        }
}

/* -2 sqrt(share) sin(angle), within 2^-42.7: M = 11. */
static SIMD_NOINLINE void ciede_take_rotations(CiedeBlock *k, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl root[CIEDE_CHAINS], angle[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        ciede_get_f32(root, k->share + i);
        ciede_lone_sqrt(root);
        ciede_get_f32(angle, k->rotation + i);
        ciede_sin(angle);
        CIEDE_EACH root[j] = v_mul_f64(root[j], v_set_f64(-2.));
        CIEDE_EACH angle[j] = v_mul_f64(angle[j], root[j]);
        CIEDE_EACH ciede_near(&far, angle[j], 11);
        ciede_put_f32(k->rotation + i, angle);
        ciede_note(k, i, far);
    }
}

/* Needed about hue 275 only. Where the exponent d^2 is above 39, the rotation is
 * below 2.1 e^-39 < 2^-55, and what it multiplies below half the sum of squares
 * that it is added to: nothing in binary64. That is all of hue below 118.8
 * degrees, or 2.073. The same holds where C^7 is below 2^-80. */
static void ciede_rotate(CiedeBlock *k, unsigned cnt)
{
    if (k->has_rotation) {
        ciede_take_angles(k, cnt);
        ciede_take_shares(k, cnt);
        ciede_take_rotations(k, cnt);
    } else {
        memset(k->rotation, 0, sizeof(k->rotation));
    }
}

/* The length of the three parts, but for the rotation: M = 10. Nothing, or less,
 * in binary64 is for the plain functions. */
static SIMD_NOINLINE void ciede_add_up(CiedeBlock *k, unsigned cnt,
                                       float *delta)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_STEP) {
        vdbl sum[CIEDE_CHAINS];
        vtests far = v_begin_tests();
        CIEDE_EACH
        {
            const unsigned at = i + (unsigned)j * CIEDE_HALF;
            const vhlf l = v_load_half(k->part_l + at);
            const vhlf c = v_load_half(k->part_c + at);
            const vhlf h = v_load_half(k->part_h + at);
            const vhlf rotation = v_load_half(k->rotation + at);
            const vhlf cross = v_mul_half(v_mul_half(rotation, c), h);
            const vdbl dl = v_widen_half(l), dc = v_widen_half(c);
            const vdbl dh = v_widen_half(h);
            /* Squares are exact, so these multiply-adds round as sums do. */
            sum[j] = v_fma_f64(dc, dc, v_mul_f64(dl, dl));
            sum[j] = v_add_f64(v_fma_f64(dh, dh, sum[j]), v_widen_half(cross));
        }
        ciede_only(&far, v_lt_f64(v_set_f64(0x1p-100), ciede_least(sum)));
        ciede_take_length(&far, sum);
        ciede_put_f32(delta + i, sum);
        ciede_note(k, i, far);
    }
}

/* Differences of the block's colours; `cnt` is a multiple of 2 CIEDE_STEP. */
static void ciede_differences(CiedeBlock *k, unsigned cnt, float *delta)
{
    ciede_compare(k, cnt);
    ciede_stretch(k, cnt);
    for (unsigned side = 0; side < 2; side++)
        ciede_take_hues(k, side, cnt);
    ciede_compare_hues(k, cnt);
    ciede_take_chords(k, cnt);
    ciede_weigh_hues(k, cnt);
    ciede_weigh_lightness(k, cnt);
    ciede_rotate(k, cnt);
    ciede_add_up(k, cnt, delta);
}
