/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The smooth kernels, compiled for one set of instructions. */
#include "smooth_adm_tmpl.h"
#include "smooth_motion_tmpl.h"
#include "smooth_vif_tmpl.h"

#define SMOOTH_TABLE                                                           \
    {                                                                          \
        .vif = smooth_vif_scale,                                               \
        .vif_slopes = smooth_vif_slopes,                                       \
        .vif_finish = smooth_vif_finish,                                       \
        .adm = smooth_adm_scale,                                               \
        .adm_slopes = smooth_adm_slopes,                                       \
        .motion = smooth_motion_scale,                                         \
        .motion_slopes = smooth_motion_slopes,                                 \
    }
