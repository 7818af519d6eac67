/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CIEDE2000 of one pixel: BT.709 samples to Lab, and two Lab colours to their
 * difference. (Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula",
 * Color Research and Application 30(1), 2005; weights 0.65, 1 and 4 of
 * lightness, chroma and hue as in libvmaf.)
 *
 * Most functions of the C library are rounded to binary32 at once, so a result
 * in its last place shows only where it decides a rounding; glibc's are meant.
 * Vector code that finds a value too near to such a decision comes here.
 */
#ifndef KERNEL_CIEDE_PIXEL_H
#define KERNEL_CIEDE_PIXEL_H

#include <math.h>
#include <stdbool.h>

#include "ciede.h"
#include "ciede_power.h"

#define CIEDE_PI 0x1.921fb54442d18p+1
/* 25^7; in binary32, 6103515648. */
#define CIEDE_25_7 6103515625.

/* Differences are rounded to binary32 but ordered by this in binary64. */
static const double ciede_matrix[3][3] = {
    { 0.4124564390896921, 0.357576077643909, 0.18043748326639894 },
    { 0.21267285140562248, 0.715152155287818, 0.07217499330655958 },
    { 0.019333895582329317, 0.119192025881303, 0.9503040785363677 },
};

/* Inverse of sRGB's transfer function; nothing is clipped. */
static inline double ciede_linear(double c)
{
    if (c > 10. / 255.)
        return pow((c + 0.055) * (1. / 1.055), 2.4);
    return c * (1. / 12.92);
}

static inline float ciede_root3(double c)
{
    if (c > 216. / 24389.)
        return (float)pow(c, 1. / 3.);
    return (float)(((24389. / 27.) * c + 16.) * (1. / 116.));
}

/* sqrt(a^2 + b^2) */
static inline float ciede_hypot(float a, float b)
{
    return (float)sqrt((double)a * (double)a + (double)b * (double)b);
}

static inline CiedeColour ciede_colour(unsigned y, unsigned cb, unsigned cr,
                                       unsigned bpc)
{
    const double k = (double)(1u << (bpc - 8));
    const double luma = ((double)y - 16. * k) * (1. / (219. * k));
    const double u = ((double)cb - 128. * k) * (1. / (224. * k));
    const double v = ((double)cr - 128. * k) * (1. / (224. * k));
    const double rgb[3] = {
        ciede_linear(luma + 1.28033 * v),
        ciede_linear((luma - 0.21482 * u) - 0.38059 * v),
        ciede_linear(luma + 2.12798 * u),
    };
    double xyz[3];
    for (int i = 0; i < 3; i++) {
        const double *m = ciede_matrix[i];
        xyz[i] = (m[0] * rgb[0] + m[1] * rgb[1]) + m[2] * rgb[2];
    }
    const double fx = (double)ciede_root3(xyz[0] * (1. / 0.95047));
    const double fy = (double)ciede_root3(xyz[1]);
    const double fz = (double)ciede_root3(xyz[2] * (1. / 1.08883));
    CiedeColour c = {
        .l = (float)(116. * fy - 16.),
        .a = (float)(500. * (fx - fy)),
        .b = (float)(200. * (fy - fz)),
    };
    c.chroma = ciede_hypot(c.a, c.b);
    return c;
}

/* The a axis stretched near grey. */
static inline float ciede_stretched(float a, float mean_chroma)
{
    const double q = pow((double)mean_chroma, 7.);
    const double gain = 1. - sqrt(q / (q + CIEDE_25_7));
    return (float)((double)a + (double)(a / 2.f) * gain);
}

/* In [0, 2 pi). */
static inline float ciede_hue(float b, float a)
{
    if (a == 0.f && b == 0.f)
        return 0.f;
    const float h = (float)atan2((double)b, (double)a);
    return h < 0.f ? (float)((double)h + 2. * CIEDE_PI) : h;
}

/* From hue h1 to h2, the short way round. */
static inline float ciede_turn(float h1, float h2)
{
    const double turn = (double)(h2 - h1);
    if (fabs(turn) <= CIEDE_PI)
        return (float)turn;
    return (float)(h2 <= h1 ? turn + 2. * CIEDE_PI : turn - 2. * CIEDE_PI);
}

static inline float ciede_mean_hue(float h1, float h2)
{
    const double sum = (double)(h1 + h2);
    if (fabs((double)(h1 - h2)) > CIEDE_PI)
        return (float)((sum + 2. * CIEDE_PI) / 2.);
    return (float)(sum / 2.);
}

static inline float ciede_hue_weight(float mean)
{
    const double h = (double)mean;
    const double t1 = 1. - 0.17 * cos(h - CIEDE_PI / 6.);
    const double t2 = t1 + 0.24 * cos(2. * h);
    const double t3 = t2 + 0.32 * cos(3. * h + CIEDE_PI / 30.);
    return (float)(t3 - 0.20 * cos(4. * h - 7. * CIEDE_PI / 20.));
}

/* The rotation that blues need. */
static inline float ciede_rotation(float mean_hue, float mean_chroma)
{
    const float degrees = (float)((double)mean_hue * (180. / CIEDE_PI));
    const float d = (float)(((double)degrees - 275.) * (1. / 25.));
    const float turn = (float)(60. * exp(-(double)(d * d)));
    const float theta = (float)((double)turn * (CIEDE_PI / 180.));
    const float p = ciede_power7(mean_chroma);
    const float share = p / (p + (float)CIEDE_25_7);
    return (float)((-2. * sqrt((double)share)) * sin((double)theta));
}

/* What hue and chroma add up to, before the root. */
static inline float ciede_length(float l, float c, float h, float rotation)
{
    const double dl = (double)l, dc = (double)c, dh = (double)h;
    const double cross = (double)(rotation * c * h);
    return (float)sqrt(((dl * dl + dc * dc) + dh * dh) + cross);
}

static inline float ciede_difference(const CiedeColour *p, const CiedeColour *q)
{
    const float mean_chroma = (p->chroma + q->chroma) / 2.f;
    const float a1 = ciede_stretched(p->a, mean_chroma);
    const float a2 = ciede_stretched(q->a, mean_chroma);
    const float c1 = ciede_hypot(a1, p->b), c2 = ciede_hypot(a2, q->b);
    const float mean_c = (c1 + c2) / 2.f;
    const double d = (double)((p->l + q->l) / 2.f - 50.f);
    const float weight_l = (float)(1. + (0.015 * (d * d)) / sqrt(20. + d * d));
    const float weight_c = (float)(1. + 0.045 * (double)mean_c);

    const float h1 = ciede_hue(p->b, a1), h2 = ciede_hue(q->b, a2);
    const bool grey = p->chroma == 0.f || q->chroma == 0.f;
    const double turn = grey ? 0. : (double)ciede_turn(h1, h2);
    const float dh = (float)((2. * sqrt((double)(c1 * c2))) * sin(turn / 2.));
    const float mean_h = ciede_mean_hue(h1, h2);
    const double t = (double)ciede_hue_weight(mean_h);
    const float weight_h = (float)(1. + (0.015 * (double)mean_c) * t);
    return ciede_length((q->l - p->l) / (0.65f * weight_l),
                        (c2 - c1) / weight_c, dh / (4.f * weight_h),
                        ciede_rotation(mean_h, mean_c));
}

#endif
