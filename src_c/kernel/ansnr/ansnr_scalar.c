/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* ANSNR's windows and sums in plain loops. */
#include "ansnr.h"
#include "ansnr_constants.h"

static float value(const void *data, ptrdiff_t stride, unsigned bpc,
                   ptrdiff_t y, ptrdiff_t x)
{
    const void *row = (const char *)data + y * stride;
    const float sample =
        bpc == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
    return sample / (float)(1u << (bpc - 8)) - 128.f;
}

/* Turns about the first sample, and between the last and its copy. */
static ptrdiff_t reflect(ptrdiff_t i, ptrdiff_t n)
{
    return i < 0 ? -i : i >= n ? 2 * n - 1 - i : i;
}

/* From the border of a window of 2 r + 1 taps to its centre and on. */
static int tap(int i, int r)
{
    return i < 0 ? r + i : r - i;
}

static float smooth_ref(const Ansnr *c, ptrdiff_t y, ptrdiff_t x)
{
    float sum = 0.f;
    for (int v = -1; v <= 1; v++) {
        const ptrdiff_t row = reflect(y + v, c->h);
        float across = 0.f;
        for (int u = -1; u <= 1; u++)
            across +=
                ansnr_ref_taps[tap(v, 1)][tap(u, 1)] *
                value(c->ref, c->ref_stride, c->bpc, row, reflect(x + u, c->w));
        sum += across;
    }
    return sum;
}

static float smooth_dist(const Ansnr *c, ptrdiff_t y, ptrdiff_t x)
{
    float sum = 0.f;
    for (int v = -2; v <= 2; v++) {
        const ptrdiff_t row = reflect(y + v, c->h);
        float across = 0.f;
        for (int u = -2; u <= 2; u++)
            across += ansnr_dist_taps[tap(v, 2)][tap(u, 2)] *
                      value(c->dist, c->dist_stride, c->bpc, row,
                            reflect(x + u, c->w));
        sum += across;
    }
    return sum;
}

static void ansnr_rows_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const Ansnr *c = call;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        AnsnrRow out = { 0.f, 0.f };
        for (unsigned x = 0; x < c->w; x++) {
            const float r = smooth_ref(c, y, x), d = smooth_dist(c, y, x);
            out.signal += r * r;
            out.noise += (r - d) * (r - d);
        }
        c->row[y] = out;
    }
}

static size_t scratch_size(unsigned w)
{
    (void)w;
    return 0;
}

const AnsnrKernels ansnr_kernels_scalar = {
    .rows = ansnr_rows_scalar,
    .scratch_size = scratch_size,
};
