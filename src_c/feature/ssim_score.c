/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Means are defined as binary64 sums in the order of the picture, divided and
 * rounded to binary32. Kernels add up in another order; the result is the same
 * unless it lies so near to a boundary of the rounding that the difference
 * between both orders could matter. Then, for one frame in a hundred of 1080p,
 * the sum is made again in order.
 */
#include "ssim_score.h"

#include <math.h>

#include "engine/rows.h"

void ssim_score_run(const SsimWork *work, KernelFn kernel, const void *call,
                    unsigned rows)
{
    rows_sum(work->context, &(RowCall){
                                .run = kernel,
                                .call = call,
                                .rows = rows,
                                .scratch_size = work->scratch_size,
                                .scratch = work->scratch,
                            });
}

typedef struct Sums {
    double value[SSIM_MEANS];
    double peak; /* greatest |s| */
} Sums;

static Sums add_rows(const SsimRow *row, unsigned rows)
{
    Sums sums = { { 0. }, 0. };
    for (unsigned y = 0; y < rows; y++) {
        sums.value[SSIM_L] += row[y].l;
        sums.value[SSIM_C] += row[y].c;
        sums.value[SSIM_S] += row[y].s;
        sums.value[SSIM_LCS] += row[y].lcs;
        sums.peak = fmax(sums.peak, row[y].peak);
    }
    return sums;
}

/*
 * How far the sum of n terms of at most `term` each may be from the sum in
 * order. Adding rounds by at most 2^-53 of what has been added up, in order
 * term * n^2 / 2 over all terms; in the kernel each term goes through fewer
 * additions than there are rows and columns, of at most term * n each. The last
 * factor covers the rounding of the bound itself.
 */
static double sum_error(double term, unsigned w, unsigned h)
{
    const double n = (double)w * (double)h;
    const double additions = n / 2. + (double)w + (double)h + 64.;
    return term * n * additions * 0x1p-53 * 1.01;
}

static double ordered_sum(const SsimWork *work, const SsimCompare *call,
                          unsigned kind)
{
    double sum = 0.;
    SsimCompare ordered = *call;
    ordered.kind = kind;
    ordered.sum = &sum;
    const Rows rows = { 0, call->h - (SSIM_TAPS - 1), work->scratch };
    work->kernels->ordered(&ordered, &rows, NULL);
    return sum;
}

void ssim_score_means(const SsimWork *work, const SsimCompare *call,
                      unsigned wanted, double mean[SSIM_MEANS])
{
    const unsigned w = call->w - (SSIM_TAPS - 1), h = call->h - (SSIM_TAPS - 1);
    const double n = (double)w * (double)h;
    SsimCompare compare = *call;
    compare.row = work->row;
    compare.luminance = wanted & (1 << SSIM_L | 1 << SSIM_LCS);
    ssim_score_run(work, work->kernels->compare, &compare, h);

    const Sums sums = add_rows(work->row, h);
    for (unsigned kind = 0; kind < SSIM_MEANS; kind++) {
        mean[kind] = 1.;
        if (!(wanted & 1u << kind))
            continue;
        /* l and c exceed 1 by roundings only. */
        const double peak = kind < SSIM_S ? 1. : sums.peak;
        const double error = sum_error(peak * 1.001, w, h);
        const float low = (float)((sums.value[kind] - error) / n);
        const float high = (float)((sums.value[kind] + error) / n);
        const float exact =
            low == high ? low : (float)(ordered_sum(work, call, kind) / n);
        mean[kind] = (double)exact;
    }
}

double ssim_score_cap(bool clip, unsigned bpc, unsigned w, unsigned h)
{
    const double peak = (double)((1u << bpc) - 1);
    const double mse = 0.5 / ((double)w * (double)h);
    return clip ? ceil(10. * log10(peak * peak / mse)) : (double)INFINITY;
}

double ssim_score_decibels(double score, double cap)
{
    const double db = -10. * log10(1. - score);
    return db < cap ? db : cap;
}
