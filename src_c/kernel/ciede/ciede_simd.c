/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "ciede_pixel.h"
#include "kernel/workspace.h"

/* Pixels that go through one loop before the next begins. */
#define CIEDE_BLOCK 128

#include "ciede_tmpl_math.h"
#include "ciede_tmpl_colour.h"
#include "ciede_tmpl_delta.h"
#include "ciede_tmpl_rows.h"
#include "ciede_tmpl_sum.h"

const CiedeKernels KERNEL_TABLE_NAME(ciede) = {
    .delta = ciede_delta_simd,
    .shades = ciede_shades_simd,
    .sum = ciede_sum_simd,
    .scratch_size = ciede_scratch_size_simd,
};

SIMD_REGION_END
