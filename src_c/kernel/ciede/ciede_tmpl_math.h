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
 * Polynomials are minimax fits; each names its interval and its error. All work
 * on CIEDE_CHAINS vectors at once, step by step: a chain is far longer than what
 * a processor looks ahead, so others must stand right beside it.
 */

/* Enough to fill the latency of a multiply-add. */
enum { CIEDE_CHAINS = 4 };

#define CIEDE_EACH                                                             \
    SIMD_UNROLL                                                                \
    for (int j = 0; j < CIEDE_CHAINS; j++)

/* The 29 bits of binary64 that binary32 lacks. */
#define CIEDE_LOW_BITS ((1ull << 29) - 1)

/* x plus half a unit of binary32, plus the bound. */
static inline vint ciede_shifted(vdbl x, int m)
{
    const uint64_t half = (1ull << 28) + (1ull << m);
    return v_plus64(v_bits_f64(x), v_set64(half));
}

/* Failed where the value before the shift was near. */
static inline void ciede_look(vtests *far, vint shifted, int m)
{
    const uint64_t window = CIEDE_LOW_BITS & ~((2ull << m) - 1);
    *far = v_test(*far, shifted, v_set64(window));
}

static inline void ciede_near(vtests *far, vdbl x, int m)
{
    ciede_look(far, ciede_shifted(x, m), m);
}

/* x rounded to binary32, unless it is near. */
static inline vdbl ciede_round(vtests *far, vdbl x, int m)
{
    const vint shifted = ciede_shifted(x, m);
    ciede_look(far, shifted, m);
    return v_of_bits_f64(v_clear(shifted, v_set64(CIEDE_LOW_BITS)));
}

/* Failed in other lanes than these. */
static inline void ciede_only(vtests *far, vdmask lanes)
{
    const vint bit = v_set64(1);
    *far = v_test(*far, v_bits_f64(v_keep_f64(lanes, v_of_bits_f64(bit))), bit);
}

/* Rounded to binary32 and back: results of exact operations. */
static inline vdbl ciede_exact(vdbl x)
{
    return v_widen_half(v_narrow_half(x));
}

/* y = a x + b, with constants or with y before. */
static inline void ciede_line(vdbl y[CIEDE_CHAINS], const vdbl x[CIEDE_CHAINS],
                              double a, double b)
{
    CIEDE_EACH y[j] = v_fma_f64(x[j], v_set_f64(a), v_set_f64(b));
}

static inline void ciede_horner(vdbl y[CIEDE_CHAINS],
                                const vdbl x[CIEDE_CHAINS], double b)
{
    CIEDE_EACH y[j] = v_fma_f64(x[j], y[j], v_set_f64(b));
}

/* Estrin: y += x z. */
static inline void ciede_join(vdbl y[CIEDE_CHAINS], const vdbl x[CIEDE_CHAINS],
                              const vdbl z[CIEDE_CHAINS])
{
    CIEDE_EACH y[j] = v_fma_f64(x[j], z[j], y[j]);
}

static inline void ciede_horner_f32(vflt y[CIEDE_CHAINS],
                                    const vflt x[CIEDE_CHAINS], float b)
{
    CIEDE_EACH y[j] = v_fma_f32(x[j], y[j], v_set_f32(b));
}

/* The series of (1 - h)^(-1/2) - 1, cut after its cube, over h; for h below
 * 2^-10.4 its error is below 2^-43.5 of 1. */
static inline void ciede_root_series(vdbl p[CIEDE_CHAINS],
                                     const vdbl h[CIEDE_CHAINS])
{
    ciede_line(p, h, 5. / 16., 3. / 8.);
    ciede_horner(p, h, 1. / 2.);
}

/* 1 / sqrt(x) within 2^-43.5, from a guess y with h = 1 - x y^2. */
static inline void ciede_rsqrt(vdbl y[CIEDE_CHAINS], const vdbl x[CIEDE_CHAINS])
{
    vdbl h[CIEDE_CHAINS], p[CIEDE_CHAINS];
    CIEDE_EACH y[j] = v_rsqrt_guess_f64(x[j]);
    CIEDE_EACH h[j] = v_mul_f64(x[j], y[j]);
    CIEDE_EACH h[j] = v_fnma_f64(h[j], y[j], v_set_f64(1.));
    ciede_root_series(p, h);
    CIEDE_EACH h[j] = v_mul_f64(y[j], h[j]);
    ciede_join(y, h, p);
}

