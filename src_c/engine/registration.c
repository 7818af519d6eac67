/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* An extractor with options inside a context, and its instances. */
#include "registration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/feature_name.h"
#include "log.h"
#include "text/option.h"

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

/* The settings: option values, and what configure() makes of them. */
static int make_settings(Registration *reg)
{
    const PyvmafExtractor *extractor = reg->extractor;
    const size_t size = extractor->state_size;
    reg->needs = extractor->needs;
    reg->settings = calloc(1, size ? size : 1);
    if (!reg->settings)
        return -ENOMEM;
    int err = option_store(extractor, reg->opts, reg->settings);
    if (!err && extractor->configure)
        err = extractor->configure(reg->settings, &reg->needs);
    if (!err && (reg->needs.earlier_ref > PYVMAF_EARLIER_MAX ||
                 reg->needs.earlier_dist > PYVMAF_EARLIER_MAX)) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "feature extractor \"%s\" needs %u and %u earlier pictures, "
                 "must be 0 to %d",
                 extractor->name, reg->needs.earlier_ref,
                 reg->needs.earlier_dist, PYVMAF_EARLIER_MAX);
        err = -EINVAL;
    }
    return err > 0 ? -EINVAL : err;
}

int registration_create(Registration **out, const PyvmafExtractor *extractor,
                        VmafFeatureDictionary *opts,
                        const RegistrationHome *home, unsigned rank)
{
    Registration *reg = calloc(1, sizeof *reg);
    if (!reg)
        return -ENOMEM;
    int err = -pthread_mutex_init(&reg->lock, NULL);
    if (err)
        goto no_lock;
    err = progress_init(&reg->progress);
    if (err)
        goto no_progress;
    reg->extractor = extractor;
    reg->opts = opts;
    reg->leader = reg->member[0] = reg;
    reg->member_cnt = 1;
    reg->table = (ScoreTable){ .extractor = extractor,
                               .collector = home->collector,
                               .halo = home->halo,
                               .rank = rank };
    reg->scores = (PyvmafScores){ &reg->table, COLLECTOR_FRAMES };
    reg->settled_scores = (PyvmafScores){ &reg->table, COLLECTOR_FLUSH };
    err = feature_name_suffix(reg->table.suffix, extractor, opts);
    if (!err)
        err = make_settings(reg);
    if (!err)
        err = scores_init(&reg->table);
    if (!err) {
        extractor_begin_use(extractor);
        *out = reg;
        return 0;
    }
    scores_free(&reg->table);
    free(reg->settings);
    progress_free(&reg->progress);
no_progress:
    pthread_mutex_destroy(&reg->lock);
no_lock:
    free(reg);
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
    scores_free(&reg->table);
    free(reg->settings);
    progress_free(&reg->progress);
    pthread_mutex_destroy(&reg->lock);
    extractor_end_use(reg->extractor);
    free(reg);
}

bool registration_join(Registration *leader, Registration *reg)
{
    const PyvmafExtractor *extractor = leader->extractor;
    const unsigned max =
        extractor->share_max && extractor->share_max < PYVMAF_SHARE_MAX
            ? extractor->share_max
            : PYVMAF_SHARE_MAX;
    if (extractor != reg->extractor || !extractor->compatible ||
        leader->leader != leader || leader->member_cnt >= max ||
        !extractor->compatible(leader->settings, reg->settings))
        return false;
    leader->member[leader->member_cnt++] = reg;
    reg->leader = leader;
    return true;
}

bool registration_pairs(const Registration *reg, const Registration *other)
{
    const PyvmafExtractor *extractor = reg->extractor;
    return extractor == other->extractor && extractor->extract_lanes &&
           reg->needs.in_order == other->needs.in_order &&
           reg->needs.earlier_ref == other->needs.earlier_ref &&
           extractor->compatible(reg->settings, other->settings);
}

bool registration_is(const Registration *reg, const PyvmafExtractor *extractor,
                     const char *suffix)
{
    return reg->extractor == extractor && !strcmp(reg->table.suffix, suffix);
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
    const PyvmafExtractor *extractor = reg->extractor;
    Instance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return -ENOMEM;
    int err = 0;
    const size_t size = extractor->state_size;
    instance->state = calloc(1, size ? size : 1);
    if (!instance->state)
        err = -ENOMEM;
    else if (size)
        memcpy(instance->state, reg->settings, size);
    if (!err && extractor->init) {
        PyvmafExtractorInit own = *init;
        own.user = extractor->user;
        err = extractor->init(instance->state, &own);
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
    else if (init)
        reg->init = *init;
    const PyvmafExtractorInit own = reg->init;
    pthread_mutex_unlock(&reg->lock);
    if (!instance) {
        const int err = new_instance(reg, &own, &instance);
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

bool registration_wants_halo(const Registration *reg)
{
    const PyvmafNeeds *needs = &reg->needs;
    return needs->in_order || needs->earlier_ref || needs->earlier_dist ||
           needs->look_ahead || needs->look_back;
}

bool registration_started(Registration *reg)
{
    Registration *leader = reg->leader;
    pthread_mutex_lock(&leader->lock);
    const bool started = leader->first != NULL || reg->restored;
    pthread_mutex_unlock(&leader->lock);
    return started;
}

static int settle_with(Registration *reg, void *state, const PyvmafSpan *span)
{
    const PyvmafExtractor *extractor = reg->extractor;
    const unsigned long mark = log_mark();
    int err = extractor->settle(state, span, &reg->settled_scores);
    if (err > 0)
        err = -EINVAL;
    if (err && log_mark() == mark)
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "problem with feature extractor \"%s\" at flush: %s",
                 extractor->name, strerror(-err));
    return err;
}

/* With an instance that is not in use, except where there never is one. */
static int settle(Registration *reg, const PyvmafSpan *span)
{
    if (!reg->extractor->settle || reg->given)
        return 0;
    if (reg->leader != reg)
        return settle_with(reg, reg->settings, span);
    Instance *instance;
    int err = registration_acquire(reg, NULL, &instance);
    if (err)
        return err;
    err = settle_with(reg, instance->state, span);
    registration_release(reg, instance);
    return err;
}

int registration_done(Registration *reg, unsigned index)
{
    PyvmafSpan span;
    int err = progress_done(&reg->progress, index);
    while (progress_take(&reg->progress, &span)) {
        const int now = registration_started(reg) ? settle(reg, &span) : 0;
        err = err ? err : now;
        progress_settled(&reg->progress, &span);
    }
    return err;
}

int registration_restore(Registration *reg, const PyvmafExtractorInit *init,
                         const unsigned range[2], bool given)
{
    int err = 0;
    pthread_mutex_lock(&reg->lock);
    if (!reg->first)
        reg->init = *init;
    reg->restored = true;
    reg->given = given;
    pthread_mutex_unlock(&reg->lock);
    progress_submit(&reg->progress, range[0]);
    for (unsigned i = range[0]; i < range[1] && !err; i++)
        err = registration_done(reg, i);
    return err;
}

bool registration_has(Registration *reg, unsigned index)
{
    return progress_has(&reg->progress, index);
}

int registration_finish(Registration *reg)
{
    const PyvmafSpan span = progress_finish(&reg->progress);
    const int err = registration_started(reg) ? settle(reg, &span) : 0;
    progress_settled(&reg->progress, &span);
    return err;
}

bool registration_is_final(Registration *reg, unsigned index)
{
    return progress_is_final(&reg->progress, index, reg->needs.look_ahead);
}
