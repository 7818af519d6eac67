/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The windows of ANSNR's definition; both are symmetric in each direction. */
#ifndef KERNEL_ANSNR_CONSTANTS_H
#define KERNEL_ANSNR_CONSTANTS_H

/* The reference's: 3 x 3, integers over their sum. */
static const float ansnr_ref_taps[2][2] = {
    { 1.f / 16.f, 2.f / 16.f },
    { 2.f / 16.f, 4.f / 16.f },
};

/* The distorted picture's: 5 x 5, integers over their sum. */
static const float ansnr_dist_taps[3][3] = {
    { 2.f / 571.f, 7.f / 571.f, 12.f / 571.f },
    { 7.f / 571.f, 31.f / 571.f, 52.f / 571.f },
    { 12.f / 571.f, 52.f / 571.f, 127.f / 571.f },
};

#endif
