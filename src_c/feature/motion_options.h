/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Options that integer and float motion share, as rows of their tables.
 */
#ifndef PYVMAF_MOTION_OPTIONS_H
#define PYVMAF_MOTION_OPTIONS_H

#include <stddef.h>

#include "pyvmaf/extractor.h"

#define MOTION_OPTION_FORCE_ZERO(state, field)                                 \
    { .name = "motion_force_zero",                                             \
      .alias = "force_0",                                                      \
      .help = "score every frame 0",                                           \
      .type = PYVMAF_OPTION_BOOL,                                              \
      .offset = offsetof(state, field),                                        \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define MOTION_OPTION_BLEND_FACTOR(state, field)                               \
    { .name = "motion_blend_factor",                                           \
      .alias = "mbf",                                                          \
      .help = "slope of motion3 above the blend offset",                       \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 1,                                                     \
      .max = 1,                                                                \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define MOTION_OPTION_BLEND_OFFSET(state, field)                               \
    { .name = "motion_blend_offset",                                           \
      .alias = "mbo",                                                          \
      .help = "where the blend of motion3 sets in",                            \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 40,                                                    \
      .max = 1000,                                                             \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define MOTION_OPTION_FPS_WEIGHT(state, field)                                 \
    { .name = "motion_fps_weight",                                             \
      .alias = "mfw",                                                          \
      .help = "factor for the frame rate",                                     \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 1,                                                     \
      .max = 5,                                                                \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define MOTION_OPTION_MAX_VAL(state, field)                                    \
    { .name = "motion_max_val",                                                \
      .alias = "mmxv",                                                         \
      .help = "upper clip",                                                    \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 10000,                                                 \
      .max = 10000,                                                            \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#endif
