/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * x^7 in binary32, as glibc's powf(x, 7) rounds it.
 *
 * That function is accurate to 0.52 units in the last place, not correctly
 * rounded, and one in 1,400 of its results shows; so its method is part of the
 * definition: 2^(7 log2 x), where log2 is a look-up of sixteen intervals and a
 * polynomial of degree 5 in what remains, and 2^y one of 32 intervals and a
 * polynomial of degree 3, all in binary64. The figures are those that glibc
 * (since 2.28) and Arm's optimized routines publish.
 */
#ifndef KERNEL_CIEDE_POWER_H
#define KERNEL_CIEDE_POWER_H

#include <stdint.h>
#include <string.h>

/* An interval of the mantissa: about 1 / its centre, and -log2 of that. */
typedef struct CiedeInterval {
    double inverse, log2;
} CiedeInterval;

static const CiedeInterval ciede_interval[16] = {
    { 0x1.661ec79f8f3bep+0, -0x1.efec65b963019p-2 },
    { 0x1.571ed4aaf883dp+0, -0x1.b0b6832d4fca4p-2 },
    { 0x1.49539f0f010bp+0, -0x1.7418b0a1fb77bp-2 },
    { 0x1.3c995b0b80385p+0, -0x1.39de91a6dcf7bp-2 },
    { 0x1.30d190c8864a5p+0, -0x1.01d9bf3f2b631p-2 },
    { 0x1.25e227b0b8eap+0, -0x1.97c1d1b3b7afp-3 },
    { 0x1.1bb4a4a1a343fp+0, -0x1.2f9e393af3c9fp-3 },
    { 0x1.12358f08ae5bap+0, -0x1.960cbbf788d5cp-4 },
    { 0x1.0953f419900a7p+0, -0x1.a6f9db6475fcep-5 },
    { 1., 0. },
    { 0x1.e608cfd9a47acp-1, 0x1.338ca9f24f53dp-4 },
    { 0x1.ca4b31f026aap-1, 0x1.476a9543891bap-3 },
    { 0x1.b2036576afce6p-1, 0x1.e840b4ac4e4d2p-3 },
    { 0x1.9c2d163a1aa2dp-1, 0x1.40645f0c6651cp-2 },
    { 0x1.886e6037841edp-1, 0x1.88e9c2c1b9ff8p-2 },
    { 0x1.767dcf5534862p-1, 0x1.ce0a44eb17bccp-2 },
};

/* 2^(i / 32) */
static const double ciede_root[32] = {
    0x1p+0,
    0x1.059b0d3158574p+0,
    0x1.0b5586cf9890fp+0,
    0x1.11301d0125b51p+0,
    0x1.172b83c7d517bp+0,
    0x1.1d4873168b9aap+0,
    0x1.2387a6e756238p+0,
    0x1.29e9df51fdee1p+0,
    0x1.306fe0a31b715p+0,
    0x1.371a7373aa9cbp+0,
    0x1.3dea64c123422p+0,
    0x1.44e086061892dp+0,
    0x1.4bfdad5362a27p+0,
    0x1.5342b569d4f82p+0,
    0x1.5ab07dd485429p+0,
    0x1.6247eb03a5585p+0,
    0x1.6a09e667f3bcdp+0,
    0x1.71f75e8ec5f74p+0,
    0x1.7a11473eb0187p+0,
    0x1.82589994cce13p+0,
    0x1.8ace5422aa0dbp+0,
    0x1.93737b0cdc5e5p+0,
    0x1.9c49182a3f09p+0,
    0x1.a5503b23e255dp+0,
    0x1.ae89f995ad3adp+0,
    0x1.b7f76f2fb5e47p+0,
    0x1.c199bdd85529cp+0,
    0x1.cb720dcef9069p+0,
    0x1.d5818dcfba487p+0,
    0x1.dfc97337b9b5fp+0,
    0x1.ea4afa2a490dap+0,
    0x1.f50765b6e454p+0,
};

/* The intervals cover mantissas from here to twice that. */
#define CIEDE_LOWEST 0x3f330000u /* binary32 0.69921875 */

/* Base 2 logarithm of a positive normal number. */
static inline double ciede_log2(float x)
{
    uint32_t bits, mantissa, above;
    float m;
    memcpy(&bits, &x, sizeof bits);
    above = bits - CIEDE_LOWEST;
    mantissa = bits - (above & 0xff800000u);
    memcpy(&m, &mantissa, sizeof m);
    const CiedeInterval *in = &ciede_interval[above >> 19 & 15];
    const double exponent = (double)((int32_t)above >> 23);
    const double t = (double)m * in->inverse - 1., t2 = t * t;
    const double high = 0x1.27616c9496e0bp-2 * t - 0x1.71969a075c67ap-2;
    const double mid = 0x1.ec70a6ca7baddp-2 * t - 0x1.7154748bef6c8p-1;
    const double low = 0x1.71547652ab82bp+0 * t + (in->log2 + exponent);
    return high * (t2 * t2) + (mid * t2 + low);
}

/* x in [0, 512]. Below 2^-17, results no longer matter to who adds 25^7. */
static inline float ciede_power7(float x)
{
    if (x < 0x1p-17f)
        return 0.f;
    const double y = 7. * ciede_log2(x);
    const double steps = y + 0x1.8p+47; /* y rounded to 1/32 in its last bits */
    const double t = y - (steps - 0x1.8p+47);
    uint64_t n, scale;
    memcpy(&n, &steps, sizeof n);
    memcpy(&scale, &ciede_root[n & 31], sizeof scale);
    /* n >> 5 whole powers of two; those above the table's part. */
    scale += (n >> 5) << 52;
    double power;
    memcpy(&power, &scale, sizeof power);
    const double high = 0x1.c6af84b912394p-5 * t + 0x1.ebfce50fac4f3p-3;
    const double low = 0x1.62e42ff0c52d6p-1 * t + 1.;
    return (float)((high * (t * t) + low) * power);
}

#endif
