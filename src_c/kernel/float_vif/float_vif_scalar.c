/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float VIF in plain loops, a sample at a time: the judge of the template.
 */
#include "float_vif.h"

#include <stdbool.h>
#include <string.h>

#include "float_vif_log.h"
#include "kernel/workspace.h"

enum { REF, DIST, REF_REF, DIST_DIST, REF_DIST, MOMENTS };

typedef struct Work {
    const FloatVifScale *scale;
    float *ring[2];         /* rows of both planes, as many as the window */
    float *column[MOMENTS]; /* a row of column sums for each moment */
    unsigned next;          /* first row that is not in the rings */
} Work;

static unsigned mirror(int i, unsigned n)
{
    if (i < 0)
        i = -i;
    return i < (int)n ? (unsigned)i : 2 * n - 2 - (unsigned)i;
}

/* Grey levels less 128: exact at every depth. */
static float sample(const void *row, unsigned x, unsigned bits)
{
    if (bits == 32)
        return ((const float *)row)[x];
    if (bits == 8)
        return (float)((const uint8_t *)row)[x] - 128.f;
    return (float)((const uint16_t *)row)[x] / (float)(1 << (bits - 8)) - 128.f;
}

static void convert(const Work *k, unsigned y)
{
    const FloatVifScale *s = k->scale;
    const char *ref = (const char *)s->ref + (ptrdiff_t)y * s->ref_stride;
    const char *dist = (const char *)s->dist + (ptrdiff_t)y * s->dist_stride;
    const size_t at = (size_t)(y % s->taps.cnt) * s->w;
    for (unsigned x = 0; x < s->w; x++) {
        k->ring[0][at + x] = sample(ref, x, s->bits);
        k->ring[1][at + x] = sample(dist, x, s->bits);
    }
}

/* Column sums about row `y`; of the products only if `all`. */
static void down(const Work *k, const FloatVifTaps *taps, unsigned y, bool all)
{
    const FloatVifScale *s = k->scale;
    for (unsigned x = 0; x < s->w; x++) {
        float sum[MOMENTS] = { 0.f };
        for (unsigned i = 0; i < taps->cnt; i++) {
            const unsigned row =
                mirror((int)(y + i) - (int)(taps->cnt / 2), s->h);
            const size_t at = (size_t)(row % s->taps.cnt) * s->w + x;
            const float r = k->ring[0][at], d = k->ring[1][at];
            sum[REF] += taps->tap[i] * r;
            sum[DIST] += taps->tap[i] * d;
            if (!all)
                continue;
            sum[REF_REF] += taps->tap[i] * (r * r);
            sum[DIST_DIST] += taps->tap[i] * (d * d);
            sum[REF_DIST] += taps->tap[i] * (r * d);
        }
        for (unsigned m = 0; m < MOMENTS; m++)
            k->column[m][x] = sum[m];
    }
}

static float across(const float *column, const FloatVifTaps *taps, unsigned x,
                    unsigned w)
{
    float sum = 0.f;
    for (unsigned i = 0; i < taps->cnt; i++)
        sum += taps->tap[i] *
               column[mirror((int)(x + i) - (int)(taps->cnt / 2), w)];
    return sum;
}

static float log2_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    const int exponent = (int)(bits >> 23 & 255) - 127;
    bits = (bits & 0x7fffff) | 127u << 23;
    memcpy(&x, &bits, sizeof(x));
    const float f = x - 1.f;
    float q = 0.f;
    for (unsigned i = 0; i < FLOAT_VIF_LOG_TERMS; i++)
        q = q * f + float_vif_log[i];
    return (float)exponent + q * f;
}

/* What is sent of a sample: its share of the denominator. */
static float sent(const FloatVifScale *s, float x)
{
    if ((double)x < s->noise)
        return 1.f;
    return log2_of((float)(1. + (double)x / s->noise));
}

/* What arrives of it, from the variances `x` of the reference and `y` of the
 * distorted and their covariance `z`. */
