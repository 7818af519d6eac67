/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Two Lab colours to their difference, a block of pixels through one short
 * loop after another; the names are those of ciede_pixel.h. */

/* Both sides' a axis stretched near grey, and the chroma that this gives.
 *
 * The gain is 1 - sqrt(q / (q + 25^7)) = 1 - t^7 / sqrt(t^7 + t^14) where t is
 * the mean chroma / 25; below t = 2^-15 it is 1. Within 2^-44: M = 11. */
static SIMD_NOINLINE void ciede_stretch(CiedeBlock *k, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_HALF) {
        const vhlf sum = v_add_half(v_load_half(k->chroma[0] + i),
                                    v_load_half(k->chroma[1] + i));
        const vdbl mean = v_widen_half(v_mul_half(sum, v_set_half(0.5f)));
        const vdbl t = v_max_f64(v_mul_f64(mean, v_set_f64(1. / 25.)),
                                 v_set_f64(0x1p-15));
        const vdbl t2 = v_mul_f64(t, t), t4 = v_mul_f64(t2, t2);
        const vdbl t7 = v_mul_f64(v_mul_f64(t2, t), t4);
        const vdbl root = ciede_rsqrt(v_fma_f64(t7, t7, t7));
        const vdbl gain = v_fnma_f64(t7, root, v_set_f64(1.));
        vint far = ciede_far();
        SIMD_UNROLL
        for (int side = 0; side < 2; side++) {
            const vdbl a = v_widen_half(v_load_half(k->a[side] + i));
            const vdbl b = v_widen_half(v_load_half(k->b[side] + i));
            const vdbl half = v_mul_f64(a, v_set_f64(0.5));
            const vdbl wide = v_fma_f64(half, gain, a);
            const vdbl s = ciede_round(&far, wide, 11);
            const vdbl squares = v_fma_f64(b, b, v_mul_f64(s, s));
            v_store_half(k->stretched[side] + i, v_narrow_half(s));
            v_store_half(k->c[side] + i, v_narrow_half(v_sqrt_f64(squares)));
        }
        ciede_note(k, i, far);
    }
}

/* |c - x| where the choice is made, else x. */
static inline vdbl ciede_mirror(vdmask m, double c, vdbl x)
{
    return v_pick_f64(m, v_sub_f64(v_set_f64(c), x), x);
}

/* atan2: the lesser of both over the greater, turned by 45 degrees above
 * tan(pi / 8), then mirrored into its octant. Within 2^-44.9: M = 12. */
