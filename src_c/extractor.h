/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Extractors inside the engine: the registry, one registration for each
 * (extractor, options) of a context, and the instances that do the work.
 */
#ifndef EXTRACTOR_H
#define EXTRACTOR_H

#include "../include/pyvmaf/extractor.h"
#include "collector.h"

/* Longest published name, the terminator included. */
#define FEATURE_NAME_SIZE 256

const VmafExtractor *extractor_find(const char *name);
const VmafExtractor *extractor_find_by_feature(const char *feature_name);

/* feature_name.c: `name` as published by `extractor` with these options;
 * -EINVAL and a logged reason for an invalid option value. */
int feature_name_decorate(char out[FEATURE_NAME_SIZE],
                          const VmafExtractor *extractor, const char *name,
                          const VmafFeatureDictionary *opts);
/* The short form of a full feature name, or the name itself. */
const char *feature_name_alias(const char *name);

#endif
