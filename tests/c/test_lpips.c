/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The arithmetic around the LPIPS network, over memory of just the right size:
 * sanitizers see a byte too many. Values are judged from Python. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src_c/lpips/lpips.h"
#include "toys.h"

static void convert(LpipsConversion how)
{
    const size_t sample = how.bpc > 8 ? 2 : 1;
    const size_t cw = (how.w + how.sub_x) >> how.sub_x;
    const size_t ch = (how.h + how.sub_y) >> how.sub_y;
    const size_t bytes[3] = { how.w * how.h * sample, cw * ch * sample,
                              cw * ch * sample };
    const ptrdiff_t strides[3] = { (ptrdiff_t)(how.w * sample),
                                   (ptrdiff_t)(cw * sample),
                                   (ptrdiff_t)(cw * sample) };
    void *planes[3];
    for (int p = 0; p < 3; p++) {
        planes[p] = malloc(bytes[p]);
        memset(planes[p], 0xff - 7 * p, bytes[p]);
    }
    const size_t cnt = (size_t)3 * how.w * how.h;
    float *out = malloc(cnt * sizeof *out);
    CHECK(!lpips_convert(&how, (const void *const *)planes, strides, out));
    /* A flat picture stays flat, whatever is done to chroma. */
    for (size_t i = 0; i < cnt; i++)
        CHECK(out[i] == out[i / (cnt / 3) * (cnt / 3)]);
    free(out);
    for (int p = 0; p < 3; p++)
        free(planes[p]);
}

static void test_convert(void)
{
    static const unsigned sizes[][2] = {
        { 1, 1 }, { 2, 1 }, { 17, 17 }, { 64, 3 }, { 33, 18 }
    };
    for (unsigned i = 0; i < 5 * 3 * 4 * 4; i++) {
        LpipsConversion how = { 0 };
        how.w = sizes[i % 5][0];
        how.h = sizes[i % 5][1];
        how.sub_x = i / 5 % 3 > 0;
        how.sub_y = i / 5 % 3 > 1;
        how.bpc = (const unsigned[]){ 8, 10, 12, 16 }[i / 15 % 4];
        how.native = i / 60 % 2;
        how.bilinear = i / 120;
        how.site_y = 0.5f;
        how.luma_scale = how.chroma_scale = 1.0f / 255.0f;
        how.red_v = how.green_u = how.green_v = how.blue_u = 1.0f;
        for (int k = 0; k < 3 * 256; k++)
            how.table[k / 256][k % 256] = (float)k;
        convert(how);
    }
}

static void test_distance(void)
{
    static const unsigned channels[] = { 1, 3, 64, 512, 2000 };
    for (unsigned c = 0; c < 5; c++) {
        const unsigned n = channels[c];
        const size_t positions = 300;
        float *ref = malloc(n * positions * sizeof *ref);
        float *dist = malloc(n * positions * sizeof *dist);
        float *weight = malloc(n * sizeof *weight);
        for (size_t i = 0; i < n * positions; i++) {
            ref[i] = 1;
            dist[i] = -2;
        }
        for (unsigned i = 0; i < n; i++)
            weight[i] = 1;
        CHECK(lpips_distance(ref, ref, weight, n, positions, 0, positions) ==
              0);
        /* Opposite unit vectors are 2 apart, whatever their length. */
        const double whole =
            lpips_distance(ref, dist, weight, n, positions, 0, positions);
        CHECK(fabs(whole / (double)positions - 4) < 1e-3);
        const double piece =
            lpips_distance(ref, dist, weight, n, positions, 7, 8);
        CHECK(fabs(piece - 4) < 1e-3);
        CHECK(lpips_distance(ref, dist, weight, n, positions, 9, 9) == 0);
        memset(dist, 0, n * positions * sizeof *dist);
        CHECK(isnan(lpips_distance(ref, dist, weight, n, positions, 0, 1)));
        free(ref);
        free(dist);
        free(weight);
    }
}

int main(void)
{
    alarm(300); /* a hang is a failure */
    test_convert();
    test_distance();
    puts("lpips: ok");
    return 0;
}
