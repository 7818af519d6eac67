/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* PSNR-HVS block by block. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "psnr_hvs.h"

enum { SIZE = PSNR_HVS_SIZE, CNT = PSNR_HVS_COEFFICIENTS };

static int32_t half(int32_t a)
{
    return a / 2;
}

/* a * factor / 2^shift, rounded. */
static int32_t scaled(int32_t a, int32_t factor, int shift)
{
    return (a * factor + (1 << (shift - 1))) >> shift;
}

/* The even half of the transform, of four sums. */
static void even(int32_t c[4])
{
    c[0] -= scaled(c[1], 13573, 15);
    c[1] += scaled(c[0], 11585, 14);
    c[0] -= scaled(c[1], 13573, 15);
    c[3] -= scaled(c[2], 21895, 15);
    c[2] += scaled(c[3], 15137, 14);
    c[3] -= scaled(c[2], 21895, 15);
}

/* The odd half, of four differences; `h0` is half of the first. */
static void odd(int32_t a[4], int32_t h0)
{
    a[2] += scaled(a[1], 19195, 15);
    a[1] += scaled(a[2], 11585, 14);
    a[2] -= scaled(a[1], 7489, 13);
    a[3] = half(a[1]) - a[3];
    a[1] -= a[3];
    a[2] = h0 - a[2];
    a[0] -= a[2];
    a[3] += scaled(a[0], 3227, 15);
    a[0] -= scaled(a[3], 6393, 15);
    a[3] += scaled(a[0], 3227, 15);
    a[1] += scaled(a[2], 2485, 13);
    a[2] -= scaled(a[1], 18205, 15);
    a[1] += scaled(a[2], 2485, 13);
}

/* The DCT by lifting steps of eight values `step` apart, in place. */
static void transform(int32_t *p, int step)
{
    int32_t a[4], c[4];
    a[0] = p[0 * step] - p[7 * step];
    const int32_t h0 = half(a[0]), b0 = p[0 * step] - h0;
    const int32_t b1 = p[1 * step] + p[6 * step], h1 = half(b1);
    a[1] = p[6 * step] - h1;
    a[2] = p[2 * step] - p[5 * step];
    const int32_t b2 = p[2 * step] - half(a[2]);
    const int32_t b3 = p[3 * step] + p[4 * step], h3 = half(b3);
    a[3] = h3 - p[4 * step];
    c[0] = b0 + h3;
    c[3] = c[0] - b3;
    c[2] = h1 - b2;
    c[1] = c[2] - b1;
    even(c);
    odd(a, h0);
    const int32_t out[SIZE] = {
        c[0], a[0], c[2], a[2], c[1], a[1], c[3], a[3],
    };
    for (int i = 0; i < SIZE; i++)
        p[i * step] = out[i];
}

/* One picture's block: samples, coefficients, and how much it masks. */
typedef struct Block {
    int32_t sample[CNT], coefficient[CNT];
    float masking;
} Block;

/* Squared distances from the mean of the samples chosen by `in`. */
static float spread(const int32_t *sample, const unsigned char *in, float cnt)
{
    float sum = 0.f, squares = 0.f;
    for (int i = 0; i < CNT; i++)
        sum += in[i] ? (float)sample[i] : 0.f;
    const float mean = sum / cnt;
    for (int i = 0; i < CNT; i++) {
        const float d = (float)sample[i] - mean;
        if (in[i])
            squares += d * d;
    }
    return squares;
}

/* How much less the quarters vary than the whole: texture masks, edges do
 * not. Quarters are added down before across. */
static float texture(const int32_t *sample)
{
    unsigned char in[CNT];
    float quarters = 0.f;
    memset(in, 1, sizeof in);
    const float whole = spread(sample, in, 64.f) * PSNR_HVS_UNBIASED_64;
    for (int q = 0; q < 4; q++) {
        for (int i = 0; i < CNT; i++)
            in[i] = i / 32 == q % 2 && i % 8 / 4 == q / 2;
        quarters += spread(sample, in, 16.f) * PSNR_HVS_UNBIASED_16;
    }
    return whole > 0.f ? quarters / whole : whole;
}

static void fill(Block *b, const PsnrHvsTable *table)
{
    memcpy(b->coefficient, b->sample, sizeof b->sample);
    for (int x = 0; x < SIZE; x++)
        transform(b->coefficient + x, SIZE);
    for (int y = 0; y < SIZE; y++)
        transform(b->coefficient + y * SIZE, 1);
    float energy = 0.f;
    for (int i = 1; i < CNT; i++) {
        const int32_t x = b->coefficient[i];
        energy += (float)(x * x) * table->mask[i];
    }
    const double root = sqrt((double)(energy * texture(b->sample)));
    b->masking = (float)(root / 32.);
}

/* Samples of the block whose first lies at (x, y). */
static void load(Block *b, const void *plane, ptrdiff_t stride, unsigned bpc,
                 const unsigned at[2])
{
    for (unsigned i = 0; i < CNT; i++) {
        const uint8_t *row =
            (const uint8_t *)plane + (ptrdiff_t)(at[1] + i / SIZE) * stride;
        const unsigned x = at[0] + i % SIZE;
        b->sample[i] =
            bpc == 8 ? row[x] : ((const uint16_t *)(const void *)row)[x];
    }
}

static void block_terms(const PsnrHvsTerms *c, const unsigned at[2],
                        float *term)
{
    Block r, d;
    load(&r, c->ref, c->ref_stride, c->bpc, at);
    load(&d, c->dist, c->dist_stride, c->bpc, at);
    fill(&r, c->table);
    fill(&d, c->table);
    const float masking = d.masking > r.masking ? d.masking : r.masking;
    for (int i = 0; i < CNT; i++) {
        float e = (float)abs(r.coefficient[i] - d.coefficient[i]);
        const float threshold = i ? masking / c->table->mask[i] : 0.f;
        e = e < threshold ? 0.f : e - threshold;
        const float weighted = e * c->table->weight[i];
        term[i * PSNR_HVS_GROUP] = weighted * weighted;
    }
}

static void terms_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const PsnrHvsTerms *c = call;
    const unsigned blocks = psnr_hvs_blocks(c->w);
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        float *row = c->terms + y * c->stride;
        memset(row, 0, psnr_hvs_stride(c->w) * sizeof *row);
        for (unsigned i = 0; i < blocks; i++) {
            const unsigned at[2] = { i * PSNR_HVS_STEP,
                                     (c->first_row + y) * PSNR_HVS_STEP };
            block_terms(c, at,
                        row + i / PSNR_HVS_GROUP * PSNR_HVS_GROUP_TERMS +
                            i % PSNR_HVS_GROUP);
        }
    }
}

static void sum_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const PsnrHvsSum *c = call;
    float total = *c->total;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        for (unsigned i = 0; i < c->blocks; i++) {
            const float *term = c->terms + y * c->stride +
                                i / PSNR_HVS_GROUP * PSNR_HVS_GROUP_TERMS +
                                i % PSNR_HVS_GROUP;
            for (int k = 0; k < CNT; k++)
                total += term[k * PSNR_HVS_GROUP];
        }
    }
    *c->total = total;
}

static size_t scratch_size_scalar(unsigned w)
{
    (void)w;
    return 0;
}

const PsnrHvsKernels psnr_hvs_kernels_scalar = {
    .terms = terms_scalar,
    .sum = sum_scalar,
    .scratch_size = scratch_size_scalar,
};
