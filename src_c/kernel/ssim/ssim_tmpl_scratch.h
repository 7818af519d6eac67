/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the templates keep in scratch memory. */

enum {
    SSIM_SIGNALS = 5, /* ref, dist, their squares and their product */
    SSIM_HALO = SSIM_TAPS - 1,
    SSIM_ROWS = 16, /* rows that are worked on together */
    /* Rows of terms that are kept for a sum in order: two rounds' worth. */
    SSIM_ORDERED_ROWS = 2 * SSIM_ROWS - SSIM_HALO,
    SSIM_PITCH = 224,  /* a strip with its halo, and room for whole vectors */
    SSIM_HALVED = 240, /* most columns of a halved plane */
    SSIM_HALVED_PITCH = 272,
    SSIM_CLASSES = 5, /* distances from the low-pass's centre column */
    SSIM_PENDING = 4, /* halved rows that a row leaves unfinished */
};

typedef struct SsimCompareScratch {
    float row[2][SSIM_ROWS][SSIM_PITCH];
    /* Columns of V_LANES rows, and the same filtered across. */
    float col[2][SSIM_PITCH * SSIM_ROWS], across[SSIM_PITCH * SSIM_ROWS];
    float mean[SSIM_SIGNALS][SSIM_ROWS][SSIM_STRIP];
    /* Sums of the window's rows that are not complete yet. */
    double pending[SSIM_SIGNALS][SSIM_STRIP * SSIM_HALO];
} SsimCompareScratch;

_Static_assert(SSIM_STRIP + SSIM_HALO + V_LANES <= SSIM_PITCH &&
                   SSIM_STRIP % (2 * SSIM_LANES) == 0 &&
                   SSIM_ROWS % V_LANES == 0,
               "whole vectors of columns and rows fit");

typedef struct SsimHalveScratch {
    float row[2 * SSIM_HALVED_PITCH];
    /* Even and odd columns. */
    float half[2][SSIM_ROWS][SSIM_HALVED_PITCH];
    double down[SSIM_CLASSES][SSIM_ROWS / 2][SSIM_HALVED_PITCH];
    double pending[SSIM_CLASSES][SSIM_HALVED_PITCH * SSIM_PENDING];
} SsimHalveScratch;

_Static_assert(SSIM_HALVED + 4 + V_LANES <= SSIM_HALVED_PITCH,
               "whole vectors of columns and the reach of the low-pass fit");

static size_t ssim_larger(size_t p, size_t q)
{
    return p > q ? p : q;
}

/* Ordered sums keep their terms behind the rest; a row of column sums has room
 * for a box at both ends and for whole vectors. */
static size_t ssim_scratch_size(unsigned w)
{
    const size_t terms = sizeof(double) * SSIM_ORDERED_ROWS * w;
    const size_t compare = sizeof(SsimCompareScratch) + terms;
    const size_t shrink = sizeof(double) * (2 * (size_t)w + 64);
    return ssim_larger(ssim_larger(sizeof(SsimHalveScratch), compare), shrink);
}
