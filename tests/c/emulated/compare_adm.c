/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* ADM: sums and low bands of all four scales of pictures of many sizes. */
#include <stdlib.h>
#include <string.h>

#include "../../../src_c/kernel/scalar.h"
#include "compare.h"

enum { MAX_W = 700, MAX_H = 96, VARIANTS = 3 };
/* A row of low bands: at most MAX_W / 2 int32_t, and a multiple of 64 bytes. */
enum { LOW_STRIDE = 1408 };

typedef struct Band {
    _Alignas(64) unsigned char ref[MAX_H / 2 * LOW_STRIDE];
    _Alignas(64) unsigned char dist[MAX_H / 2 * LOW_STRIDE];
} Band;

typedef struct Result {
    AdmSums sums[ADM_SCALES];
    Band low[ADM_SCALES];
} Result;

static uint16_t plane[2][MAX_W * MAX_H];

/* Noise; all zero or the maximum; alike; enhanced; the same; lines. */
static void fill(unsigned kind, unsigned bits)
{
    int top = (1 << bits) - 1;
    for (int i = 0; i < MAX_W * MAX_H; i++) {
        int a = (int)compare_random() & top, b = (int)compare_random() & top;
        if (kind == 1)
            a = a & 1 ? top : 0, b = b & 1 ? top : 0;
        else if (kind == 2)
            b = (7 * a + b) / 8;
        else if (kind == 3)
            a = top / 2 + a / 16, b = 2 * a - top / 2;
        else if (kind == 4)
            b = a;
        else if (kind == 5)
            a = i & 1 ? top : 0, b = b & 7 ? a : b;
        if (bits == 8) {
            ((uint8_t *)plane[0])[i] = (uint8_t)a;
            ((uint8_t *)plane[1])[i] = (uint8_t)b;
        } else {
            plane[0][i] = (uint16_t)a;
            plane[1][i] = (uint16_t)b;
        }
    }
}

/* Factors of the default viewing distance; gain limits that are met by
 * nothing, by every enhancement, and a fraction. */
static void run_scale(const KernelTable *set, AdmScale scale, AdmSums *sums)
{
    static const uint32_t factor[ADM_SCALES][3] = {
        { 36453, 36453, 49417 },
        { 137373792, 137373792, 61414028 },
        { 186284160, 186284160, 104783920 },
        { 196165808, 196165808, 134487184 },
    };
    static const double limit[VARIANTS] = { 100., 1., 1.2 };
    AdmVariant variant[VARIANTS];
    for (unsigned v = 0; v < VARIANTS; v++) {
        variant[v].gain_limit = limit[v];
        variant[v].skip_aim = v == 2;
        memcpy(variant[v].factor, factor[scale.scale], sizeof(factor[0]));
        variant[v].factor[ADM_H] >>= v;
    }
    size_t size = adm_scratch_size(scale.w, scale.h);
    scale.scratch = aligned_alloc(64, (size + 63) / 64 * 64);
    scale.variant = variant;
    scale.variant_cnt = VARIANTS;
    set->adm_scale(&scale, sums);
    free(scale.scratch);
}

static void run(const KernelTable *set, unsigned w, unsigned h, unsigned bpc,
                Result *result)
{
    ptrdiff_t sample = bpc == 8 ? 1 : 2;
    AdmScale scale = {
        .ref = (char *)plane[0] + sample, .dist = plane[1], .bpc = bpc,
        .ref_stride = (MAX_W - 1) * sample, .dist_stride = MAX_W * sample,
        .w = w, .h = h, .low_stride = LOW_STRIDE,
    };
    for (; scale.scale < ADM_SCALES; scale.scale++) {
        Band *low = &result->low[scale.scale];
        scale.low_ref = low->ref;
        scale.low_dist = low->dist;
        scale.row_end = (scale.h + 1) / 2;
        run_scale(set, scale, &result->sums[scale.scale]);
        scale.ref = low->ref;
        scale.dist = low->dist;
        scale.ref_stride = scale.dist_stride = LOW_STRIDE;
        scale.w = (scale.w + 1) / 2;
        scale.h = (scale.h + 1) / 2;
    }
}

/* What lies behind the last sample of a row is of no interest. */
static int same_low(const Result *got, const Result *want, unsigned w,
                    unsigned h)
{
    int same = 1;
    for (unsigned s = 0; s < ADM_SCALES; s++) {
        w = (w + 1) / 2;
        h = (h + 1) / 2;
        for (unsigned y = 0; y < h; y++) {
            size_t at = y * LOW_STRIDE, bytes = w * (s ? 4 : 2);
            const Band *x = &got->low[s], *z = &want->low[s];
            same &= !memcmp(x->ref + at, z->ref + at, bytes);
            same &= !memcmp(x->dist + at, z->dist + at, bytes);
        }
    }
    return same;
}

unsigned compare_adm(const KernelTable *set, unsigned *compared)
{
    static const unsigned depth[] = { 8, 10, 16, 8, 12, 9 };
    static Result got, want;
    unsigned differing = 0;
    for (unsigned kind = 0; kind < 6; kind++) {
        unsigned bpc = depth[(kind + kind / 2) % 6];
        fill(kind, bpc);
        for (unsigned w = ADM_MIN_SIZE + kind; w < MAX_W;
             w += w < 140 ? 7 : 181) {
            unsigned h = ADM_MIN_SIZE + w % 50;
            run(set, w, h, bpc, &got);
            run(&kernels_scalar, w, h, bpc, &want);
            differing += memcmp(got.sums, want.sums, sizeof(got.sums)) ||
                         !same_low(&got, &want, w, h);
            ++*compared;
        }
    }
    return differing;
}
