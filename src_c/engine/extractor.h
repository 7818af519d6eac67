/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Extractors inside the engine: the registry of built-in and run-time rows.
 *
 * To add a built-in extractor: write feature/NAME.c with
 * `const PyvmafExtractor extractor_NAME`, and in extractor.c declare it and give
 * it its line in builtin[]. If one call can do the work of several
 * registrations that differ only in options (the default and the NEG gain
 * limit share all of VIF but the last step), also define
 * `const ExtractorGroup extractor_NAME_group` and name it in that line.
 */
#ifndef EXTRACTOR_H
#define EXTRACTOR_H

#include <stdbool.h>

#include "pyvmaf/extractor.h"
#include "collector.h"

/* Longest published name, the terminator included. */
#define FEATURE_NAME_SIZE 256

/* Most registrations that one group call is given. */
#define EXTRACTOR_GROUP_MAX 4

/* How an extractor that is not temporal serves several of its registrations
 * at once. The states are instances of the same extractor, initialised alike,
 * with different options; each has its own scores. What a group call publishes
 * must equal, bit for bit, what extract() publishes for each state alone. */
typedef struct ExtractorGroup {
    unsigned max; /* at most EXTRACTOR_GROUP_MAX */
    bool (*compatible)(const void *state, const void *other);
    int (*extract)(void *const state[], PyvmafScores *const scores[],
                   unsigned cnt, const PyvmafFrame *frame);
} ExtractorGroup;

/* One score that is refused, as it was imported before, does not keep the others
 * from being written: the first error is what is returned in the end. */
static inline int extractor_first_error(int before, int now)
{
    return before ? before : now;
}

/* NULL: there is none of that name. */
const PyvmafExtractor *extractor_find(const char *name);
const PyvmafExtractor *extractor_find_by_feature(const char *feature_name);
const ExtractorGroup *extractor_group(const PyvmafExtractor *extractor);

/* The known name that is nearest to an unknown one. */
const char *extractor_nearest(const char *name);

/* feature_name.c: `name` as published by `extractor` with these options;
 * -EINVAL and a logged reason for an invalid option value. */
int feature_name_decorate(char out[FEATURE_NAME_SIZE],
                          const PyvmafExtractor *extractor, const char *name,
                          const VmafFeatureDictionary *opts);
/* The short form of a full feature name, or the name itself. */
const char *feature_name_alias(const char *name);

#endif
