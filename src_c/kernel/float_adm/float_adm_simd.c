/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "kernel/simd.h"

#include "float_adm.h"
#include "float_adm_constants.h"
#include "kernel/workspace.h"

#include "kernel/float_plane_tmpl.h"
#include "float_adm_tmpl_wavelet.h"
#include "float_adm_tmpl_pool.h"
#include "float_adm_tmpl.h"

const FloatAdmKernels KERNEL_TABLE_NAME(float_adm) = {
    .scale = float_adm_scale,
    .scratch_size = float_adm_scratch,
};

SIMD_REGION_END
