/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Luma of any depth as rows of binary32 values on the scale of 8 bits. */
#ifndef KERNEL_LUMA_TMPL_H
#define KERNEL_LUMA_TMPL_H

enum { LUMA_BINARY32 = 32 }; /* as a depth: values as they are */

typedef struct Luma {
    const void *data;
    ptrdiff_t stride;
    unsigned w, bpc;
    float scale, offset; /* value = sample * scale + offset, exact */
} Luma;

static inline Luma luma(const void *data, ptrdiff_t stride, unsigned w,
                        unsigned bpc, float offset)
{
    const float scale = bpc <= 16 ? 1.f / (float)(1u << (bpc - 8)) : 1.f;
    return (Luma){ data, stride, w, bpc, scale, offset };
}

static inline const void *luma_row(const Luma *s, ptrdiff_t y)
{
    return (const char *)s->data + y * s->stride;
}

static inline float luma_value(const Luma *s, const void *row, ptrdiff_t x)
{
    if (s->bpc == LUMA_BINARY32)
        return ((const float *)row)[x];
    if (s->bpc == 8)
        return (float)((const uint8_t *)row)[x] + s->offset;
    return (float)((const uint16_t *)row)[x] * s->scale + s->offset;
}

/* n values from column x on, all of which exist. */
static inline void luma_values(const Luma *s, const void *row, unsigned x,
                               unsigned n, float *out)
{
    const uint8_t *at8 = (const uint8_t *)row + x;
    const uint16_t *at16 = (const uint16_t *)row + x;
    const vflt scale = v_set_f32(s->scale), offset = v_set_f32(s->offset);
    unsigned i = 0;
    if (s->bpc == LUMA_BINARY32) {
        memcpy(out, (const float *)row + x, n * sizeof(float));
        return;
    }
    if (s->bpc == 8)
        for (; i + V_LANES <= n; i += V_LANES)
            v_store_f32(out + i, v_add_f32(v_load8_f32(at8 + i), offset));
    else
        for (; i + V_LANES <= n; i += V_LANES) {
            vflt value = v_mul_f32(v_load16_f32(at16 + i), scale);
            v_store_f32(out + i, v_add_f32(value, offset));
        }
    for (; i < n; i++)
        out[i] = luma_value(s, row, x + i);
}

/* Ask for what luma_values() will read. Pieces of rows are too short for the
 * processor to foresee the next ones. */
static inline void luma_prefetch(const Luma *s, const void *row, unsigned x,
                                 unsigned n)
{
    const size_t size = s->bpc == LUMA_BINARY32 ? 4 : s->bpc > 8 ? 2 : 1;
    const char *at = (const char *)row + x * size, *end = at + n * size;
    for (; at < end; at += 64)
        __builtin_prefetch(at);
}

/* Sample `i` of an axis of n that runs backwards beyond its ends; at the first
 * one it skips `skip` samples: 0 repeats the edge. */
static inline ptrdiff_t luma_reflect(ptrdiff_t i, ptrdiff_t n, ptrdiff_t skip)
{
    return i < 0 ? skip - 1 - i : i >= n ? 2 * n - 1 - i : i;
}

/* Columns [begin, end) of a row, reflected. */
static inline void luma_reflected(const Luma *s, const void *row,
                                  ptrdiff_t begin, ptrdiff_t end,
                                  ptrdiff_t skip, float *out)
{
    const ptrdiff_t w = s->w, inside = end < w ? end : w;
    for (; begin < 0; begin++)
        *out++ = luma_value(s, row, luma_reflect(begin, w, skip));
    luma_values(s, row, (unsigned)begin, (unsigned)(inside - begin), out);
    out += inside - begin;
    for (ptrdiff_t x = inside; x < end; x++)
        *out++ = luma_value(s, row, luma_reflect(x, w, skip));
}

#endif
