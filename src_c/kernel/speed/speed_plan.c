/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "speed_plan.h"

#include <math.h>

static const double PI = 0x1.921fb54442d18p+1;

/* libvmaf's list; another factor may differ from one of these by 0.001. */
static const double kernelscales[] = {
    1,      1. / 2,  3. / 2,   2,        2. / 3,   2.4,      360. / 97,
    4. / 3, 3.5 / 3, 3.75 / 3, 4.25 / 3, 5. / 3,   3,        1 / 2.25,
    1.4746, 1.54,    1.6,      1.06667,  0.711111, 0.740740, 1.111111,
};

bool speed_plan_valid_kernelscale(double scale)
{
    for (size_t i = 0; i < sizeof(kernelscales) / sizeof(double); i++)
        if (fabs((double)(float)scale - kernelscales[i]) < 1e-3)
            return true;
    return false;
}

unsigned speed_plan_tap_cnt(unsigned size, double kernelscale)
{
    unsigned cnt = (unsigned)ceilf((float)size * (float)kernelscale);
    cnt += cnt % 2 == 0;
    return cnt > 3 ? cnt : 3;
}

/* exp() is the C library's; that of glibc decides. */
static void gaussian(float *tap, unsigned cnt, float sigma)
{
    const double s = (double)sigma;
    const float density = (float)(1 / (s * sqrt(2 * PI)));
    float sum = 0;
    for (unsigned i = 0; i < cnt; i++) {
        const double x = (double)((float)i - (float)(cnt - 1) / 2);
        tap[i] = (float)exp(-0.5 * x / s * x / s) / density;
        sum += tap[i];
    }
    for (unsigned i = 0; i < cnt; i++)
        tap[i] /= sum;
}

void speed_plan_low_pass(float *tap, unsigned cnt)
{
    gaussian(tap, cnt, (float)(2.0 * cnt / 5.0));
}

void speed_plan_local_mean(float *tap, unsigned cnt)
{
    gaussian(tap, cnt, (float)cnt / 5);
}

static bool resizes(double prescale)
{
    return fabs(prescale - 1) >= 1e-3;
}

unsigned speed_plan_resized(unsigned size, double prescale)
{
    return resizes(prescale) ? (unsigned)((double)size * prescale + 0.5) : size;
}

void speed_plan_axis(SpeedAxis *axis, unsigned size, unsigned taps,
                     double prescale, SpeedMethod method)
{
    static const unsigned reach[SPEED_METHOD_CNT] = { 1, 2, 4, 9 };
    axis->size = size;
    axis->cnt = speed_plan_resized(size, prescale) / SPEED_STEP;
    axis->stride = (taps * axis->cnt + 30) / 16 * 16;
    axis->reach = resizes(prescale) ? reach[method] : 1;
}

/* Of the source samples behind one resized sample. */
typedef struct Taps {
    int at[SPEED_MAX_REACH];
    float weight[SPEED_MAX_REACH];
} Taps;

/* The edge sample is not repeated. */
static int mirror(int at, int last)
{
    return at < 0 ? -at : at > last ? 2 * last - at : at;
}

/* Keys' cubic with a = -0.75. */
static float cubic(float t)
{
    const float a = -0.75f;
    t = fabsf(t);
    if (t < 1)
        return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

/* sin() is the C library's; that of glibc decides. */
static float lanczos(float t)
{
    const double x = (double)t;
    if (t == 0)
        return 1;
    if (!(fabsf(t) < 4))
        return 0;
    return (float)(4 * sin(PI * x) * sin(PI * x / 4) / (PI * PI * x * x));
}

static void interpolate(Taps *taps, unsigned k, const SpeedAxis *axis,
                        float ratio, SpeedMethod method)
{
    const int last = (int)axis->size - 1;
    const float t = (float)(((double)k + 0.5) * (double)ratio - 0.5);
    const int low = (int)floorf(t), reach = (int)axis->reach;
    const int first = method == SPEED_LANCZOS4 ? -4 : -1;
    if (method == SPEED_BILINEAR) {
        /* Left of the first sample this extrapolates, as in libvmaf. */
        taps->at[0] = mirror(low, last);
        taps->at[1] = mirror((int)ceilf(t), last);
        taps->weight[1] = t - (float)taps->at[0];
        taps->weight[0] = 1 - taps->weight[1];
        return;
    }
    for (int i = 0; i < reach; i++) {
        const float from = (float)(first + i) - (t - (float)low);
        taps->at[i] = mirror(low + first + i, last);
        taps->weight[i] = method == SPEED_BICUBIC ? cubic(from) : lanczos(from);
    }
}

static void resize(Taps *taps, unsigned k, const SpeedAxis *axis,
                   unsigned resized, SpeedMethod method)
{
    const float ratio = (float)axis->size / (float)resized;
    if (axis->reach > 1) {
        interpolate(taps, k, axis, ratio, method);
        return;
    }
    taps->at[0] = resized == axis->size ? (int)k : (int)((float)k * ratio);
    taps->weight[0] = 1;
}

void speed_plan_fill(const SpeedAxis *axis, unsigned taps, double prescale,
                     SpeedMethod method)
{
    const int size = (int)speed_plan_resized(axis->size, prescale);
    for (unsigned n = 0; n < axis->stride; n++) {
        const unsigned entry = n < taps * axis->cnt ? n : 0;
        const int tap = (int)(entry / axis->cnt) - (int)(taps / 2);
        const int at = tap + SPEED_STEP * (int)(entry % axis->cnt);
        Taps found;
        resize(&found, (unsigned)mirror(at, size - 1), axis, (unsigned)size,
               method);
        for (unsigned i = 0; i < axis->reach; i++) {
            axis->at[i * axis->stride + n] = found.at[i];
            axis->weight[i * axis->stride + n] = found.weight[i];
        }
    }
}
