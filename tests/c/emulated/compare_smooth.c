/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The smooth kernels: sums, planes of the next scale and gradients, bit for
 * bit, in memory of exactly the size that the contract allows. */
#include <stdlib.h>
#include <string.h>

#include "compare.h"

enum { PLANES = 8 };

/* A block of floats that ends where its memory ends. */
typedef struct Block {
    float *at;
    size_t cnt;
} Block;

static Block block(size_t cnt)
{
    Block b = { malloc(cnt * sizeof(float)), cnt };
    for (size_t i = 0; i < cnt; i++)
        b.at[i] = 0.f;
    return b;
}

/* Grey levels minus 128: noise, or steps of `flat` samples. */
static Block levels(size_t cnt, unsigned flat)
{
    Block b = block(cnt);
    for (size_t i = 0; i < cnt; i++)
        b.at[i] = i % flat ? b.at[i - 1]
                           : (float)(compare_random() % 65536) / 257.f - 128.f;
    return b;
}

/* What a kernel made, so that two sets can be compared. */
typedef struct Made {
    Block block[PLANES];
    unsigned cnt;
} Made;

static float *take(Made *made, size_t cnt)
{
    made->block[made->cnt] = block(cnt);
    return made->block[made->cnt++].at;
}

/* Sums are binary64: two floats each. */
static void *take_sums(Made *made, size_t cnt)
{
    return take(made, 2 * cnt);
}

static void drop(Block *b, unsigned cnt)
{
    while (cnt)
        free(b[--cnt].at);
}

static unsigned compare_made(Made *a, Made *b, unsigned *compared)
{
    unsigned differing = 0;
    for (unsigned i = 0; i < a->cnt; i++, (*compared)++)
        differing += !!memcmp(a->block[i].at, b->block[i].at,
                              a->block[i].cnt * sizeof(float));
    drop(a->block, a->cnt);
    drop(b->block, b->cnt);
    return differing;
}

static SmoothTaps window(int radius)
{
    SmoothTaps taps = { .radius = radius };
    float sum = 0.f;
    for (int k = 0; k <= radius; k++) {
        taps.tap[k] = 1.f / (float)(k * k + radius);
        sum += k ? 2 * taps.tap[k] : taps.tap[k];
    }
    for (int k = 0; k <= radius; k++)
        taps.tap[k] /= sum;
    return taps;
}

/* In two parts, as two threads would. */
static void run_vif(const KernelTable *set, SmoothVif vif, Made *made)
{
    const size_t size = (size_t)vif.w * (size_t)vif.h;
    const size_t half = (size_t)(vif.w / 2) * (size_t)(vif.h / 2);
    SmoothVifSums sums = {
        .num = take_sums(made, (size_t)vif.h),
        .den = take_sums(made, (size_t)vif.h),
        .next_ref = take(made, half),
        .next_dist = take(made, half),
    };
    SmoothVifSlopes slopes = {
        .num = .7, .den = -.3, .next_ref = vif.dist, .next_dist = vif.ref,
        .ref = take(made, size), .dist = take(made, size),
    };
    vif.scratch = malloc(smooth_vif_scratch_size(vif.w));
    for (int part = 0; part < 2; part++) {
        vif.row_begin = part ? vif.h / 3 : 0;
        vif.row_end = part ? vif.h : vif.h / 3;
        set->smooth_vif(&vif, &sums);
        set->smooth_vif_slopes(&vif, &slopes);
    }
    free(vif.scratch);
}

