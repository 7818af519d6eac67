/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "float_motion.h"
#include "kernel/workspace.h"

#include "kernel/float_plane_tmpl.h"
#include "kernel/float_filter_tmpl.h"
#include "float_motion_tmpl.h"

const FloatMotionKernels KERNEL_TABLE_NAME(float_motion) = {
    .difference = float_motion_difference,
    .blur = float_motion_blur,
    .scratch_size = float_motion_scratch,
};

SIMD_REGION_END
