/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The option for more than the scores, as a row of each table that has it.
 */
#ifndef PYVMAF_DEBUG_OPTION_H
#define PYVMAF_DEBUG_OPTION_H

#include <stddef.h>

#include "pyvmaf/extractor.h"

#define DEBUG_OPTION(state, what, on)                                          \
    { .name = "debug",                                                         \
      .help = "also publish " what,                                            \
      .type = PYVMAF_OPTION_BOOL,                                              \
      .offset = offsetof(state, debug),                                        \
      .default_number = on }

#endif
