/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The kernel modules: one line per folder of kernel/. The module NAME declares
 * the type of its table in NAME/NAME.h, defines NAME_kernels_scalar in
 * NAME/NAME_scalar.c, and NAME_kernels_SET for every instruction set in
 * NAME/NAME_simd.c, which the Makefile compiles once per set.
 */
#ifndef KERNEL_MODULES_H
#define KERNEL_MODULES_H

#define KERNEL_MODULES(M, set)                                                 \
    M(set, adm, AdmKernels)                                                    \
    M(set, ansnr, AnsnrKernels)                                                \
    M(set, cambi, CambiKernels)                                                \
    M(set, ciede, CiedeKernels)                                                \
    M(set, float_adm, FloatAdmKernels)                                         \
    M(set, float_motion, FloatMotionKernels)                                   \
    M(set, float_vif, FloatVifKernels)                                         \
    M(set, moment, MomentKernels)                                              \
    M(set, motion, MotionKernels)                                              \
    M(set, psnr, PsnrKernels)                                                  \
    M(set, psnr_hvs, PsnrHvsKernels)                                           \
    M(set, speed, SpeedKernels)                                                \
    M(set, ssim, SsimKernels)                                                  \
    M(set, vif, VifKernels)

#endif
