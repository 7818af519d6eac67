/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Published names: a feature's name, decorated by its extractor's options. */
#ifndef FEATURE_NAME_H
#define FEATURE_NAME_H

#include "engine/extractor.h"

/* What these options append to every provided name: "" when all of them have
 * their defaults, else "_suffix_value" for each that does not. -EINVAL and a
 * logged reason for an invalid value. */
int feature_name_suffix(char out[FEATURE_NAME_SIZE],
                        const PyvmafExtractor *extractor,
                        const VmafFeatureDictionary *opts);

/* `name` as published by `extractor` with these options; -EINVAL and a logged
 * reason for an invalid option value. */
int feature_name_decorate(char out[FEATURE_NAME_SIZE],
                          const PyvmafExtractor *extractor, const char *name,
                          const VmafFeatureDictionary *opts);

/* `name` as published by `extractor` under that suffix. */
void feature_name_compose(char out[FEATURE_NAME_SIZE],
                          const PyvmafExtractor *extractor, const char *name,
                          const char *suffix);

/* The short form of a full feature name, or the name itself. */
const char *feature_name_alias(const char *name);

/* The full name that has this short form, or the name itself. */
const char *feature_name_full(const char *alias);

#endif
