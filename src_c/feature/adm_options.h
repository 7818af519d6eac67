/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Options that integer and float ADM share, as rows of their tables.
 */
#ifndef PYVMAF_ADM_OPTIONS_H
#define PYVMAF_ADM_OPTIONS_H

#include <stddef.h>

#include "pyvmaf/extractor.h"

#define ADM_OPTION_CSF_SCALE(state, field)                                     \
    { .name = "adm_csf_scale",                                                 \
      .alias = "scf",                                                          \
      .help =                                                                  \
          "factor of the horizontal and vertical sensitivity, mode 1 only",    \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 1,                                                     \
      .max = 50,                                                               \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define ADM_OPTION_CSF_DIAG_SCALE(state, field)                                \
    { .name = "adm_csf_diag_scale",                                            \
      .alias = "scfd",                                                         \
      .help = "factor of the diagonal sensitivity, mode 1 only",               \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 1,                                                     \
      .max = 50,                                                               \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define ADM_OPTION_DLM_WEIGHT(state, field)                                    \
    { .name = "adm_dlm_weight",                                                \
      .alias = "dlmw",                                                         \
      .help = "weight of adm2 in adm3, the rest is aim's",                     \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 0.5,                                                   \
      .max = 1,                                                                \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define ADM_OPTION_GAIN_LIMIT(state, field)                                    \
    { .name = "adm_enhn_gain_limit",                                           \
      .alias = "egl",                                                          \
      .help = "upper limit of the gain counted as detail; 1 is NEG",           \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 100,                                                   \
      .min = 1,                                                                \
      .max = 100,                                                              \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define ADM_OPTION_NORM_VIEW_DIST(state, field)                                \
    { .name = "adm_norm_view_dist",                                            \
      .alias = "nvd",                                                          \
      .help = "viewing distance in display heights",                           \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 3,                                                     \
      .min = 0.75,                                                             \
      .max = 24,                                                               \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define ADM_OPTION_REF_DISPLAY_HEIGHT(state, field, short_name)                \
    { .name = "adm_ref_display_height",                                        \
      .alias = short_name,                                                     \
      .help = "display height in pixels",                                      \
      .type = PYVMAF_OPTION_INT,                                               \
      .offset = offsetof(state, field),                                        \
      .default_number = 1080,                                                  \
      .min = 1,                                                                \
      .max = 4320,                                                             \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define ADM_OPTION_NOISE_WEIGHT(state, field)                                  \
    { .name = "adm_noise_weight",                                              \
      .alias = "nw",                                                           \
      .help = "noise floor under numerators and denominators",                 \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .default_number = 0.03125,                                               \
      .max = 1500,                                                             \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define ADM_OPTION_SKIP_SCALE0(state, field)                                   \
    { .name = "adm_skip_scale0",                                               \
      .alias = "ssz",                                                          \
      .help = "leave out scale 0, the largest part of the work",               \
      .type = PYVMAF_OPTION_BOOL,                                              \
      .offset = offsetof(state, field),                                        \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#define ADM_OPTION_MIN_VAL(state, field)                                       \
    { .name = "adm_min_val",                                                   \
      .alias = "min",                                                          \
      .help = "lower clip of adm3",                                            \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = offsetof(state, field),                                        \
      .max = 1,                                                                \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }

#endif
