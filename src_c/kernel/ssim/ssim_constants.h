/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Constants of SSIM's definition. */
#ifndef KERNEL_SSIM_CONSTANTS_H
#define KERNEL_SSIM_CONSTANTS_H

/* The Gaussian window of standard deviation 1.5, printed with six digits: from
 * the outermost tap to the centre. */
static const float ssim_taps[6] = { 0.001028f, 0.007599f, 0.036001f,
                                    0.109361f, 0.213006f, 0.266012f };

/* The 9/7 biorthogonal low-pass as a two-dimensional table, by distance from
 * the centre; its rounding to six digits makes it inseparable. */
static const float ssim_low[5][5] = {
    { 0.363505f, 0.160885f, -0.047149f, -0.010146f, 0.016114f },
    { 0.160885f, 0.071207f, -0.020867f, -0.004490f, 0.007132f },
    { -0.047149f, -0.020867f, 0.006115f, 0.001316f, -0.002090f },
    { -0.010146f, -0.004490f, 0.001316f, 0.000283f, -0.000450f },
    { 0.016114f, 0.007132f, -0.002090f, -0.000450f, 0.000714f },
};

/* (0.01 * 255)^2, (0.03 * 255)^2 and half of that, each operation in binary32:
 * they keep quotients of small numbers tame. */
static const float ssim_c1 = 0x1.a028f4p+2f;
static const float ssim_c2 = 0x1.d42e12p+5f;
static const float ssim_c3 = 0x1.d42e12p+4f;

/* Below that magnitude a value other than 0 is faint. */
static const float ssim_faint = 0x1p-6f;

#endif
