/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the Python extension, and through it the tests, call besides the
 * interface; pyvmaf_internal() finds it. The build reads this list. */
#ifndef INTERNAL_H
#define INTERNAL_H

#define INTERNAL_FUNCTIONS(F)                                                  \
    F(adm_csf)                                                                 \
    F(cambi_first_lit)                                                         \
    F(cambi_last_visible)                                                      \
    F(cambi_reciprocals)                                                       \
    F(cambi_weights)                                                           \
    F(ciede_stride)                                                            \
    F(cpu_flags)                                                               \
    F(kernel_set)                                                              \
    F(kernel_table_by_name)                                                    \
    F(kernel_table_name_at)                                                    \
    F(psnr_hvs_stride)                                                         \
    F(psnr_hvs_table)                                                          \
    F(speed_plan_axis)                                                         \
    F(speed_plan_fill)                                                         \
    F(speed_plan_local_mean)                                                   \
    F(speed_plan_low_pass)                                                     \
    F(speed_plan_resized)                                                      \
    F(speed_plan_tap_cnt)                                                      \
    F(speed_plan_valid_kernelscale)                                            \
    F(vif_log_table)

#endif