static SIMD_NOINLINE void ciede_take_hues(CiedeBlock *k, unsigned side,
                                          unsigned cnt)
{
    const vdbl zero = v_set_f64(0.);
    for (unsigned i = 0; i < cnt; i += CIEDE_HALF) {
        const vdbl a = v_widen_half(v_load_half(k->stretched[side] + i));
        const vdbl b = v_widen_half(v_load_half(k->b[side] + i));
        const vdbl x = v_abs_f64(a), y = v_abs_f64(b);
        const vdbl least = v_min_f64(x, y);
        /* Without chroma the angle is 0. */
        const vdbl most = v_max_f64(v_max_f64(x, y), v_set_f64(1e-36));
        const vdmask turned = v_lt_f64(
            v_mul_f64(most, v_set_f64(0.41421356237309503)), least);
        const vdbl above = v_pick_f64(turned, v_sub_f64(least, most), least);
        const vdbl below = v_add_f64(most, v_keep_f64(turned, least));
        vdbl angle = ciede_atan(v_div_f64(above, below));
        angle = v_add_f64(
            angle, v_keep_f64(turned, v_set_f64(CIEDE_PI / 4.)));
        angle = ciede_mirror(v_lt_f64(x, y), CIEDE_PI / 2., angle);
        angle = ciede_mirror(v_lt_f64(a, zero), CIEDE_PI, angle);
        vint far = ciede_far();
        angle = ciede_round(&far, angle, 12);
        angle = ciede_mirror(v_lt_f64(b, zero), 2. * CIEDE_PI, angle);
        v_store_half(k->hue[side] + i, v_narrow_half(angle));
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

/* 2 sqrt(product) sin(turn / 2), within 2^-43: M = 11. */
static inline vdbl ciede_chord(vint *far, vdbl product, vdbl turn)
{
    /* No chroma, no turn. */
    const vdbl p = v_max_f64(product, v_set_f64(1e-30));
    const vdbl root = v_mul_f64(p, ciede_rsqrt(p));
    const vdbl sine = ciede_sin(v_mul_f64(turn, v_set_f64(0.5)));
    const vdbl chord = v_mul_f64(v_add_f64(root, root), sine);
    *far = ciede_near(*far, chord, 11);
    return chord;
}

/* Difference and mean of the hues. */
static SIMD_NOINLINE void ciede_compare_hues(CiedeBlock *k, unsigned cnt)
{
    const vflt over = v_set_f32(CIEDE_OVER_PI), zero = v_set_f32(0.f);
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        const vflt h1 = v_load_f32(k->hue[0] + i);
        const vflt h2 = v_load_f32(k->hue[1] + i);
        const vflt least = v_min_f32(v_load_f32(k->chroma[0] + i),
                                     v_load_f32(k->chroma[1] + i));
        const vflt product = v_mul_f32(v_load_f32(k->c[0] + i),
                                       v_load_f32(k->c[1] + i));
        const vflt sum = v_add_f32(h1, h2);
        vflt turn = v_sub_f32(h2, h1), mean = v_mul_f32(sum, v_set_f32(0.5f));
        const vmask wide = v_ge_f32(v_abs_f32(turn), over);
        if (v_any(wide)) {
            turn = v_pick_f32(wide, ciede_shorter(turn), turn);
            mean = v_pick_f32(wide, ciede_opposite(sum), mean);
        }
        turn = v_drop_f32(v_le_f32(least, zero), turn);
        vint far_lo = ciede_far(), far_hi = far_lo;
        const vdbl lo = ciede_chord(&far_lo, v_widen_lo_f32(product),
                                    v_widen_lo_f32(turn));
        const vdbl hi = ciede_chord(&far_hi, v_widen_hi_f32(product),
                                    v_widen_hi_f32(turn));
        v_store_f32(k->delta_h + i, v_narrow_f64(lo, hi));
        v_store_f32(k->mean_h + i, mean);
        ciede_note(k, i, far_lo);
        ciede_note(k, i + CIEDE_HALF, far_hi);
    }
}

/* 1 - 0.17 cos(h - 30) + 0.24 cos(2h) + 0.32 cos(3h + 6) - 0.2 cos(4h - 63),
 * as a polynomial in c = cos h plus s = sin h times another. Angles in degrees;
 * h is at most 2.5 turns of 180. The sum is above 0.3 and its slope below 2.5,
 * so the error stays within 2^-44: M = 12. */
static inline vdbl ciede_take_weight(vint *far, vdbl h)
{
    const vdbl q = v_fma_f64(h, v_set_f64(2. / CIEDE_PI),
                             v_set_f64(CIEDE_INTEGERS));
    const vint quarter = v_bits_f64(q);
    const vdbl x = v_fnma_f64(v_sub_f64(q, v_set_f64(CIEDE_INTEGERS)),
                              v_set_f64(CIEDE_PI / 2.), h);
    const vdbl u = v_mul_f64(x, x);
    const vdbl sx = ciede_sin_octant(x, u), cx = ciede_cos_octant(u);
    const vint odd = v_shl64(quarter, 63), second = v_shl64(quarter, 62);
    const vint sign = v_set64(0x8000000000000000);
    vdbl s = v_pick_sign_f64(odd, cx, sx), c = v_pick_sign_f64(odd, sx, cx);
    s = v_of_bits_f64(v_xor(v_bits_f64(s), v_and(second, sign)));
    c = v_of_bits_f64(v_xor(v_bits_f64(c), v_and(v_xor(second, odd), sign)));

    /* cos and sin of 30, 6 and 63 degrees */
    const double c30 = 0.8660254037844386, s30 = 0.5;
    const double c6 = 0.9945218953682733, s6 = 0.10452846326765346;
    const double c63 = 0.45399049973954675, s63 = 0.8910065241883678;
    vdbl p = v_fma_f64(c, v_set_f64(-8. * 0.2 * c63), v_set_f64(4. * 0.32 * c6));
    p = v_fma_f64(c, p, v_set_f64(2. * 0.24 + 8. * 0.2 * c63));
    p = v_fma_f64(c, p, v_set_f64(-0.17 * c30 - 3. * 0.32 * c6));
    p = v_fma_f64(c, p, v_set_f64(1. - 0.24 - 0.2 * c63));
    vdbl r = v_fma_f64(c, v_set_f64(-8. * 0.2 * s63), v_set_f64(-4. * 0.32 * s6));
    r = v_fma_f64(c, r, v_set_f64(4. * 0.2 * s63));
    r = v_fma_f64(c, r, v_set_f64(-0.17 * s30 + 0.32 * s6));
    return ciede_round(far, v_fma_f64(s, r, p), 12);
}

/* 1 + (0.015 d^2) / sqrt(20 + d^2), within 2^-43.9: M = 10. */
static inline vdbl ciede_lightness_weight(vint *far, vdbl d)
{
    const vdbl squared = v_mul_f64(d, d);
    const vdbl root = ciede_rsqrt(v_add_f64(squared, v_set_f64(20.)));
    const vdbl part = v_mul_f64(squared, v_set_f64(0.015));
    const vdbl weight = v_fma_f64(part, root, v_set_f64(1.));
    *far = ciede_near(*far, weight, 10);
    return weight;
}

/* The three weights of half a vector. */
static inline void ciede_take_weights(CiedeBlock *k, unsigned i, vhlf weight[3])
{
    const vhlf half = v_set_half(0.5f);
    const vdbl h = v_widen_half(v_load_half(k->mean_h + i));
    const vhlf l = v_add_half(v_load_half(k->l[0] + i),
                              v_load_half(k->l[1] + i));
    const vhlf c = v_add_half(v_load_half(k->c[0] + i),
                              v_load_half(k->c[1] + i));
    const vhlf d = v_add_half(v_mul_half(l, half), v_set_half(-50.f));
    const vdbl mean = v_widen_half(v_mul_half(c, half)), one = v_set_f64(1.);
    vint far = ciede_far();
    const vdbl wl = ciede_lightness_weight(&far, v_widen_half(d));
    const vdbl t = ciede_take_weight(&far, h);
    const vdbl wc = v_mul_f64(v_set_f64(0.045), mean);
    const vdbl wh = v_mul_f64(v_mul_f64(v_set_f64(0.015), mean), t);
    weight[0] = v_narrow_half(wl);
    weight[1] = v_narrow_half(v_add_f64(one, wc));
    weight[2] = v_narrow_half(v_add_f64(one, wh));
    ciede_note(k, i, far);
}

static SIMD_NOINLINE void ciede_weigh(CiedeBlock *k, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        vhlf lo[3], hi[3];
        ciede_take_weights(k, i, lo);
        ciede_take_weights(k, i + CIEDE_HALF, hi);
        const vflt wl = v_join_half(lo[0], hi[0]);
        const vflt wc = v_join_half(lo[1], hi[1]);
        const vflt wh = v_join_half(lo[2], hi[2]);
        const vflt dl = v_sub_f32(v_load_f32(k->l[1] + i),
                                  v_load_f32(k->l[0] + i));
        const vflt dc = v_sub_f32(v_load_f32(k->c[1] + i),
                                  v_load_f32(k->c[0] + i));
        const vflt dh = v_load_f32(k->delta_h + i);
        v_store_f32(k->lightness + i,
                    v_div_f32(dl, v_mul_f32(v_set_f32(0.65f), wl)));
        v_store_f32(k->chroma_part + i, v_div_f32(dc, wc));
        v_store_f32(k->hue_part + i,
                    v_div_f32(dh, v_mul_f32(v_set_f32(4.f), wh)));
    }
}

