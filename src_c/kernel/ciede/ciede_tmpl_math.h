/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Functions of the definition in binary64 vectors, with a bound of the relative
 * error, and the test that makes such a bound enough.
 *
 * A value is rounded to binary32 next. If no number halfway between two of
 * binary32 is nearer to it than the bound allows, the rounded value is that of
 * the exact one, hence also that of any good C library. Otherwise the lane is
 * near, and the pixel is done again by ciede_pixel.h. Bounds M say that errors,
 * ours and the library's together, are below 2^(M - 53). The results that are
 * tested are in binary32's normal range, or zero.
 *
 * Polynomials are minimax fits; each names its interval and its error.
 */

/* The 29 bits of binary64 that binary32 lacks. */
#define CIEDE_LOW_BITS ((1ull << 29) - 1)

/* In a 64-bit lane: 0 when any value that was looked at was near. */
static inline vint ciede_far(void)
{
    return v_set32(0x7fffffff);
}

/* x plus half a unit of binary32, plus the bound. */
static inline vint ciede_shifted(vdbl x, int m)
{
    const uint64_t half = (1ull << 28) + (1ull << m);
    return v_plus64(v_bits_f64(x), v_set64(half));
}

static inline vint ciede_look(vint far, vint shifted, int m)
{
    const uint64_t window = CIEDE_LOW_BITS & ~((2ull << m) - 1);
    return v_min32(far, v_and(shifted, v_set64(window)));
}

static inline vint ciede_near(vint far, vdbl x, int m)
{
    return ciede_look(far, ciede_shifted(x, m), m);
}

/* x rounded to binary32, unless it is near. */
static inline vdbl ciede_round(vint *far, vdbl x, int m)
{
    const vint shifted = ciede_shifted(x, m);
    *far = ciede_look(*far, shifted, m);
    return v_of_bits_f64(v_clear(shifted, v_set64(CIEDE_LOW_BITS)));
}

/* Both halves rounded to binary32 and back: of exact operations. */
static inline vdbl ciede_exact(vdbl x)
{
    return v_widen_half(v_narrow_half(x));
}

/* 1 / sqrt(x) within 2^-43.5: h = 1 - x y^2 is below 2^-10.4, and the series
 * of (1 - h)^(-1/2) is cut after its cube. */
static inline vdbl ciede_rsqrt(vdbl x)
{
    const vdbl y = v_rsqrt_guess_f64(x);
    const vdbl h = v_fnma_f64(v_mul_f64(x, y), y, v_set_f64(1.));
    vdbl p = v_fma_f64(h, v_set_f64(5. / 16.), v_set_f64(3. / 8.));
    p = v_fma_f64(h, p, v_set_f64(1. / 2.));
    return v_fma_f64(v_mul_f64(y, h), p, y);
}

/* The bits of x > 0 as a number: 2^23 * (127 + log2 x), nearly. */
static inline vflt ciede_log2_guess(vflt x)
{
    return v_fma_f32(v_to_f32(v_cast_int(x)), v_set_f32(0x1p-23f),
                     v_set_f32(-127.f));
}

/* x^(-1/5), x in [0.085, 2.6]: a guess with h = 1 - x y^5 below 0.04, then the
 * series of (1 - h)^(-1/5) to its cube; within 2^-21.5. */
static inline vflt ciede_fifth(vflt x)
{
    const vflt l = ciede_log2_guess(x);
    vflt y = v_fma_f32(l, v_set_f32(0.011151963f), v_set_f32(-0.138328f));
    y = v_fma_f32(l, y, v_set_f32(0.9924852f));
    const vflt y2 = v_mul_f32(y, y), y4 = v_mul_f32(y2, y2);
    const vflt h = v_fnma_f32(v_mul_f32(x, y), y4, v_set_f32(1.f));
    vflt p = v_fma_f32(h, v_set_f32(11.f / 125.f), v_set_f32(3.f / 25.f));
    p = v_fma_f32(h, p, v_set_f32(1.f / 5.f));
    return v_fma_f32(v_mul_f32(y, h), p, y);
}

