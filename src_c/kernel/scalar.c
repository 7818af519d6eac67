/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The kernel set that runs everywhere. */
#include "scalar.h"

#include "smooth_adm_tmpl.h"
#include "smooth_vif_tmpl.h"

const KernelTable kernels_scalar = {
    .name = "scalar",
    .vif_scale = vif_scale_scalar,
    .vif_log = vif_log_scalar,
    .adm_scale = adm_scale_scalar,
    .motion_sad = motion_sad_scalar,
    .psnr_sse = psnr_sse_scalar,
    .smooth_vif = smooth_vif_scale,
    .smooth_vif_slopes = smooth_vif_slopes,
    .smooth_adm = smooth_adm_scale,
    .smooth_adm_slopes = smooth_adm_slopes,
};