static unsigned compare_vif_at(const KernelTable *set, int w, int h, int turn,
                               unsigned *compared)
{
    static const int radius[] = { 8, 4, 2, 1, 1 };
    const int scale = turn % 4;
    Block plane[] = {
        levels((size_t)w * (size_t)h, 1),
        levels((size_t)w * (size_t)h, turn % 3 ? 1 : 50),
    };
    SmoothVif vif = {
        .ref = plane[turn & 1].at, .dist = plane[~turn & 1].at,
        .w = w, .h = h, .noise = 2.f, .inactive = 6e-5f,
        .gain_limit = turn % 5 ? 100.f : 1.f,
        .taps = window(radius[scale]), .next_taps = window(radius[scale + 1]),
    };
    Made got = { .cnt = 0 }, want = { .cnt = 0 };
    run_vif(set, vif, &got);
    run_vif(&kernels_scalar, vif, &want);
    drop(plane, 2);
    return compare_made(&got, &want, compared);
}

static void run_adm(const KernelTable *set, SmoothAdm adm, Made *made)
{
    const SmoothAxis *rows = &adm.rows, *cols = &adm.cols;
    const size_t pooled = 3 * (size_t)(rows->pool_end - rows->pool_begin);
    const size_t low =
        (size_t)(rows->end - rows->begin) * (size_t)(cols->end - cols->begin);
    const size_t size = (size_t)rows->held * (size_t)cols->held;
    SmoothAdmSums sums = {
        .num = take_sums(made, pooled), .aim = take_sums(made, pooled),
        .den = take_sums(made, pooled), .next_ref = take(made, low),
        .next_dist = take(made, low),
    };
    SmoothAdmSlopes slopes = {
        .num = { .3f, .5f, -.7f }, .aim = { .2f, -.1f, .4f },
        .den = { 1.f, .1f, .6f },
        .next_ref = sums.next_dist, .next_dist = sums.next_ref,
        .ref = take(made, size), .dist = take(made, size),
    };
    adm.scratch = malloc(smooth_adm_scratch_size(cols->end - cols->begin));
    set->smooth_adm(&adm, &sums);
    set->smooth_adm_slopes(&adm, &slopes);
    free(adm.scratch);
}

/* All of a band, or what pooling with a margin of a tenth needs. */
static SmoothAxis axis(int size)
{
    const int band = (size + 1) / 2;
    const int margin = band < 15 ? 0 : band / 10;
    SmoothAxis a = { .size = size, .pool_begin = margin,
                     .pool_end = band - margin };
    a.begin = margin ? margin - 1 : 0;
    a.end = margin ? band - margin + 1 : band;
    a.first = a.begin ? 2 * a.begin - 1 : 0;
    int last = 2 * a.end + 1 < size ? 2 * a.end + 1 : size;
    a.held = last - a.first;
    return a;
}

static unsigned compare_adm_at(const KernelTable *set, int w, int h, int turn,
                               unsigned *compared)
{
    SmoothAdm adm = {
        .rows = axis(h), .cols = axis(w), .weight = { .017f, .017f, .006f },
        .gain_limit = turn % 3 ? 100.f : 1.2f, .with_aim = turn % 4 != 0,
    };
    const size_t cnt = (size_t)adm.rows.held * (size_t)adm.cols.held;
    Block plane[] = { levels(cnt, 1), levels(cnt, turn % 5 ? 1 : 40) };
    for (size_t i = 0; turn % 2 && i < cnt; i++)
        plane[1].at[i] = plane[0].at[i] * 1.1f;
    adm.ref = plane[0].at;
    adm.dist = plane[1].at;
    Made got = { .cnt = 0 }, want = { .cnt = 0 };
    run_adm(set, adm, &got);
    run_adm(&kernels_scalar, adm, &want);
    drop(plane, 2);
    return compare_made(&got, &want, compared);
}

unsigned compare_smooth(const KernelTable *set, unsigned *compared)
{
    unsigned differing = 0;
    int turn = 0;
    for (int w = 9; w < 420; w += w < 70 ? 3 : 87)
        for (int h = 9; h < 90; h += h < 20 ? 4 : 23, turn++) {
            differing += compare_vif_at(set, w, h, turn, compared);
            differing += compare_adm_at(set, w, h, turn, compared);
        }
    return differing;
}
