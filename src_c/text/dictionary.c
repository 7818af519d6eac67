/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Ordered text options: a small array, searched from the front. */
#include "dictionary.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

static DictionaryEntry *find(const VmafFeatureDictionary *dict, const char *key)
{
    for (size_t i = 0; dict && i < dict->cnt; i++) {
        if (!strcmp(dict->entry[i].key, key))
            return &dict->entry[i];
    }
    return NULL;
}

static int replace_value(DictionaryEntry *entry, const char *val)
{
    char *copy = strdup(val);
    if (!copy)
        return -ENOMEM;
    free(entry->val);
    entry->val = copy;
    return 0;
}

static int grow(VmafFeatureDictionary *dict)
{
    if (dict->cnt < dict->capacity)
        return 0;
    const size_t capacity = dict->capacity ? 2 * dict->capacity : 4;
    DictionaryEntry *entry =
        realloc(dict->entry, capacity * sizeof *dict->entry);
    if (!entry)
        return -ENOMEM;
    dict->entry = entry;
    dict->capacity = capacity;
    return 0;
}

static int append(VmafFeatureDictionary *dict, const char *key, const char *val)
{
    DictionaryEntry entry = { strdup(key), strdup(val) };
    if (!entry.key || !entry.val || grow(dict)) {
        free(entry.key);
        free(entry.val);
        return -ENOMEM;
    }
    dict->entry[dict->cnt++] = entry;
    return 0;
}

int dictionary_set(VmafFeatureDictionary **dict, const char *key,
                   const char *val)
{
    if (!dict || !key || !val)
        return -EINVAL;
    DictionaryEntry *entry = find(*dict, key);
    if (entry)
        return replace_value(entry, val);

    const bool made = !*dict;
    if (made && !(*dict = calloc(1, sizeof **dict)))
        return -ENOMEM;
    const int err = append(*dict, key, val);
    if (err && made)
        vmaf_feature_dictionary_free(dict);
    return err;
}

/* More than the six digits that "%g" keeps: libvmaf would turn 1234567 into
 * 1.23457e+06. Nothing it knows has such a range, so such text stays. */
static bool is_long_integer(const char *text)
{
    const char *digit = text + (*text == '-');
    return strlen(digit) > 6 && strspn(digit, "0123456789") == strlen(digit);
}

int dictionary_set_normalised(VmafFeatureDictionary **dict, const char *key,
                              const char *val)
{
    if (!dict || !key || !val)
        return -EINVAL;
    char *end;
    const float number = number_parse_float(val, &end);
    const bool parsed = end != val;
    while (isspace((unsigned char)*end))
        end++;
    if (!parsed || *end || is_long_integer(val))
        return dictionary_set(dict, key, val);

    char text[32];
    number_print(text, sizeof text, "%g", (double)number);
    return dictionary_set(dict, key, text);
}

const char *dictionary_get(const VmafFeatureDictionary *dict, const char *key)
{
    const DictionaryEntry *entry = find(dict, key);
    return entry ? entry->val : NULL;
}

int dictionary_copy(const VmafFeatureDictionary *src,
                    VmafFeatureDictionary **dst)
{
    VmafFeatureDictionary *copy = NULL;
    const int err = dictionary_merge(&copy, src);
    if (err)
        vmaf_feature_dictionary_free(&copy);
    else
        *dst = copy;
    return err;
}

int dictionary_merge(VmafFeatureDictionary **dst,
                     const VmafFeatureDictionary *src)
{
    int err = 0;
    for (size_t i = 0; src && i < src->cnt && !err; i++)
        err = dictionary_set(dst, src->entry[i].key, src->entry[i].val);
    return err;
}

int vmaf_feature_dictionary_set(VmafFeatureDictionary **dict, const char *key,
                                const char *val)
{
    return dictionary_set_normalised(dict, key, val);
}

int vmaf_feature_dictionary_free(VmafFeatureDictionary **dict)
{
    if (!dict)
        return -EINVAL;
    if (!*dict)
        return 0;
    for (size_t i = 0; i < (*dict)->cnt; i++) {
        free((*dict)->entry[i].key);
        free((*dict)->entry[i].val);
    }
    free((*dict)->entry);
    free(*dict);
    *dict = NULL;
    return 0;
}
