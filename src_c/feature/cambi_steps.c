/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Luminance of code values, whatever the picture's depth and range: 10 bits,
 * limited range. The reference for pow() is the C library's; only comparisons
 * of its results enter, so its last bits hardly matter.
 */
#include "cambi_steps.h"

#include <math.h>

enum { FOOT = 64, HEAD = 940, TOP = 1023 };

/* ITU-R BT.1886, for a white of 300 cd/m2 and a black of 0.01. */
static double bt1886(double v)
{
    const double white = pow(300., 1. / 2.4), black = pow(0.01, 1. / 2.4);
    const double gain = pow(white - black, 2.4);
    const double lift = black / (white - black);
    const double lit = v + lift;
    return gain * pow(lit > 0. ? lit : 0., 2.4);
}

/* SMPTE ST 2084 */
static double pq(double v)
{
    const double m1 = 0.1593017578125, m2 = 78.84375;
    const double c1 = 0.8359375, c2 = 18.8515625, c3 = 18.6875;
    const double p = pow(v, 1. / m2);
    const double above = p - c1;
    return 10000. * pow((above > 0. ? above : 0.) / (c2 - c3 * p), 1. / m1);
}

static double luminance(enum CambiEotf eotf, int code)
{
    const int clamped = code < FOOT ? FOOT : code > HEAD ? HEAD : code;
    const double v = (double)(clamped - FOOT) / (HEAD - FOOT);
    return eotf == CAMBI_PQ ? pq(v) : bt1886(v);
}

static bool visible(const CambiVisibility *vis, int code, int step)
{
    const double low = luminance(vis->eotf, code);
    const double high = luminance(vis->eotf, code + step);
    return high - low > vis->threshold * low;
}

/* Where a code lies from the last visible one: -1 below, 0 there, 1 above. */
static int side(const CambiVisibility *vis, int code, int step)
{
    if (!visible(vis, code, step))
        return 1;
    return visible(vis, code + 1, step) ? -1 : 0;
}

int cambi_last_visible(const CambiVisibility *vis, int step)
{
    int low = FOOT, high = HEAD - step - 1;
    if (side(vis, low, step) >= 0)
        return side(vis, low, step) ? 0 : low;
    if (side(vis, high, step) <= 0)
        return side(vis, high, step) ? TOP : high;
    for (;;) {
        const int mid = low + (high - low) / 2;
        const int at = side(vis, mid, step);
        if (!at)
            return mid;
        *(at > 0 ? &high : &low) = mid;
    }
}

int cambi_first_lit(const CambiVisibility *vis)
{
    int code = FOOT;
    while (code < HEAD && luminance(vis->eotf, code) < vis->min_luminance)
        code++;
    return code == FOOT ? 0 : code;
}

CambiSteps cambi_steps(const CambiVisibility *vis)
{
    const int cnt = (int)vis->steps, lit = cambi_first_lit(vis);
    CambiSteps s = { .cnt = vis->steps, .low = CAMBI_MAX_VALUE, .high = 0 };
    for (int d = 1; d <= cnt; d++) {
        const int last = cambi_last_visible(vis, d);
        for (int v = 0; v <= CAMBI_MAX_VALUE; v++)
            if (v <= last && v + cnt + d > lit)
                s.counts[v] |= (uint32_t)1 << (d - 1);
    }
    /* What is looked up lies at most cnt away from a value at which a step
     * counts. */
    for (int v = 0; v <= CAMBI_MAX_VALUE; v++) {
        if (!s.counts[v])
            continue;
        const int first = v > cnt ? v - cnt : 0;
        const int last = v + cnt < CAMBI_MAX_VALUE ? v + cnt : CAMBI_MAX_VALUE;
        s.low = s.low < (unsigned)first ? s.low : (unsigned)first;
        s.high = s.high > (unsigned)last ? s.high : (unsigned)last;
    }
    return s;
}