/* x^2.4 = (x y)^3 (1 - h)^(-3/5) with y near x^(-1/5); within 2^-49. */
static inline vdbl ciede_power24(vdbl x, vdbl y)
{
    const vdbl y2 = v_mul_f64(y, y), y4 = v_mul_f64(y2, y2);
    const vdbl z = v_mul_f64(x, y), z2 = v_mul_f64(z, z);
    const vdbl z3 = v_mul_f64(z2, z);
    const vdbl h = v_fnma_f64(z, y4, v_set_f64(1.));
    const vdbl p = v_fma_f64(h, v_set_f64(0.48), v_set_f64(0.6));
    return v_fma_f64(v_mul_f64(z3, h), p, z3);
}

/* x^(-1/3), x in [0.0085, 8]: as above, h = 1 - x y^3 below 0.034. */
static inline vflt ciede_third(vflt x)
{
    const vflt l = ciede_log2_guess(x);
    vflt y = v_fma_f32(l, v_set_f32(0.0001748949f), v_set_f32(-0.002072452f));
    y = v_fma_f32(l, y, v_set_f32(0.025759346f));
    y = v_fma_f32(l, y, v_set_f32(-0.22850036f));
    y = v_fma_f32(l, y, v_set_f32(0.99099875f));
    const vflt y2 = v_mul_f32(y, y);
    const vflt h = v_fnma_f32(v_mul_f32(x, y), y2, v_set_f32(1.f));
    vflt p = v_fma_f32(h, v_set_f32(14.f / 81.f), v_set_f32(2.f / 9.f));
    p = v_fma_f32(h, p, v_set_f32(1.f / 3.f));
    return v_fma_f32(v_mul_f32(y, h), p, y);
}

/* x^(1/3) = x y^2 (1 - h)^(-2/3) with y near x^(-1/3); within 2^-50. */
static inline vdbl ciede_cube_root(vdbl x, vdbl y)
{
    const vdbl z = v_mul_f64(x, v_mul_f64(y, y));
    const vdbl h = v_fnma_f64(z, y, v_set_f64(1.));
    const vdbl p = v_fma_f64(h, v_set_f64(5. / 9.), v_set_f64(2. / 3.));
    return v_fma_f64(v_mul_f64(z, h), p, z);
}

/* sin(x), |x| <= pi / 2, within 2^-44. */
static inline vdbl ciede_sin(vdbl x)
{
    const vdbl u = v_mul_f64(x, x), u2 = v_mul_f64(u, u);
    vdbl a = v_fma_f64(u, v_set_f64(0x1.1111110b13cc1p-7),
                       v_set_f64(-0x1.555555554930ap-3));
    vdbl b = v_fma_f64(u, v_set_f64(0x1.71dd09e40d547p-19),
                       v_set_f64(-0x1.a019fdb0bcf5fp-13));
    vdbl c = v_fma_f64(u, v_set_f64(0x1.531438466e265p-33),
                       v_set_f64(-0x1.ae07312cf6a5cp-26));
    b = v_fma_f64(u2, c, b);
    a = v_fma_f64(u2, b, a);
    return v_fma_f64(v_mul_f64(x, u), a, x);
}

/* sin(x), |x| <= pi / 4, within 2^-47.5. */
static inline vdbl ciede_sin_octant(vdbl x, vdbl u)
{
    const vdbl u2 = v_mul_f64(u, u);
    vdbl a = v_fma_f64(u, v_set_f64(0x1.1111110ca2770p-7),
                       v_set_f64(-0x1.55555555523f9p-3));
    vdbl b = v_fma_f64(u, v_set_f64(0x1.71d77ce92c675p-19),
                       v_set_f64(-0x1.a019f95a79b3fp-13));
    b = v_fma_f64(u2, v_set_f64(-0x1.a966dad0a4257p-26), b);
    a = v_fma_f64(u2, b, a);
    return v_fma_f64(v_mul_f64(x, u), a, x);
}

