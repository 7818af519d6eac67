/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The built-in extractors, one line each, in libvmaf's order, which look-ups by
 * feature name walk. E(NAME) is `extractor_NAME` in NAME.c.
 */
#ifndef EXTRACTORS_H
#define EXTRACTORS_H

#define BUILTIN_EXTRACTORS(E)                                                  \
    E(psnr)                                                                    \
    E(adm)                                                                     \
    E(motion)                                                                  \
    E(vif)                                                                     \
    E(cambi)                                                                   \
    E(null)

#endif
