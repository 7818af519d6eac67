/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* An extractor's option table against the text of a dictionary. */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>

#include "pyvmaf/extractor.h"
#include "dictionary.h"

/* One value, held by the member that its option's type names. */
typedef struct OptionValue {
    bool flag;
    int integer;
    double number;
    const char *text; /* borrowed from the dictionary or the table */
} OptionValue;

/* The value that `opts` gives, or the default. -EINVAL and a logged reason
 * when the text is no value of the option. */
int option_value(const PyvmafExtractor *extractor, const PyvmafOption *option,
                 const VmafFeatureDictionary *opts, OptionValue *value);
bool option_equal(const PyvmafOption *option, const OptionValue *a,
                  const OptionValue *b);
OptionValue option_default(const PyvmafOption *option);

/* Write every value at its offset in `state`. Text is borrowed from `opts`. */
int option_store(const PyvmafExtractor *extractor,
                 const VmafFeatureDictionary *opts, void *state);

/* Warn about each key that the extractor has no option for. */
void option_warn_unknown(const PyvmafExtractor *extractor,
                         const VmafFeatureDictionary *opts);

/* Bytes that a value of this type takes in a state; 0: no such type. */
size_t option_size(enum PyvmafOptionType type);

#endif
