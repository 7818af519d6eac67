/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Float VIF for one instruction set. */
#include "kernel/simd.h"

#include "float_vif.h"
#include "float_vif_log.h"
#include "kernel/workspace.h"

#include "kernel/float_plane_tmpl.h"
#include "kernel/float_filter_tmpl.h"
#include "float_vif_tmpl_stats.h"
#include "float_vif_tmpl.h"

const FloatVifKernels KERNEL_TABLE_NAME(float_vif) = {
    .scale = float_vif_scale,
    .scratch_size = float_vif_scratch,
};

SIMD_REGION_END
