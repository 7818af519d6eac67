/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* VIF: sums and decimated planes at many sizes, and every logarithm. */
#include <stdlib.h>
#include <string.h>

#include "../../../src_c/kernel/scalar.h"
#include "compare.h"

enum { MAX_W = 2600, MAX_H = 40, LOGS = 32768 };

static const double limits[] = { 100., 1., 1.2 };

typedef struct Result {
    VifSums sums;
    uint16_t next[2][MAX_W / 2 * MAX_H / 2];
} Result;

static uint16_t plane[2][MAX_W * MAX_H];

/* Noise; a variance about the 2.0 where samples become active; alike; zeros and
 * maxima. */
static void fill(unsigned kind, unsigned bits)
{
    uint32_t top = (1u << bits) - 1;
    for (size_t i = 0; i < MAX_W * MAX_H; i++) {
        uint32_t a = compare_random() & top, b = compare_random() & top;
        if (kind == 1)
            a = top / 2 + (a % 5 << (bits - 8)), b = top / 2 + b % 3;
        else if (kind == 2)
            b = (7 * a + b) / 8;
        else if (kind == 3)
            a = a & 1 ? top : 0, b = b & 1 ? top : 0;
        plane[0][i] = (uint16_t)a;
        plane[1][i] = (uint16_t)b;
    }
}

/* 8-bit samples lie in bytes. */
static void narrow(void)
{
    for (int p = 0; p < 2; p++)
        for (size_t i = 0; i < MAX_W * MAX_H; i++)
            ((uint8_t *)plane[p])[i] = (uint8_t)plane[p][i];
}

static void run(const KernelTable *set, VifScale scale, Result *result)
{
    memset(result, 0, sizeof(*result));
    scale.ref = plane[0];
    scale.dist = plane[1];
    scale.limit = limits;
    scale.limit_cnt = 3;
    scale.next_ref = scale.scale < 3 ? result->next[0] : NULL;
    scale.next_dist = scale.scale < 3 ? result->next[1] : NULL;
    scale.next_stride = MAX_W / 2 * sizeof(uint16_t);
    size_t size = vif_scratch_size(scale.w, scale.h);
    scale.scratch = aligned_alloc(64, (size + 63) / 64 * 64);
    set->vif_scale(&scale, &result->sums);
    free(scale.scratch);
}

static unsigned compare_size(const KernelTable *set, VifScale scale)
{
    static Result got, want;
    run(set, scale, &got);
    run(&kernels_scalar, scale, &want);
    return memcmp(&got, &want, sizeof(got)) != 0;
}

static unsigned compare_scale(const KernelTable *set, unsigned scale,
                              unsigned bpc, unsigned *compared)
{
    unsigned differing = 0, size = scale == 0 && bpc == 8 ? 1 : 2;
    for (unsigned kind = 0; kind < 4; kind++) {
        fill(kind, scale ? 16 : bpc);
        if (size == 1)
            narrow();
        for (unsigned w = (16 >> scale) + kind; w < 2300;
             w += w < 140 ? 5 : 900) {
            VifScale todo = { .w = w, .h = 16 + w % 9, .bpc = bpc,
                              .scale = scale, .row_begin = w & 1,
                              .ref_stride = MAX_W * size,
                              .dist_stride = (MAX_W - 1) * size };
            todo.row_end = todo.h - (w >> 1 & 1);
            differing += compare_size(set, todo);
            ++*compared;
        }
    }
    return differing;
}

/* All top sixteen bits; zeros, ones and noise in those that are dropped. */
static unsigned compare_logs(const KernelTable *set, unsigned *compared)
{
    static uint32_t z[LOGS];
    static int32_t got[LOGS], want[LOGS];
    unsigned differing = 0;
    for (unsigned shift = 1; shift <= 15; shift++) {
        uint32_t low = (1u << shift) - 1;
        for (int kind = 0; kind < 3; kind++) {
            for (uint32_t i = 0; i < LOGS; i++) {
                uint32_t dropped = kind == 2 ? compare_random() : kind ? low : 0;
                z[i] = (i + LOGS) << shift | (dropped & low);
            }
            set->vif_log(z, got, LOGS);
            vif_log_scalar(z, want, LOGS);
            differing += memcmp(got, want, sizeof(got)) != 0;
            ++*compared;
        }
    }
    return differing;
}

unsigned compare_vif(const KernelTable *set, unsigned *compared)
{
    static const struct {
        unsigned scale, bpc;
    } cases[] = { { 0, 8 }, { 0, 9 }, { 0, 10 }, { 0, 12 }, { 0, 16 },
                  { 1, 8 }, { 2, 8 }, { 3, 8 } };
    unsigned differing = compare_logs(set, compared);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        differing += compare_scale(set, cases[i].scale, cases[i].bpc, compared);
    return differing;
}
