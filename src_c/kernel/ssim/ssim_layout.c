/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "ssim_layout.h"

static size_t larger(size_t p, size_t q)
{
    return p > q ? p : q;
}

size_t ssim_scratch_size(unsigned w)
{
    /* The plain kernel's ring of rows. */
    const size_t ring = sizeof(float) * SSIM_SIGNALS * SSIM_TAPS * w;
    /* The ordered sum's terms. */
    const size_t compare =
        sizeof(SsimCompareScratch) + sizeof(double) * SSIM_ORDERED_ROWS * w;
    /* A row of column sums with room for a box at both ends and for whole
     * vectors. */
    const size_t shrink = sizeof(double) * (2 * (size_t)w + 64);
    return larger(larger(ring, compare),
                  larger(sizeof(SsimHalveScratch), shrink));
}