/* sqrt(x) within 2^-43.5, x >= 2^-115 or 0, which stays 0. */
static inline void ciede_sqrt(vdbl x[CIEDE_CHAINS])
{
    vdbl y[CIEDE_CHAINS], h[CIEDE_CHAINS], p[CIEDE_CHAINS];
    CIEDE_EACH y[j] = v_rsqrt_guess_f64(v_max_f64(x[j], v_set_f64(0x1p-115)));
    CIEDE_EACH x[j] = v_mul_f64(x[j], y[j]);
    CIEDE_EACH h[j] = v_fnma_f64(x[j], y[j], v_set_f64(1.));
    ciede_root_series(p, h);
    CIEDE_EACH h[j] = v_mul_f64(x[j], h[j]);
    ciede_join(x, h, p);
}

/* The same where nothing stands beside it that a processor's root could wait
 * for. */
static inline void ciede_lone_sqrt(vdbl x[CIEDE_CHAINS])
{
    if (V_QUICK_ROOTS)
        CIEDE_EACH x[j] = v_sqrt_f64(x[j]);
    else
        ciede_sqrt(x);
}

/* The root of a sum of squares, to be rounded to binary32: M = 10, or exact. */
static inline void ciede_take_length(vtests *far, vdbl sum[CIEDE_CHAINS])
{
    ciede_lone_sqrt(sum);
    if (!V_QUICK_ROOTS)
        CIEDE_EACH ciede_near(far, sum[j], 10);
}

/* |x| of V_LANES numbers in binary32, too little by 2^-20 at most: the upper
 * halves of binary64 without the sign and the highest bits of the exponent, which
 * say nothing of numbers in binary32's normal range. */
static inline vflt ciede_upper(const double *x)
{
    const vflt lo = v_cast_f32(v_load(x));
    const vflt hi = v_cast_f32(v_load(x + V_LANES / 2));
    const vint bits = v_shl32(v_cast_int(v_odd_f32(lo, hi)), 3);
    return v_cast_f32(v_sub32(bits, v_set32((1023u - 127u) << 23)));
}

/* log2 x, nearly, in units of 2^-23: x > 0 as an integer, less that of 1. */
static inline void ciede_log2_guess(vflt l[CIEDE_CHAINS],
                                    const vflt x[CIEDE_CHAINS])
{
    const vint one = v_cast_int(v_set_f32(1.f));
    CIEDE_EACH l[j] = v_to_f32(v_sub32(v_cast_int(x[j]), one));
}

/* y (1 + a h + b h^2) */
static inline void ciede_improve(vflt y[CIEDE_CHAINS], vflt h[CIEDE_CHAINS],
                                 float a, float b)
{
    vflt p[CIEDE_CHAINS];
    CIEDE_EACH p[j] = v_fma_f32(h[j], v_set_f32(b), v_set_f32(a));
    CIEDE_EACH h[j] = v_mul_f32(y[j], h[j]);
    CIEDE_EACH y[j] = v_fma_f32(h[j], p[j], y[j]);
}

/* x^(-1/5), x in [0.085, 2.6]: a guess with h = 1 - x y^5 below 0.039, then the
 * series of (1 - h)^(-1/5) to its square; within 2^-17.5 for the x that is given,
 * which may be ciede_upper()'s. */
static inline void ciede_fifth(vflt y[CIEDE_CHAINS], const vflt x[CIEDE_CHAINS])
{
    vflt l[CIEDE_CHAINS], h[CIEDE_CHAINS], z[CIEDE_CHAINS];
    ciede_log2_guess(l, x);
    CIEDE_EACH y[j] = v_fma_f32(l[j], v_set_f32(0.011151963f * 0x1p-46f),
                                v_set_f32(-0.138328f * 0x1p-23f));
    ciede_horner_f32(y, l, 0.9924852f);
    CIEDE_EACH h[j] = v_mul_f32(y[j], y[j]);
    CIEDE_EACH z[j] = v_mul_f32(x[j], y[j]);
    CIEDE_EACH h[j] = v_mul_f32(h[j], h[j]);
    CIEDE_EACH h[j] = v_fnma_f32(z[j], h[j], v_set_f32(1.f));
    ciede_improve(y, h, 1.f / 5.f, 3.f / 25.f);
}

/* x^2.4 = (x y)^3 (1 - h)^(-3/5) with y near x^(-1/5), so that h is below
 * 2^-15.1; within 2^-46.5. */
