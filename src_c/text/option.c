/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* An extractor's option table against the text of a dictionary. */
#include "option.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "engine/log.h"
#include "nearest.h"
#include "number.h"

size_t option_size(enum PyvmafOptionType type)
{
    switch (type) {
    case PYVMAF_OPTION_BOOL: return sizeof(bool);
    case PYVMAF_OPTION_INT: return sizeof(int);
    case PYVMAF_OPTION_DOUBLE: return sizeof(double);
    case PYVMAF_OPTION_STRING: return sizeof(const char *);
    }
    return 0;
}

OptionValue option_default(const PyvmafOption *option)
{
    OptionValue value = { 0 };
    switch (option->type) {
    case PYVMAF_OPTION_BOOL: value.flag = option->default_number != 0; break;
    case PYVMAF_OPTION_INT: value.integer = (int)option->default_number; break;
    case PYVMAF_OPTION_DOUBLE: value.number = option->default_number; break;
    case PYVMAF_OPTION_STRING: value.text = option->default_text; break;
    }
    return value;
}

static bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

bool option_equal(const PyvmafOption *option, const OptionValue *a,
                  const OptionValue *b)
{
    switch (option->type) {
    case PYVMAF_OPTION_BOOL: return a->flag == b->flag;
    case PYVMAF_OPTION_INT: return a->integer == b->integer;
    case PYVMAF_OPTION_DOUBLE: return a->number == b->number;
    case PYVMAF_OPTION_STRING: return text_equal(a->text, b->text);
    }
    return false;
}

/* libvmaf reads the number that a text starts with and takes a zero only when
 * the text starts with that digit; "-0" and "x" are refused alike. The range
 * test is written so that NaN fails it. */
static bool parse_number(const PyvmafOption *option, const char *text,
                         double *number)
{
    const double value = number_parse(text, NULL);
    if (!(value >= option->min && value <= option->max))
        return false;
    *number = value;
    return value != 0 || text[0] == '0';
}

/* An integer is the number cut at the point: "2160.7" and "1080p" are 2160 and
 * 1080 as in libvmaf, and 1e+06 is a million. */
static bool parse_integer(const PyvmafOption *option, const char *text,
                          int *integer)
{
    const double value = number_parse(text, NULL);
    if (!(value > (double)INT_MIN - 1 && value < (double)INT_MAX + 1))
        return false;
    *integer = (int)value;
    return *integer >= option->min && *integer <= option->max &&
           (*integer != 0 || text[0] == '0');
}

static bool parse_value(const PyvmafOption *option, const char *text,
                        OptionValue *value)
{
    switch (option->type) {
    case PYVMAF_OPTION_BOOL:
        value->flag = !strcmp(text, "true");
        return value->flag || !strcmp(text, "false");
    case PYVMAF_OPTION_INT: return parse_integer(option, text, &value->integer);
    case PYVMAF_OPTION_DOUBLE:
        return parse_number(option, text, &value->number);
    case PYVMAF_OPTION_STRING: value->text = text; return true;
    }
    return false;
}

static void log_refused(const PyvmafExtractor *extractor,
                        const PyvmafOption *option, const char *text)
{
    if (option->type == PYVMAF_OPTION_BOOL) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "feature extractor \"%s\": option \"%s\" is \"%s\", "
                 "must be true or false",
                 extractor->name, option->name, text);
        return;
    }
    char min[32], max[32];
    number_print(min, sizeof min, "%.9g", option->min);
    number_print(max, sizeof max, "%.9g", option->max);
    log_line(VMAF_LOG_LEVEL_ERROR,
             "feature extractor \"%s\": option \"%s\" is \"%s\", "
             "must be %s from %s to %s",
             extractor->name, option->name, text,
             option->type == PYVMAF_OPTION_INT ? "an integer" : "a number", min,
             max);
}

int option_value(const PyvmafExtractor *extractor, const PyvmafOption *option,
                 const VmafFeatureDictionary *opts, OptionValue *value)
{
    *value = option_default(option);
    const char *text = dictionary_get(opts, option->name);
    if (!text || parse_value(option, text, value))
        return 0;
    log_refused(extractor, option, text);
    return -EINVAL;
}

static void store(const PyvmafOption *option, const OptionValue *value,
                  void *state)
{
    const void *member[] = {
        [PYVMAF_OPTION_BOOL] = &value->flag,
        [PYVMAF_OPTION_INT] = &value->integer,
        [PYVMAF_OPTION_DOUBLE] = &value->number,
        [PYVMAF_OPTION_STRING] = &value->text,
    };
    memcpy((char *)state + option->offset, member[option->type],
           option_size(option->type));
}

int option_store(const PyvmafExtractor *extractor,
                 const VmafFeatureDictionary *opts, void *state)
{
    const PyvmafOption *option = extractor->options;
    for (; option && option->name; option++) {
        OptionValue value;
        const int err = option_value(extractor, option, opts, &value);
        if (err)
            return err;
        store(option, &value, state);
    }
    return 0;
}

static const char *nearest_option(const PyvmafExtractor *extractor,
                                  const char *key)
{
    const char *best = NULL;
    unsigned best_distance = 0;
    const PyvmafOption *option = extractor->options;
    for (; option && option->name; option++) {
        const unsigned distance = nearest_distance(key, option->name);
        if (!best || distance < best_distance) {
            best = option->name;
            best_distance = distance;
        }
    }
    return best;
}

static bool has_option(const PyvmafExtractor *extractor, const char *key)
{
    const PyvmafOption *option = extractor->options;
    for (; option && option->name; option++) {
        if (!strcmp(option->name, key))
            return true;
    }
    return false;
}

void option_warn_unknown(const PyvmafExtractor *extractor,
                         const VmafFeatureDictionary *opts)
{
    for (size_t i = 0; opts && i < opts->cnt; i++) {
        const char *key = opts->entry[i].key;
        if (has_option(extractor, key))
            continue;
        const char *nearest = nearest_option(extractor, key);
        if (nearest)
            log_line(VMAF_LOG_LEVEL_WARNING,
                     "feature extractor \"%s\" has no option \"%s\", it is "
                     "ignored; the nearest name is \"%s\"",
                     extractor->name, key, nearest);
        else
            log_line(VMAF_LOG_LEVEL_WARNING,
                     "feature extractor \"%s\" has no options, \"%s\" is "
                     "ignored",
                     extractor->name, key);
    }
}
