/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* CIEDE2000 pixel by pixel. */
#include "ciede_pixel.h"

typedef struct Samples {
    unsigned y, cb, cr;
} Samples;

static unsigned sample(const CiedeDelta *c, const void *row, unsigned x)
{
    return c->bpc == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

static const void *row_of(const CiedePicture *pic, unsigned plane, unsigned y)
{
    return (const uint8_t *)pic->plane[plane] +
           (ptrdiff_t)y * pic->stride[plane];
}

static unsigned nearest(unsigned position, unsigned size)
{
    return position < size ? position : size - 1;
}

static Samples samples(const CiedeDelta *c, const CiedePicture *pic, unsigned x,
                       unsigned y)
{
    const unsigned cx = nearest(x >> c->shift_x, c->chroma_w);
    const unsigned cy = nearest(y >> c->shift_y, c->chroma_h);
    return (Samples){
        .y = sample(c, row_of(pic, 0, y), x),
        .cb = sample(c, row_of(pic, 1, cy), cx),
        .cr = sample(c, row_of(pic, 2, cy), cx),
    };
}

static CiedeColour colour(const CiedeDelta *c, Samples s)
{
    return c->pairs ? c->pairs[s.cb | s.cr << 8][s.y]
                    : ciede_colour(s.y, s.cb, s.cr, c->bpc);
}

static unsigned delta_row(const CiedeDelta *c, unsigned y, float *delta)
{
    unsigned cnt = 0;
    for (unsigned x = 0; x < c->w; x++) {
        const Samples p = samples(c, &c->ref, x, y);
        const Samples q = samples(c, &c->dist, x, y);
        if (p.y == q.y && p.cb == q.cb && p.cr == q.cr)
            continue;
        const CiedeColour r = colour(c, p), d = colour(c, q);
        delta[cnt++] = ciede_difference(&r, &d);
    }
    return cnt;
}

static void delta_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const CiedeDelta *c = call;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++)
        c->cnt[y] = delta_row(c, c->first_row + y, c->delta + y * c->stride);
}

static void shades_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const CiedeShades *c = call;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++)
        c->colour[y] = ciede_colour(y, c->cb, c->cr, 8);
}

static void sum_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const CiedeSum *c = call;
    double total = *c->total;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++)
        for (unsigned i = 0; i < c->cnt[y]; i++)
            total += (double)c->delta[y * c->stride + i];
    *c->total = total;
}

static size_t scratch_size_scalar(unsigned w)
{
    (void)w;
    return 0;
}

const CiedeKernels ciede_kernels_scalar = {
    .delta = delta_scalar,
    .shades = shades_scalar,
    .sum = sum_scalar,
    .scratch_size = scratch_size_scalar,
};

/* Rows are worked off in whole blocks of vectors, which may be written past
 * the last difference. */
size_t ciede_stride(unsigned w)
{
    return ((size_t)w + 127) / 128 * 128 + 128;
}
