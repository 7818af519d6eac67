/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Ordered text options, the type behind VmafFeatureDictionary. */
#ifndef DICTIONARY_H
#define DICTIONARY_H

#include <stddef.h>

#include "libvmaf/feature.h"

typedef struct DictionaryEntry {
    char *key, *val;
} DictionaryEntry;

struct VmafFeatureDictionary {
    DictionaryEntry *entry;
    size_t cnt, capacity;
};

/* Set without rewriting numbers; an existing key keeps its place. */
int dictionary_set(VmafFeatureDictionary **dict, const char *key,
                   const char *val);

/* Set; when all of `val` is a number it is rewritten as "%g" of its binary32
 * value, as libvmaf does. */
int dictionary_set_normalised(VmafFeatureDictionary **dict, const char *key,
                              const char *val);

const char *dictionary_get(const VmafFeatureDictionary *dict, const char *key);
int dictionary_copy(const VmafFeatureDictionary *src,
                    VmafFeatureDictionary **dst);
/* Copy every entry of `src` over those of `*dst`. */
int dictionary_merge(VmafFeatureDictionary **dst,
                     const VmafFeatureDictionary *src);

#endif