/* glibc's powf is not correctly rounded but within 0.503 units: M = 21 (2^-8
 * units), and where that does not decide, the function itself. */
static inline vhlf ciede_seventh(const float *c0, const float *c1)
{
    const vhlf mean = v_mul_half(v_add_half(v_load_half(c0), v_load_half(c1)),
                                 v_set_half(0.5f));
    const vdbl x = v_widen_half(mean);
    const vdbl x2 = v_mul_f64(x, x), x4 = v_mul_f64(x2, x2);
    /* Far too small to matter, and no denormal number. */
    const vdbl p = v_max_f64(v_mul_f64(v_mul_f64(x2, x), x4),
                             v_set_f64(0x1p-100));
    unsigned near = v_zeros64(ciede_near(ciede_far(), p, 21));
    vhlf power = v_narrow_half(p);
    if (near) {
        float from[CIEDE_HALF], to[CIEDE_HALF];
        v_store_half(from, mean);
        v_store_half(to, power);
        for (; near; near &= near - 1) {
            const int lane = __builtin_ctz(near);
            to[lane] = ciede_power7(from[lane]);
        }
        power = v_load_half(to);
    }
    return power;
}

/* The rotation's angle, 60 degrees at hue 275 and less around. */
static inline vdbl ciede_take_angle(vint *far, vdbl h)
{
    const vdbl degrees = ciede_exact(v_mul_f64(h, v_set_f64(180. / CIEDE_PI)));
    const vdbl d = ciede_exact(v_mul_f64(v_sub_f64(degrees, v_set_f64(275.)),
                                         v_set_f64(1. / 25.)));
    /* Past 40 the rotation is nothing to the rest; see ciede_rotate(). */
    const vdbl squared = v_min_f64(ciede_exact(v_mul_f64(d, d)), v_set_f64(40.));
    const vdbl power = ciede_exp2(v_mul_f64(squared,
                                            v_set_f64(-0x1.71547652b82fep+0)));
    /* Within 2^-44.5: M = 10. */
    const vdbl turn = ciede_round(far, v_mul_f64(v_set_f64(60.), power), 10);
    return ciede_exact(v_mul_f64(turn, v_set_f64(CIEDE_PI / 180.)));
}

