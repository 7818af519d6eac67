/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The end of the LPIPS network: two feature maps in, one distance out. In the
 * graph this is a dozen passes over the largest tensors and takes 40 % of the
 * time; here a block of positions stays in cache between the two passes that
 * the definition needs.
 */
#include <math.h>

#include "lpips.h"

enum {
    BLOCK = 256,         /* positions, at most */
    BLOCK_FLOATS = 16384 /* of one map: both fit a second-level cache */
};

/* 1 / |vector| for each position. */
static void inverse_norms(float *restrict out, const float *map,
                          unsigned channels, size_t positions, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = 0;
    for (unsigned k = 0; k < channels; k++) {
        const float *const row = map + k * positions;
        for (size_t i = 0; i < n; i++)
            out[i] += row[i] * row[i];
    }
    for (size_t i = 0; i < n; i++)
        out[i] = 1.0f / sqrtf(out[i]);
}

/* Float sums run over channels in order, one position a lane, so the width of
 * the vectors cannot change them; positions are added up in double. */
static double block_distance(const float *ref, const float *dist,
                             const float *weight, unsigned channels,
                             size_t positions, size_t n)
{
    float of_ref[BLOCK], of_dist[BLOCK], sum[BLOCK];
    double total = 0;

    inverse_norms(of_ref, ref, channels, positions, n);
    inverse_norms(of_dist, dist, channels, positions, n);
    for (size_t i = 0; i < n; i++)
        sum[i] = 0;
    for (unsigned k = 0; k < channels; k++) {
        const float *const a = ref + k * positions;
        const float *const c = dist + k * positions;
        const float w = weight[k];
        for (size_t i = 0; i < n; i++) {
            const float d = a[i] * of_ref[i] - c[i] * of_dist[i];
            sum[i] += w * (d * d);
        }
    }
    for (size_t i = 0; i < n; i++)
        total += (double)sum[i];
    return total;
}

double lpips_distance(const float *ref, const float *dist, const float *weight,
                      unsigned channels, size_t positions, size_t first,
                      size_t last)
{
    size_t block = BLOCK_FLOATS / channels / 16 * 16;
    double total = 0;

    block = block < 16 ? 16 : block > BLOCK ? BLOCK : block;
    for (size_t at = first; at < last; at += block) {
        const size_t n = last - at < block ? last - at : block;
        total +=
            block_distance(ref + at, dist + at, weight, channels, positions, n);
    }
    return total;
}