static inline void ciede_power24(vdbl x[CIEDE_CHAINS], vdbl y[CIEDE_CHAINS])
{
    vdbl h[CIEDE_CHAINS], z[CIEDE_CHAINS];
    CIEDE_EACH z[j] = v_mul_f64(x[j], y[j]);
    CIEDE_EACH h[j] = v_mul_f64(y[j], y[j]);
    CIEDE_EACH x[j] = v_mul_f64(z[j], z[j]);
    CIEDE_EACH h[j] = v_mul_f64(h[j], h[j]);
    CIEDE_EACH x[j] = v_mul_f64(x[j], z[j]);
    CIEDE_EACH h[j] = v_fnma_f64(z[j], h[j], v_set_f64(1.));
    ciede_line(y, h, 0.48, 0.6);
    CIEDE_EACH h[j] = v_mul_f64(x[j], h[j]);
    ciede_join(x, h, y);
}

/* x^(-1/3), x in [0.0085, 8]: as above, h = 1 - x y^3 below 0.034. Within
 * 2^-17, likewise. */
static inline void ciede_third(vflt y[CIEDE_CHAINS], const vflt x[CIEDE_CHAINS])
{
    vflt l[CIEDE_CHAINS], h[CIEDE_CHAINS], z[CIEDE_CHAINS];
    ciede_log2_guess(l, x);
    CIEDE_EACH y[j] = v_fma_f32(l[j], v_set_f32(0.0001748949f * 0x1p-92f),
                                v_set_f32(-0.002072452f * 0x1p-69f));
    ciede_horner_f32(y, l, 0.025759346f * 0x1p-46f);
    ciede_horner_f32(y, l, -0.22850036f * 0x1p-23f);
    ciede_horner_f32(y, l, 0.99099875f);
    CIEDE_EACH h[j] = v_mul_f32(y[j], y[j]);
    CIEDE_EACH z[j] = v_mul_f32(x[j], y[j]);
    CIEDE_EACH h[j] = v_fnma_f32(z[j], h[j], v_set_f32(1.f));
    ciede_improve(y, h, 1.f / 3.f, 2.f / 9.f);
}

/* x^(1/3) = x y^2 (1 - h)^(-2/3) with y near x^(-1/3), so that h is below
 * 2^-15.3; within 2^-46.8. */
static inline void ciede_cube_root(vdbl x[CIEDE_CHAINS], vdbl y[CIEDE_CHAINS])
{
    vdbl h[CIEDE_CHAINS];
    CIEDE_EACH h[j] = v_mul_f64(y[j], y[j]);
    CIEDE_EACH x[j] = v_mul_f64(x[j], h[j]);
    CIEDE_EACH h[j] = v_fnma_f64(x[j], y[j], v_set_f64(1.));
    ciede_line(y, h, 5. / 9., 2. / 3.);
    CIEDE_EACH h[j] = v_mul_f64(x[j], h[j]);
    ciede_join(x, h, y);
}

/* sin(x), |x| <= pi / 2, within 2^-44. */
static inline void ciede_sin(vdbl x[CIEDE_CHAINS])
{
    vdbl u[CIEDE_CHAINS], u2[CIEDE_CHAINS];
    vdbl a[CIEDE_CHAINS], b[CIEDE_CHAINS], c[CIEDE_CHAINS];
    CIEDE_EACH u[j] = v_mul_f64(x[j], x[j]);
    CIEDE_EACH u2[j] = v_mul_f64(u[j], u[j]);
    ciede_line(c, u, 0x1.531438466e265p-33, -0x1.ae07312cf6a5cp-26);
    ciede_line(b, u, 0x1.71dd09e40d547p-19, -0x1.a019fdb0bcf5fp-13);
    ciede_line(a, u, 0x1.1111110b13cc1p-7, -0x1.555555554930ap-3);
    ciede_join(b, u2, c);
    CIEDE_EACH u[j] = v_mul_f64(u[j], x[j]);
    ciede_join(a, u2, b);
    ciede_join(x, u, a);
}

