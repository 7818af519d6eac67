/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * From the blocks of two planes to a score: the mean difference of entropies,
 * each weighted by the logarithm of its block's variance. log2() is the C
 * library's; that of glibc decides.
 */
#include <math.h>

#include "kernel/speed/speed_layout.h"
#include "speed.h"

/* How blocks become a score. */
typedef struct SpeedScoring {
    float sigma, nn_floor;
    int weight_mode; /* whose variance weighs an entropy; 0: the block's own */
} SpeedScoring;

/* Binary64 sum of a binary32 one: the rounding in between is part of it. */
static double plus_one(float variance)
{
    return (double)(1 + variance);
}

static double reference_weight(int mode, float ref, float dist)
{
    if (mode == 2)
        return log2(plus_one(dist));
    if (mode == 3)
        return log2(1 + (double)(ref + dist) / 2);
    return log2(plus_one(ref));
}

static double distorted_weight(int mode, float ref, float dist)
{
    switch (mode) {
    case 1: return log2(plus_one(ref));
    case 3:
    case 4: return log2(1 + (double)(ref + dist) / 2);
    case 5: return log2(1 + (0.75 * (double)ref + 0.25 * (double)dist));
    case 6: return log2(1 + (0.25 * (double)ref + 0.75 * (double)dist));
    default: return log2(plus_one(dist));
    }
}

/* Entropy of a block that holds noise alone, or a little more. */
static float entropy_floor(const SpeedScoring *s)
{
    const float variance = (1 + s->nn_floor) * s->sigma;
    return (float)(SPEED_CELLS * (log2((double)variance) + SPEED_LOG_2PIE));
}

static float mean_difference(const SpeedScoring *s, const SpeedBlocks *ref,
                             const SpeedBlocks *dist, unsigned cnt)
{
    const float least = entropy_floor(s);
    float sum = 0;
    for (unsigned b = 0; b < cnt; b++) {
        const float er = ref->entropy[b], ed = dist->entropy[b];
        const float vr = ref->variance[b], vd = dist->variance[b];
        if (er < least && ed < least)
            continue;
        const double wr = reference_weight(s->weight_mode, vr, vd);
        const double wd = distorted_weight(s->weight_mode, vr, vd);
        sum += fabsf((float)((double)er * wr) - (float)((double)ed * wd));
    }
    return sum / (float)cnt;
}

SpeedScore speed_score(const Speed *s, unsigned n, const SpeedOptions *options,
                       int weight_mode)
{
    const SpeedBlocks *ref = &s->blocks[2 * n], *dist = ref + 1;
    const SpeedScoring scoring = { .sigma = (float)options->sigma_nn,
                                   .nn_floor = (float)options->nn_floor,
                                   .weight_mode = weight_mode };
    SpeedScore score = { .singular = *ref->singular || *dist->singular };
    if (*ref->singular == *dist->singular)
        score.value = mean_difference(&scoring, ref, dist, s->block_cnt);
    return score;
}