/* -2 sqrt(share) sin(angle), within 2^-43.5: M = 12. */
static inline vhlf ciede_take_rotation(vint *far, vhlf share, vdbl angle)
{
    const vdbl root = v_mul_f64(v_set_f64(-2.), v_sqrt_f64(v_widen_half(share)));
    const vdbl rotation = v_mul_f64(root, ciede_sin(angle));
    *far = ciede_near(*far, rotation, 12);
    return v_narrow_half(rotation);
}

/* Needed about hue 275 only. Where the exponent d^2 is above 39, the rotation is
 * below 2.1 e^-39 < 2^-55, and what it multiplies below half the sum of squares
 * that it is added to: nothing in binary64. That is all of hue below 118.8
 * degrees, or 2.073. */
static SIMD_NOINLINE void ciede_rotate(CiedeBlock *k, unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i += V_LANES) {
        const vflt h = v_load_f32(k->mean_h + i);
        vflt rotation = v_set_f32(0.f);
        if (v_any(v_ge_f32(h, v_set_f32(2.07f)))) {
            vhlf half[2];
            const vhlf p[2] = {
                ciede_seventh(k->c[0] + i, k->c[1] + i),
                ciede_seventh(k->c[0] + i + CIEDE_HALF,
                              k->c[1] + i + CIEDE_HALF),
            };
            for (unsigned j = 0; j < 2; j++) {
                const vdbl wide = j ? v_widen_hi_f32(h) : v_widen_lo_f32(h);
                vint far = ciede_far();
                const vdbl angle = ciede_take_angle(&far, wide);
                const vhlf sum = v_add_half(p[j], v_set_half(6103515648.f));
                half[j] = ciede_take_rotation(&far, v_div_half(p[j], sum),
                                              angle);
                ciede_note(k, i + j * CIEDE_HALF, far);
            }
            rotation = v_join_half(half[0], half[1]);
        }
        v_store_f32(k->rotation + i, rotation);
    }
}

static SIMD_NOINLINE void ciede_add_up(const CiedeBlock *k, unsigned cnt,
                                       float *delta)
{
    for (unsigned i = 0; i < cnt; i += CIEDE_HALF) {
        const vhlf l = v_load_half(k->lightness + i);
        const vhlf c = v_load_half(k->chroma_part + i);
        const vhlf h = v_load_half(k->hue_part + i);
        const vhlf rotation = v_load_half(k->rotation + i);
        const vhlf cross = v_mul_half(v_mul_half(rotation, c), h);
        const vdbl dl = v_widen_half(l), dc = v_widen_half(c);
        const vdbl dh = v_widen_half(h);
        /* Squares are exact, so these multiply-adds round as sums do. */
        vdbl sum = v_fma_f64(dc, dc, v_mul_f64(dl, dl));
        sum = v_add_f64(v_fma_f64(dh, dh, sum), v_widen_half(cross));
        v_store_half(delta + i, v_narrow_half(v_sqrt_f64(sum)));
    }
}

/* Differences of the block's colours; `cnt` is a multiple of V_LANES. */
static void ciede_differences(CiedeBlock *k, unsigned cnt, float *delta)
{
    ciede_stretch(k, cnt);
    ciede_take_hues(k, 0, cnt);
    ciede_take_hues(k, 1, cnt);
    ciede_compare_hues(k, cnt);
    ciede_weigh(k, cnt);
    ciede_rotate(k, cnt);
    ciede_add_up(k, cnt, delta);
}
