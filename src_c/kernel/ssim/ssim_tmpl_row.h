/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Samples of any depth as rows of binary32 values. */

typedef struct SsimSource {
    const void *data;
    ptrdiff_t stride;
    unsigned w, bpc;
    float scale; /* makes samples of any depth 8-bit ones */
} SsimSource;

static SsimSource ssim_source(const void *data, ptrdiff_t stride, unsigned w,
                              unsigned bpc)
{
    const float scale = bpc <= 16 ? 1.f / (float)(1u << (bpc - 8)) : 1.f;
    return (SsimSource){ data, stride, w, bpc, scale };
}

static float ssim_value(const SsimSource *s, const void *row, ptrdiff_t x)
{
    if (s->bpc == SSIM_BINARY32)
        return ((const float *)row)[x];
    return s->bpc == 8 ? ((const uint8_t *)row)[x]
                       : (float)((const uint16_t *)row)[x] * s->scale;
}

/* n values from column x on, all of which exist. */
static void ssim_values(const SsimSource *s, const void *row, unsigned x,
                        unsigned n, float *out)
{
    const uint8_t *at8 = (const uint8_t *)row + x;
    const uint16_t *at16 = (const uint16_t *)row + x;
    const vflt scale = v_set_f32(s->scale);
    unsigned i = 0;
    if (s->bpc == SSIM_BINARY32) {
        memcpy(out, (const float *)row + x, n * sizeof(float));
        return;
    }
    if (s->bpc == 8)
        for (; i + V_LANES <= n; i += V_LANES)
            v_store_f32(out + i, v_load8_f32(at8 + i));
    else
        for (; i + V_LANES <= n; i += V_LANES)
            v_store_f32(out + i, v_mul_f32(v_load16_f32(at16 + i), scale));
    for (; i < n; i++)
        out[i] = ssim_value(s, row, x + i);
}

/* Sample `i` of an axis of n that runs backwards beyond its ends. */
static ptrdiff_t ssim_reflect(ptrdiff_t i, ptrdiff_t n)
{
    return i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i;
}

static const void *ssim_row(const SsimSource *s, ptrdiff_t y)
{
    return (const char *)s->data + y * s->stride;
}

/* Columns [begin, end), which may reach beyond both edges. */
static void ssim_reflected(const SsimSource *s, const void *row,
                           ptrdiff_t begin, ptrdiff_t end, float *out)
{
    const ptrdiff_t w = s->w, inside = end < w ? end : w;
    for (; begin < 0; begin++)
        *out++ = ssim_value(s, row, -1 - begin);
    ssim_values(s, row, (unsigned)begin, (unsigned)(inside - begin), out);
    out += inside - begin;
    for (ptrdiff_t x = inside; x < end; x++)
        *out++ = ssim_value(s, row, 2 * w - 1 - x);
}
