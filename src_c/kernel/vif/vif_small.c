/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Scale 3 of pictures 8..15 samples wide or high, the one special case of VIF.
 *
 * One row or column has no neighbours to mirror. libvmaf then reads what scale
 * 2 left in its buffers, so that is part of the definition: a single row has
 * row 1 of scale 2 on both sides; a single column has, for each filtered
 * quantity, column 1 of the last row that scale 2 filtered.
 */
#include <string.h>

#include "vif_sample.h"

enum { MEAN_R, MEAN_D, RR, DD, RD, QUANTITIES };

static const uint16_t *row_at(const void *plane, ptrdiff_t stride, unsigned y)
{
    return (const uint16_t *)((const char *)plane + (ptrdiff_t)y * stride);
}

static void add_tap(uint64_t sum[QUANTITIES], uint16_t tap, uint32_t r,
                    uint32_t d)
{
    sum[MEAN_R] += tap * r;
    sum[MEAN_D] += tap * d;
    sum[RR] += (uint64_t)tap * (r * r);
    sum[DD] += (uint64_t)tap * (d * d);
    sum[RD] += (uint64_t)tap * (r * d);
}

/* The five quantities at (x, y), filtered vertically; `above` has the rows that
 * stand in for the neighbours of a single row. */
static void vertical(const VifScale *s, const VifScale *above, unsigned x,
                     int y, uint32_t out[QUANTITIES])
{
    int radius = VIF_RADIUS(s->scale);
    uint64_t sum[QUANTITIES] = { 0 };
    for (int t = -radius; t <= radius; t++) {
        const VifScale *from = s->h == 1 && t ? above : s;
        unsigned at = s->h == 1 ? t != 0 : vif_mirror(y + t, s->h);
        add_tap(sum, vif_taps[s->scale][t + radius],
                row_at(from->ref, from->ref_stride, at)[x],
                row_at(from->lane->dist, from->lane->dist_stride, at)[x]);
    }
    for (int i = 0; i < QUANTITIES; i++)
        out[i] = (uint32_t)((sum[i] + 32768) >> 16);
}

static void sample(const VifScale *s, const VifScale *above, int x, int y,
                   VifSums *sums)
{
    uint64_t sum[QUANTITIES] = { 0 };
    for (int t = -1; t <= 1; t++) {
        uint32_t value[QUANTITIES];
        if (s->w == 1 && t)
            vertical(above, NULL, 1, (int)above->h - 1, value);
        else
            vertical(s, above, s->w == 1 ? 0 : vif_mirror(x + t, s->w), y,
                     value);
        for (int i = 0; i < QUANTITIES; i++)
            sum[i] += (uint64_t)vif_taps[3][t + 1] * value[i];
    }
    uint32_t r = (uint32_t)sum[MEAN_R], d = (uint32_t)sum[MEAN_D];
    uint32_t energy[QUANTITIES];
    for (int i = RR; i <= RD; i++)
        energy[i] = (uint32_t)((sum[i] + 32768) >> 16);
    int32_t dd = (int32_t)(energy[DD] - vif_mean_product(d, d));
    const int32_t xyz[3] = { (int32_t)(energy[RR] - vif_mean_product(r, r)),
                             dd > 0 ? dd : 0,
                             (int32_t)(energy[RD] - vif_mean_product(r, d)) };
    vif_sample_add(sums, vif_log_table(), xyz, s->lane->limit,
                   s->lane->limit_cnt);
}

void vif_scale3_small(const VifScale *scale, const VifScale *above,
                      VifSums *sums)
{
    VifScale one = *scale, its = *above;
    for (unsigned i = 0; i < scale->lane_cnt; i++) {
        one.lane = &scale->lane[i];
        its.lane = &above->lane[i];
        for (unsigned y = 0; y < scale->h; y++)
            for (unsigned x = 0; x < scale->w; x++)
                sample(&one, &its, (int)x, (int)y, &sums[i]);
    }
}