/* cos(x), u = x^2, |x| <= pi / 4, within 2^-53. */
static inline vdbl ciede_cos_octant(vdbl u)
{
    const vdbl u2 = v_mul_f64(u, u);
    vdbl a = v_fma_f64(u, v_set_f64(0x1.555555554f93bp-5),
                       v_set_f64(-0x1.fffffffffffa3p-2));
    vdbl b = v_fma_f64(u, v_set_f64(0x1.a019f882afc5dp-16),
                       v_set_f64(-0x1.6c16c164890dbp-10));
    vdbl c = v_fma_f64(u, v_set_f64(0x1.1b95d21d33644p-29),
                       v_set_f64(-0x1.27df6b7289068p-22));
    b = v_fma_f64(u2, c, b);
    a = v_fma_f64(u2, b, a);
    return v_fma_f64(u, a, v_set_f64(1.));
}

/* atan(x), |x| <= tan(pi / 8), within 2^-45. */
static inline vdbl ciede_atan(vdbl x)
{
    const vdbl u = v_mul_f64(x, x), u2 = v_mul_f64(u, u);
    vdbl a = v_fma_f64(u, v_set_f64(0x1.9999992d8ecfcp-3),
                       v_set_f64(-0x1.555555550d5aap-2));
    vdbl b = v_fma_f64(u, v_set_f64(0x1.c71582dd01410p-4),
                       v_set_f64(-0x1.24922d5e7c90bp-3));
    vdbl c = v_fma_f64(u, v_set_f64(0x1.3601d4dda019ap-4),
                       v_set_f64(-0x1.73e1a5e3c1f03p-4));
    vdbl d = v_fma_f64(u, v_set_f64(0x1.fa2cd47df8ed6p-6),
                       v_set_f64(-0x1.e2980e83fb15ap-5));
    a = v_fma_f64(u2, b, a);
    c = v_fma_f64(u2, d, c);
    a = v_fma_f64(v_mul_f64(u2, u2), c, a);
    return v_fma_f64(v_mul_f64(x, u), a, x);
}

/* x rounded to an integer in the low bits of a number near 1.5 * 2^52. */
#define CIEDE_INTEGERS 0x1.8p+52

/* 2^x for x in [-100, 0], within 2^-45. */
static inline vdbl ciede_exp2(vdbl x)
{
    const vdbl whole = v_add_f64(x, v_set_f64(CIEDE_INTEGERS));
    const vdbl f = v_sub_f64(x, v_sub_f64(whole, v_set_f64(CIEDE_INTEGERS)));
    const vdbl f2 = v_mul_f64(f, f);
    vdbl a = v_fma_f64(f, v_set_f64(0x1.62e42fefa3a3cp-1),
                       v_set_f64(0x1.000000000003dp+0));
    vdbl b = v_fma_f64(f, v_set_f64(0x1.c6b08d7035ae7p-5),
                       v_set_f64(0x1.ebfbdff81493ap-3));
    vdbl c = v_fma_f64(f, v_set_f64(0x1.5d87feaa75bafp-10),
                       v_set_f64(0x1.3b2ab72b282dbp-7));
    vdbl d = v_fma_f64(f, v_set_f64(0x1.ffcb3166ca685p-17),
                       v_set_f64(0x1.43088e06b7e17p-13));
    vdbl e = v_fma_f64(f, v_set_f64(0x1.b694841271903p-24),
                       v_set_f64(0x1.63efb94422bc5p-20));
    d = v_fma_f64(f2, e, d);
    c = v_fma_f64(f2, d, c);
    b = v_fma_f64(f2, c, b);
    a = v_fma_f64(f2, b, a);
    const vint exponent = v_shl64(v_bits_f64(whole), 52);
    return v_of_bits_f64(v_plus64(v_bits_f64(a), exponent));
}
