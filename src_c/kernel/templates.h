/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The kernels written once over the operations of a simd/NAME.h header; a
 * simd/NAME.c includes this file inside its target region. A kernel without a
 * template is the scalar one.
 */
#include "scalar.h"

#include "adm_tmpl.h"
#include "motion_tmpl.h"
#include "psnr_tmpl.h"
#include "smooth_adm_tmpl.h"
#include "smooth_vif_tmpl.h"
#include "vif_tmpl.h"

#define SIMD_KERNELS(set)                                                      \
    const KernelTable kernels_##set = {                                        \
        .name = #set,                                                          \
        .vif_scale = SIMD_VIF_SCALE,                                           \
        .vif_log = SIMD_VIF_LOG,                                               \
        .adm_scale = SIMD_ADM_SCALE,                                           \
        .motion_sad = SIMD_MOTION_SAD,                                         \
        .psnr_sse = SIMD_PSNR_SSE,                                             \
        .smooth_vif = smooth_vif_scale,                                        \
        .smooth_vif_slopes = smooth_vif_slopes,                                \
        .smooth_adm = smooth_adm_scale,                                        \
        .smooth_adm_slopes = smooth_adm_slopes,                                \
    }
