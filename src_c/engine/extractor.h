/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Extractors inside the engine: the registry of built-in and run-time rows.
 * include/pyvmaf/extractor.h says what a row is; to add a built-in one, write
 * feature/NAME.c with `const PyvmafExtractor extractor_NAME` and give it its line
 * in feature/extractors.h.
 */
#ifndef EXTRACTOR_H
#define EXTRACTOR_H

#include <stdbool.h>

#include "pyvmaf/extractor.h"

/* Longest published name, the terminator included. */
#define FEATURE_NAME_SIZE 256

/* One score that is refused, as it was imported before, does not keep the others
 * from being written: the first error is what is returned in the end. */
static inline int extractor_first_error(int before, int now)
{
    return before ? before : now;
}

/* -EINVAL and a logged reason when a side of the pictures is below `least`, which
 * is what `needs` says, such as "four scales need". */
int extractor_check_size(const PyvmafExtractorInit *init, unsigned least,
                         const char *extractor, const char *needs);

/* NULL: there is none of that name. */
const PyvmafExtractor *extractor_find(const char *name);
const PyvmafExtractor *extractor_find_by_feature(const char *feature_name);

/* A registration of that row is made, is destroyed. */
void extractor_begin_use(const PyvmafExtractor *extractor);
void extractor_end_use(const PyvmafExtractor *extractor);

/* The known name that is nearest to an unknown one. */
const char *extractor_nearest(const char *name);

#endif
