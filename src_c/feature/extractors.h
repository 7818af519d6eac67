/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The built-in extractors, one line each, in libvmaf's order, which look-ups by
 * feature name walk. E(NAME) is `extractor_NAME` in NAME.c.
 */
#ifndef EXTRACTORS_H
#define EXTRACTORS_H

#define BUILTIN_EXTRACTORS(E)                                                  \
    E(float_psnr)                                                              \
    E(float_ansnr)                                                             \
    E(float_adm)                                                               \
    E(float_vif)                                                               \
    E(float_motion)                                                            \
    E(float_moment)                                                            \
    E(speed_chroma)                                                            \
    E(speed_temporal)                                                          \
    E(float_ms_ssim)                                                           \
    E(float_ssim)                                                              \
    E(ciede)                                                                   \
    E(psnr)                                                                    \
    E(psnr_hvs)                                                                \
    E(adm)                                                                     \
    E(motion)                                                                  \
    E(vif)                                                                     \
    E(cambi)                                                                   \
    E(null)

#endif