static float arrives(const FloatVifScale *s, float limit, float x, float y,
                     float z)
{
    const float epsilon = float_vif_epsilon;
    float gain = z / (x + epsilon), lost = y - gain * z;
    if (x < epsilon) {
        gain = 0.f;
        lost = y;
        x = 0.f;
    }
    if (y < epsilon) {
        gain = 0.f;
        lost = 0.f;
    }
    if (gain < 0.f) {
        lost = y;
        gain = 0.f;
    }
    if ((double)x < s->noise)
        return 1.f - y * s->flat;
    if (z < 0.f)
        return 0.f;
    lost = lost > epsilon ? lost : epsilon;
    gain = gain < limit ? gain : limit;
    return log2_of(
        (float)(1. + (double)(gain * gain * x) / ((double)lost + s->noise)));
}

static void row_sums(const Work *k, unsigned y)
{
    const FloatVifScale *s = k->scale;
    FloatVifRow row = { .den = 0.f };
    down(k, &s->taps, y, true);
    for (unsigned x = 0; x < s->w; x++) {
        float m[MOMENTS];
        for (unsigned i = 0; i < MOMENTS; i++)
            m[i] = across(k->column[i], &s->taps, x, s->w);
        float xx = m[REF_REF] - m[REF] * m[REF];
        float yy = m[DIST_DIST] - m[DIST] * m[DIST];
        float xy = m[REF_DIST] - m[REF] * m[DIST];
        xx = xx > 0.f ? xx : 0.f;
        yy = yy > 0.f ? yy : 0.f;
        for (unsigned v = 0; v < s->limit_cnt; v++)
            row.num[v] += arrives(s, s->limit[v], xx, yy, xy);
        row.den += sent(s, xx < float_vif_epsilon ? 0.f : xx);
    }
    s->row[y] = row;
}

/* Row `y` / 2 of the next scale; the last of an odd number makes none. */
static void decimate(const Work *k, unsigned y)
{
    const FloatVifScale *s = k->scale;
    const ptrdiff_t at = (ptrdiff_t)(y / 2) * s->next_stride;
    float *ref = (float *)((char *)s->next_ref + at);
    float *dist = (float *)((char *)s->next_dist + at);
    if (y / 2 >= s->h / 2)
        return;
    down(k, &s->next_taps, y, false);
    for (unsigned x = 0; x < s->w / 2; x++) {
        ref[x] = across(k->column[REF], &s->next_taps, 2 * x, s->w);
        dist[x] = across(k->column[DIST], &s->next_taps, 2 * x, s->w);
    }
}

static void lay_out(Work *k, Workspace *ws)
{
    const size_t row = k->scale->w * sizeof(float);
    for (unsigned i = 0; i < 2; i++)
        k->ring[i] = workspace_take(ws, k->scale->taps.cnt * row);
    for (unsigned i = 0; i < MOMENTS; i++)
        k->column[i] = workspace_take(ws, row);
}

static size_t scratch_size(const FloatVifScale *scale)
{
    Workspace ws = { NULL, 0 };
    lay_out(&(Work){ .scale = scale }, &ws);
    return ws.used;
}

static void scale(const void *call, const Rows *rows, int64_t *sums)
{
    const FloatVifScale *s = call;
    const unsigned radius = s->taps.cnt / 2;
    Work k = { .scale = s };
    (void)sums;
    lay_out(&k, &(Workspace){ rows->scratch, 0 });
    k.next = rows->begin > radius ? rows->begin - radius : 0;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        for (; k.next < s->h && k.next <= y + radius; k.next++)
            convert(&k, k.next);
        if (s->limit_cnt)
            row_sums(&k, y);
        if (s->next_ref && y % 2 == 0)
            decimate(&k, y);
    }
}

const FloatVifKernels float_vif_kernels_scalar = {
    .scale = scale,
    .scratch_size = scratch_size,
};
