/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* How much scratch memory the smooth kernels need; the same for every set. */
#include "smooth_layout.h"

size_t smooth_vif_scratch_size(int w)
{
    const size_t rows = 2 * SMOOTH_MOMENTS + SMOOTH_MOMENTS * SMOOTH_ROWS;
    return rows * smooth_row_length(w) * sizeof(float);
}

size_t smooth_adm_scratch_size(int cols)
{
    const size_t rows = 6 + SMOOTH_RING * SMOOTH_RING_ROWS;
    return (2 * smooth_row_length(2 * cols) + rows * smooth_row_length(cols)) *
           sizeof(float);
}

size_t smooth_motion_scratch_size(int w)
{
    const size_t rows = 12; /* two rings of five, and two in work */
    return rows * smooth_row_length(w) * sizeof(float);
}
