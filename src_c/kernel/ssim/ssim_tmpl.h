/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * SSIM written once over vector operations.
 *
 * Planes are compared in strips of columns, so that what belongs to sixteen rows
 * stays in the cache: samples, their five signals filtered across, then down.
 */
#include "ssim.h"
#include "ssim_constants.h"

#include "kernel/luma_tmpl.h"
#include "ssim_tmpl_scratch.h"
#include "ssim_tmpl_shrink.h"
#include "ssim_tmpl_halve.h"
#include "ssim_tmpl_window.h"
#include "ssim_tmpl_terms.h"

typedef struct SsimPair {
    const SsimCompare *call;
    Luma src[2];
    unsigned w; /* positions of the window */
} SsimPair;

static SsimPair ssim_pair(const SsimCompare *c)
{
    return (SsimPair){
        .call = c,
        .src = { luma(c->ref, c->ref_stride, c->w, c->bpc, 0.f),
                 luma(c->dist, c->dist_stride, c->w, c->bpc, 0.f) },
        .w = c->w - SSIM_HALO,
    };
}

static unsigned ssim_strip_width(const SsimPair *p, unsigned x)
{
    return p->w - x < SSIM_STRIP ? p->w - x : SSIM_STRIP;
}

/* Rows [begin, end) of the strip at x, n positions wide: sums, or with `terms` the
 * terms themselves, rows of w values. The ten rows before the first come out
 * wrong, as they begin with whatever lay in `pending`. */
static void ssim_strip(const SsimPair *p, const Rows *rows, unsigned x,
                       unsigned n, double *terms)
{
    const SsimCompare *c = p->call;
    SsimCompareScratch *s = rows->scratch;
    for (unsigned y = rows->begin; y < rows->end + SSIM_HALO; y += SSIM_ROWS) {
        ssim_means(s, p->src, y, rows->end + SSIM_HALO - 1, x, n);
        for (unsigned i = 0; i < SSIM_ROWS; i++) {
            const unsigned row = y + i - SSIM_HALO;
            if (y + i < rows->begin + SSIM_HALO || row >= rows->end)
                continue;
            if (terms)
                ssim_put_terms(s, i, n, c->kind,
                               terms + (size_t)(row - rows->begin) * p->w + x);
            else if (c->luminance)
                ssim_sum_all(s, i, n, &c->row[row]);
            else
                ssim_sum_contrast(s, i, n, &c->row[row]);
        }
    }
}

static void ssim_compare_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const SsimPair pair = ssim_pair(call);
    unsigned n;

    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++)
        pair.call->row[y] = (SsimRow){ 0 };
    for (unsigned x = 0; x < pair.w; x += n) {
        n = ssim_strip_width(&pair, x);
        ssim_strip(&pair, rows, x, n, NULL);
    }
}

/* Blocks of rows whose terms are kept until all strips are done. */
static void ssim_ordered_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const SsimPair pair = ssim_pair(call);
    const unsigned h = pair.call->h - SSIM_HALO;
    double *terms = (double *)((SsimCompareScratch *)rows->scratch + 1);
    double sum = 0.;
    unsigned n;

    (void)sums;
    for (unsigned y = 0; y < h; y += SSIM_ORDERED_ROWS) {
        const unsigned end =
            h - y < SSIM_ORDERED_ROWS ? h : y + SSIM_ORDERED_ROWS;
        const Rows block = { y, end, rows->scratch };
        for (unsigned x = 0; x < pair.w; x += n) {
            n = ssim_strip_width(&pair, x);
            ssim_strip(&pair, &block, x, n, terms);
        }
        for (size_t i = 0; i < (size_t)(end - y) * pair.w; i++)
            sum += terms[i];
    }
    *pair.call->sum = sum;
}
