/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Options that integer and float VIF share, as rows of their tables.
 */
#ifndef PYVMAF_VIF_OPTIONS_H
#define PYVMAF_VIF_OPTIONS_H

#include <stddef.h>

#include "pyvmaf/extractor.h"

#define VIF_OPTION_GAIN_LIMIT(state, field)                                    \
    { .name = "vif_enhn_gain_limit",                                           \
      .alias = "egl",                                                          \
      .help = "upper limit of the gain counted as information; 1 is NEG",      \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 100,                                                   \
      .min = 1,                                                                \
      .max = 100,                                                              \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define VIF_OPTION_SKIP_SCALE0(state, field)                                   \
    { .name = "vif_skip_scale0",                                               \
      .alias = "ssclz",                                                        \
      .help = "leave out scale 0, the largest part of the work",               \
      .type = PYVMAF_OPTION_BOOL,                                              \
      .offset = offsetof(state, field),                                        \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#endif
