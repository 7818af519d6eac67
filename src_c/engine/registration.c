/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* An extractor with options inside a context, and its instances. */
#include "registration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/feature_name.h"
#include "log.h"
#include "text/option.h"

static void *new_state(const Registration *reg, int *err)
{
    const size_t size = reg->extractor->state_size;
    void *state = calloc(1, size ? size : 1);
    *err = state ? option_store(reg->extractor, reg->opts, state) : -ENOMEM;
    if (*err) {
        free(state);
        return NULL;
    }
    return state;
}

int registration_check(const PyvmafExtractor *extractor,
                       const VmafFeatureDictionary *opts)
{
    int err = 0;
    const PyvmafOption *option = extractor->options;
    for (; option && option->name && !err; option++) {
        OptionValue value;
        err = option_value(extractor, option, opts, &value);
    }
    return err;
}

int registration_create(Registration **out, const PyvmafExtractor *extractor,
                        VmafFeatureDictionary *opts, Collector *collector,
                        unsigned rank)
{
    Registration *reg = calloc(1, sizeof *reg);
    if (!reg)
        return -ENOMEM;
    reg->extractor = extractor;
    reg->group = extractor_group(extractor);
    reg->opts = opts;
    reg->scores.extractor = extractor;
    reg->scores.collector = collector;
    reg->scores.rank = rank;
    int err = feature_name_suffix(reg->scores.suffix, extractor, opts);
    if (!err)
        err = -pthread_mutex_init(&reg->lock, NULL);
    if (err)
        free(reg);
    else
        *out = reg;
    return err;
}

void registration_destroy(Registration *reg)
{
    while (reg->first) {
        Instance *instance = reg->first;
        reg->first = instance->next;
        if (reg->extractor->close)
            reg->extractor->close(instance->state);
        free(instance->state);
        free(instance);
    }
    vmaf_feature_dictionary_free(&reg->opts);
    pthread_mutex_destroy(&reg->lock);
    free(reg);
}

bool registration_is(const Registration *reg, const PyvmafExtractor *extractor,
                     const char *suffix)
{
    return reg->extractor == extractor && !strcmp(reg->scores.suffix, suffix);
}

void registration_warn_dropped(const Registration *reg,
                               const VmafFeatureDictionary *opts)
{
    const PyvmafExtractor *extractor = reg->extractor;
    const PyvmafOption *option = extractor->options;
    for (; option && option->name; option++) {
        const char *text = dictionary_get(opts, option->name);
        OptionValue asked, has;
        if (!text || option_value(extractor, option, opts, &asked) ||
            option_value(extractor, option, reg->opts, &has) ||
            option_equal(option, &asked, &has))
            continue;
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "feature extractor \"%s\" is registered already, "
                 "%s=%s is ignored",
                 extractor->name, option->name, text);
    }
}

static int new_instance(Registration *reg, const PyvmafExtractorInit *init,
                        Instance **out)
{
    Instance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return -ENOMEM;
    int err;
    instance->state = new_state(reg, &err);
    if (!err && reg->extractor->init) {
        PyvmafExtractorInit own = *init;
        own.user = reg->extractor->user;
        err = reg->extractor->init(instance->state, &own);
    }
    if (err) {
        free(instance->state);
        free(instance);
        return err < 0 ? err : -EINVAL;
    }
    *out = instance;
    return 0;
}

int registration_acquire(Registration *reg, const PyvmafExtractorInit *init,
                         Instance **out)
{
    pthread_mutex_lock(&reg->lock);
    Instance *instance = reg->free;
    if (instance)
        reg->free = instance->next_free;
    pthread_mutex_unlock(&reg->lock);
    if (!instance) {
        const int err = new_instance(reg, init, &instance);
        if (err)
            return err;
        pthread_mutex_lock(&reg->lock);
        Instance **end = &reg->first;
        while (*end)
            end = &(*end)->next;
        *end = instance;
        pthread_mutex_unlock(&reg->lock);
    }
    *out = instance;
    return 0;
}

void registration_release(Registration *reg, Instance *instance)
{
    pthread_mutex_lock(&reg->lock);
    instance->next_free = reg->free;
    reg->free = instance;
    pthread_mutex_unlock(&reg->lock);
}

bool registration_started(Registration *reg)
{
    pthread_mutex_lock(&reg->lock);
    const bool started = reg->first != NULL;
    pthread_mutex_unlock(&reg->lock);
    return started;
}

int registration_flush(Registration *reg)
{
    if (!reg->first || !reg->extractor->flush)
        return 0;
    const unsigned long mark = log_mark();
    int err = reg->extractor->flush(reg->first->state, &reg->scores);
    if (err > 0)
        err = -EINVAL;
    if (err && log_mark() == mark)
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "problem with feature extractor \"%s\" at flush: %s",
                 reg->extractor->name, strerror(-err));
    return err;
}

int pyvmaf_scores_append(PyvmafScores *scores, const char *name, double value,
                         unsigned index)
{
    if (!scores || !name)
        return -EINVAL;
    char published[FEATURE_NAME_SIZE];
    feature_name_compose(published, scores->extractor, name, scores->suffix);
    return collector_append(scores->collector, published, value, index,
                            scores->rank);
}

int pyvmaf_scores_get(PyvmafScores *scores, const char *name, double *value,
                      unsigned index)
{
    if (!scores || !name || !value)
        return -EINVAL;
    char published[FEATURE_NAME_SIZE];
    feature_name_compose(published, scores->extractor, name, scores->suffix);
    return collector_get(scores->collector, published, value, index);
}

int pyvmaf_scores_aggregate(PyvmafScores *scores, const char *name,
                            double value)
{
    if (!scores || !name)
        return -EINVAL;
    return collector_set_aggregate(scores->collector, name, value);
}
