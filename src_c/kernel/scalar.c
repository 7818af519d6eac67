/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The kernel set that runs everywhere. */
#include "scalar.h"

const KernelTable kernels_scalar = {
    .name = "scalar",
    .vif_scale = vif_scale_scalar,
    .vif_log = vif_log_scalar,
    .adm_scale = adm_scale_scalar,
    .motion_sad = motion_sad_scalar,
    .psnr_sse = psnr_sse_scalar,
};
