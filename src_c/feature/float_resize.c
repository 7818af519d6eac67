/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "float_resize.h"

#include <math.h>
#include <stdbool.h>

#define PI 3.14159265358979323846

const char *const float_resize_names[FLOAT_RESIZE_METHODS] = {
    [FLOAT_RESIZE_NEAREST] = "nearest",
    [FLOAT_RESIZE_BILINEAR] = "bilinear",
    [FLOAT_RESIZE_BICUBIC] = "bicubic",
    [FLOAT_RESIZE_LANCZOS4] = "lanczos4",
};

unsigned float_resize_size(unsigned n, double factor)
{
    return (unsigned)(n * factor + 0.5);
}

/* Where sample `i` of the new plane lies in the old one. */
static float source(unsigned i, float ratio)
{
    return (float)((i + 0.5) * (double)ratio - 0.5);
}

/* Once is enough but for windows that are wider than a tiny plane. */
static unsigned reflect(int i, unsigned n)
{
    const int last = (int)n - 1;
    while (i < 0 || i > last)
        i = last == 0 ? 0 : i < 0 ? -i : 2 * last - i;
    return (unsigned)i;
}

/* Weight of a sample at the distance `t`. */
static float bicubic(float t)
{
    const float a = -0.75f;
    t = fabsf(t);
    if (t < 1.f)
        return (((a + 2.f) * t - (a + 3.f)) * t) * t + 1.f;
    return t < 2.f ? (((t - 5.f) * t + 8.f) * t - 4.f) * a : 0.f;
}

static float lanczos4(float distance)
{
    const double t = (double)distance;
    if (distance == 0.f)
        return 1.f;
    if (!(t > -4. && t < 4.))
        return 0.f;
    return (float)(((4. * sin(PI * t)) * sin((PI * t) / 4.)) /
                   (((PI * PI) * t) * t));
}

/* The samples that make a new one along one axis, and their weights. */
typedef struct Taps {
    unsigned cnt, at[9];
    float weight[9];
} Taps;

static Taps find_taps(const FloatResize *r, unsigned i, float ratio, unsigned n)
{
    const bool lanczos = r->method == FLOAT_RESIZE_LANCZOS4;
    const int reach = lanczos ? 4 : 2, first = lanczos ? -4 : -1;
    const float at = source(i, ratio), whole = floorf(at), rest = at - whole;
    Taps taps = { .cnt = 0 };
    for (int k = first; k <= reach; k++, taps.cnt++) {
        const float t = (float)k - rest;
        taps.at[taps.cnt] = reflect((int)whole + k, n);
        taps.weight[taps.cnt] = lanczos ? lanczos4(t) : bicubic(t);
    }
    return taps;
}

static float weighted(const FloatResize *r, const Taps *across,
                      const Taps *down)
{
    float value = 0.f, total = 0.f;
    for (unsigned j = 0; j < down->cnt; j++) {
        for (unsigned i = 0; i < across->cnt; i++) {
            const float w = across->weight[i] * down->weight[j];
            value += float_resize_sample(r, across->at[i], down->at[j]) * w;
            total += w;
        }
    }
    return r->method == FLOAT_RESIZE_LANCZOS4 ? value / total : value;
}

static float bilinear(const FloatResize *r, float xx, float yy)
{
    const unsigned x1 = reflect((int)floorf(xx), r->w);
    const unsigned x2 = reflect((int)ceilf(xx), r->w);
    const unsigned y1 = reflect((int)floorf(yy), r->h);
    const unsigned y2 = reflect((int)ceilf(yy), r->h);
    const float dx = xx - (float)x1, dy = yy - (float)y1;
    return (1.f - dy) * (1.f - dx) * float_resize_sample(r, x1, y1) +
           (1.f - dy) * dx * float_resize_sample(r, x2, y1) +
           dy * (1.f - dx) * float_resize_sample(r, x1, y2) +
           dy * dx * float_resize_sample(r, x2, y2);
}

static void resize_row(const FloatResize *r, unsigned y, float *out)
{
    const float ratio_x = (float)r->w / (float)r->to_w;
    const float ratio_y = (float)r->h / (float)r->to_h;
    const unsigned nearest = (unsigned)((float)y * ratio_y);
    const Taps down = find_taps(r, y, ratio_y, r->h);
    for (unsigned x = 0; x < r->to_w; x++) {
        if (r->method == FLOAT_RESIZE_NEAREST) {
            out[x] =
                float_resize_sample(r, (unsigned)((float)x * ratio_x), nearest);
        } else if (r->method == FLOAT_RESIZE_BILINEAR) {
            out[x] = bilinear(r, source(x, ratio_x), source(y, ratio_y));
        } else {
            const Taps across = find_taps(r, x, ratio_x, r->w);
            out[x] = weighted(r, &across, &down);
        }
    }
}

void float_resize(const void *call, const Rows *rows, int64_t *sums)
{
    const FloatResize *r = call;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++)
        resize_row(r, y, r->to + (size_t)y * r->to_w);
}
