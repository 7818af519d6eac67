/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Y'CbCr samples of any depth to the planar RGB floats that the LPIPS network
 * takes, a row at a time. Every product and sum below is one binary32 rounding
 * in the written order: the published scores depend on it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lpips.h"

typedef struct Rows {
    float *y, *u, *v;     /* one row of samples at luma width */
    float *upper, *lower; /* chroma rows before interpolation */
    float *rgb;           /* one channel, normalised */
    int32_t *byte;
} Rows;

static void load_bytes(float *dst, const uint8_t *src, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        dst[i] = src[i];
}

/* Rounding half up gives 2^8 for the topmost codes. It is kept: the default
 * scores are defined with it. */
static void load_rounded(float *dst, const uint16_t *src, unsigned n,
                         unsigned bpc)
{
    const unsigned shift = bpc - 8, half = 1u << (shift - 1);
    const unsigned max = (1u << bpc) - 1;

    for (unsigned i = 0; i < n; i++) {
        const unsigned v = src[i] < max ? src[i] : max;
        dst[i] = (float)(int)((v + half) >> shift);
    }
}

static void load_words(float *dst, const uint16_t *src, unsigned n,
                       unsigned bpc)
{
    const unsigned max = (1u << bpc) - 1;

    for (unsigned i = 0; i < n; i++)
        dst[i] = (float)(int)(src[i] < max ? src[i] : max);
}

static void load_row(const LpipsConversion *how, float *dst, const void *src,
                     unsigned n)
{
    if (how->bpc == 8)
        load_bytes(dst, src, n);
    else if (how->native)
        load_words(dst, src, n, how->bpc);
    else
        load_rounded(dst, src, n, how->bpc);
}

/* `at` luma samples into the plane, between which two chroma samples? Returns
 * the first and its distance; positions beyond the ends repeat the end. */
static unsigned chroma_position(unsigned at, float site, unsigned n,
                                float *rest)
{
    const float x = ((float)at - site) * 0.5f;
    const unsigned i = x > 0 ? (unsigned)x : 0;

    *rest = x > 0 && i + 1 < n ? x - (float)i : 0;
    return i < n ? i : n - 1;
}

static void widen_nearest(float *dst, const float *src, unsigned w)
{
    for (unsigned i = 0; i < w / 2; i++)
        dst[2 * i] = dst[2 * i + 1] = src[i];
    if (w % 2)
        dst[w - 1] = src[w / 2];
}

static void widen_bilinear(float *dst, const float *src, unsigned w, float site)
{
    const unsigned n = (w + 1) / 2;

    for (unsigned j = 0; j < w; j++) {
        float rest;
        const unsigned i = chroma_position(j, site, n, &rest);
        dst[j] = rest > 0 ? src[i] + (src[i + 1] - src[i]) * rest : src[i];
    }
}

static void chroma_row(const LpipsConversion *how, Rows *rows, float *dst,
                       const char *plane, ptrdiff_t stride, unsigned row)
{
    const unsigned n = (how->w + how->sub_x) >> how->sub_x;
    float *const src = how->sub_x ? rows->upper : dst;
    float rest = 0;
    unsigned at = row >> how->sub_y;

    if (how->bilinear && how->sub_y)
        at = chroma_position(row, how->site_y, (how->h + 1) / 2, &rest);
    load_row(how, src, plane + (ptrdiff_t)at * stride, n);
    if (rest > 0) {
        load_row(how, rows->lower, plane + (ptrdiff_t)(at + 1) * stride, n);
        for (unsigned i = 0; i < n; i++)
            src[i] += (rows->lower[i] - src[i]) * rest;
    }
    if (how->sub_x && how->bilinear)
        widen_bilinear(dst, src, how->w, how->site_x);
    else if (how->sub_x)
        widen_nearest(dst, src, how->w);
}

static void scale_row(float *row, unsigned n, float offset, float scale)
{
    for (unsigned i = 0; i < n; i++)
        row[i] = (row[i] - offset) * scale;
}

static void emit_channel(const LpipsConversion *how, Rows *rows, int channel,
                         float *out)
{
    const float *const table = how->table[channel];
    const float gain = how->gain[channel], bias = how->bias[channel];
    const unsigned w = how->w;
    float *const rgb = rows->rgb;
    int32_t *const byte = rows->byte;

    for (unsigned i = 0; i < w; i++) {
        const float low = rgb[i] > 0.0f ? rgb[i] : 0.0f;
        rgb[i] = low < 1.0f ? low : 1.0f;
    }
    if (how->native) {
        for (unsigned i = 0; i < w; i++)
            out[i] = rgb[i] * gain + bias;
        return;
    }
    for (unsigned i = 0; i < w; i++)
        byte[i] = (int32_t)(rgb[i] * 255.0f + 0.5f); /* 0 to 255 */
    for (unsigned i = 0; i < w; i++)
        out[i] = table[byte[i]];
}

static void convert_row(const LpipsConversion *how, Rows *rows, float *out)
{
    const unsigned w = how->w;
    const size_t plane = (size_t)w * how->h;
    const float *const y = rows->y, *const u = rows->u, *const v = rows->v;
    float *const rgb = rows->rgb;

    scale_row(rows->y, w, how->luma_offset, how->luma_scale);
    scale_row(rows->u, w, how->chroma_offset, how->chroma_scale);
    scale_row(rows->v, w, how->chroma_offset, how->chroma_scale);

    for (unsigned i = 0; i < w; i++)
        rgb[i] = y[i] + how->red_v * v[i];
    emit_channel(how, rows, 0, out);
    for (unsigned i = 0; i < w; i++)
        rgb[i] = (y[i] - how->green_u * u[i]) - how->green_v * v[i];
    emit_channel(how, rows, 1, out + plane);
    for (unsigned i = 0; i < w; i++)
        rgb[i] = y[i] + how->blue_u * u[i];
    emit_channel(how, rows, 2, out + 2 * plane);
}

int lpips_convert(const LpipsConversion *how, const void *const planes[3],
                  const ptrdiff_t strides[3], float *out)
{
    const size_t w = how->w;
    float *const block = malloc(7 * w * sizeof(*block));
    Rows rows = { block,
                  block + w,
                  block + 2 * w,
                  block + 3 * w,
                  block + 4 * w,
                  block + 5 * w,
                  (int32_t *)(block + 6 * w) };

    if (!block)
        return -ENOMEM;
    for (unsigned i = 0; i < how->h; i++) {
        const char *const luma = planes[0];
        load_row(how, rows.y, luma + (ptrdiff_t)i * strides[0], how->w);
        chroma_row(how, &rows, rows.u, planes[1], strides[1], i);
        chroma_row(how, &rows, rows.v, planes[2], strides[2], i);
        convert_row(how, &rows, out + i * w);
    }
    free(block);
    return 0;
}