/* sin(x), |x| <= pi / 4, u = x^2, within 2^-47.5. */
static inline void ciede_sin_octant(vdbl s[CIEDE_CHAINS],
                                    const vdbl x[CIEDE_CHAINS],
                                    const vdbl u[CIEDE_CHAINS],
                                    const vdbl u2[CIEDE_CHAINS])
{
    vdbl a[CIEDE_CHAINS], b[CIEDE_CHAINS];
    ciede_line(b, u, 0x1.71d77ce92c675p-19, -0x1.a019f95a79b3fp-13);
    ciede_line(a, u, 0x1.1111110ca2770p-7, -0x1.55555555523f9p-3);
    CIEDE_EACH b[j] = v_fma_f64(u2[j], v_set_f64(-0x1.a966dad0a4257p-26), b[j]);
    CIEDE_EACH s[j] = v_mul_f64(u[j], x[j]);
    ciede_join(a, u2, b);
    CIEDE_EACH s[j] = v_fma_f64(s[j], a[j], x[j]);
}

/* cos(x), u = x^2, |x| <= pi / 4, within 2^-53. */
static inline void ciede_cos_octant(vdbl a[CIEDE_CHAINS],
                                    const vdbl u[CIEDE_CHAINS],
                                    const vdbl u2[CIEDE_CHAINS])
{
    vdbl b[CIEDE_CHAINS], c[CIEDE_CHAINS];
    ciede_line(c, u, 0x1.1b95d21d33644p-29, -0x1.27df6b7289068p-22);
    ciede_line(b, u, 0x1.a019f882afc5dp-16, -0x1.6c16c164890dbp-10);
    ciede_line(a, u, 0x1.555555554f93bp-5, -0x1.fffffffffffa3p-2);
    ciede_join(b, u2, c);
    ciede_join(a, u2, b);
    ciede_horner(a, u, 1.);
}

/* atan(x), |x| <= tan(pi / 8), within 2^-45. */
static inline void ciede_atan(vdbl x[CIEDE_CHAINS])
{
    vdbl u[CIEDE_CHAINS], u2[CIEDE_CHAINS];
    vdbl a[CIEDE_CHAINS], b[CIEDE_CHAINS], c[CIEDE_CHAINS], d[CIEDE_CHAINS];
    CIEDE_EACH u[j] = v_mul_f64(x[j], x[j]);
    CIEDE_EACH u2[j] = v_mul_f64(u[j], u[j]);
    ciede_line(d, u, 0x1.fa2cd47df8ed6p-6, -0x1.e2980e83fb15ap-5);
    ciede_line(c, u, 0x1.3601d4dda019ap-4, -0x1.73e1a5e3c1f03p-4);
    ciede_join(c, u2, d);
    ciede_line(b, u, 0x1.c71582dd01410p-4, -0x1.24922d5e7c90bp-3);
    ciede_join(b, u2, c);
    ciede_line(a, u, 0x1.9999992d8ecfcp-3, -0x1.555555550d5aap-2);
    CIEDE_EACH u[j] = v_mul_f64(u[j], x[j]);
    ciede_join(a, u2, b);
    ciede_join(x, u, a);
}

/* x rounded to an integer in the low bits of a number near 1.5 * 2^52. */
#define CIEDE_INTEGERS 0x1.8p+52

/* 2^x for x in [-100, 0], within 2^-45. */
static inline void ciede_exp2(vdbl x[CIEDE_CHAINS])
{
    const vdbl integers = v_set_f64(CIEDE_INTEGERS);
    vdbl n[CIEDE_CHAINS], f2[CIEDE_CHAINS];
    vdbl a[CIEDE_CHAINS], b[CIEDE_CHAINS], c[CIEDE_CHAINS];
    CIEDE_EACH n[j] = v_add_f64(x[j], integers);
    CIEDE_EACH x[j] = v_sub_f64(x[j], v_sub_f64(n[j], integers));
    CIEDE_EACH f2[j] = v_mul_f64(x[j], x[j]);
    ciede_line(c, x, 0x1.b694841271903p-24, 0x1.63efb94422bc5p-20);
    ciede_line(b, x, 0x1.ffcb3166ca685p-17, 0x1.43088e06b7e17p-13);
    ciede_join(b, f2, c);
    ciede_line(a, x, 0x1.5d87feaa75bafp-10, 0x1.3b2ab72b282dbp-7);
    ciede_join(a, f2, b);
    ciede_line(c, x, 0x1.c6b08d7035ae7p-5, 0x1.ebfbdff81493ap-3);
    ciede_join(c, f2, a);
    ciede_line(b, x, 0x1.62e42fefa3a3cp-1, 0x1.000000000003dp+0);
    ciede_join(b, f2, c);
    CIEDE_EACH x[j] = v_of_bits_f64(
        v_plus64(v_bits_f64(b[j]), v_shl64(v_bits_f64(n[j]), 52)));
}
