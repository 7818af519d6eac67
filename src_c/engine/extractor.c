/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The registry: built-in extractors, then those registered at run time. */
#include "extractor.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "feature/extractors.h"
#include "log.h"
#include "text/nearest.h"
#include "text/option.h"

#define DECLARE(name) extern const PyvmafExtractor extractor_##name;
BUILTIN_EXTRACTORS(DECLARE)

#define POINTER(name) &extractor_##name,
static const PyvmafExtractor *const builtin[] = { BUILTIN_EXTRACTORS(POINTER) };

#define BUILTIN_CNT (sizeof builtin / sizeof *builtin)

typedef struct Registered {
    const PyvmafExtractor *extractor;
    unsigned users; /* registrations in contexts */
    struct Registered *next;
} Registered;

/* Those that are known, and those that were and are in use. */
static pthread_mutex_t registered_lock = PTHREAD_MUTEX_INITIALIZER;
static Registered *registered, *leaving;

/* The link to a row's node, or the one at the end, which is NULL. Call with the
 * lock held. */
static Registered **link_to(Registered **link, const PyvmafExtractor *extractor)
{
    while (*link && (*link)->extractor != extractor)
        link = &(*link)->next;
    return link;
}

static Registered *unlinked(Registered **link)
{
    Registered *node = *link;
    if (node)
        *link = node->next;
    return node;
}

static Registered *node_of(const PyvmafExtractor *extractor)
{
    Registered *node = *link_to(&registered, extractor);
    return node ? node : *link_to(&leaving, extractor);
}

const PyvmafExtractor *pyvmaf_extractor_at(unsigned position)
{
    if (position < BUILTIN_CNT)
        return builtin[position];
    position -= BUILTIN_CNT;
    pthread_mutex_lock(&registered_lock);
    const Registered *node = registered;
    for (; node && position; position--)
        node = node->next;
    const PyvmafExtractor *found = node ? node->extractor : NULL;
    pthread_mutex_unlock(&registered_lock);
    return found;
}

/* Call with the lock held. */
static const PyvmafExtractor *find_locked(const char *name)
{
    for (size_t i = 0; i < BUILTIN_CNT; i++) {
        if (!strcmp(builtin[i]->name, name))
            return builtin[i];
    }
    for (const Registered *node = registered; node; node = node->next) {
        if (!strcmp(node->extractor->name, name))
            return node->extractor;
    }
    return NULL;
}

void extractor_begin_use(const PyvmafExtractor *extractor)
{
    pthread_mutex_lock(&registered_lock);
    Registered *node = node_of(extractor);
    if (node)
        node->users++;
    pthread_mutex_unlock(&registered_lock);
}

void extractor_end_use(const PyvmafExtractor *extractor)
{
    pthread_mutex_lock(&registered_lock);
    Registered *node = node_of(extractor);
    if (node)
        node->users--;
    Registered **gone = link_to(&leaving, extractor);
    if (*gone && !(*gone)->users)
        free(unlinked(gone));
    pthread_mutex_unlock(&registered_lock);
}

unsigned pyvmaf_extractor_users(const PyvmafExtractor *extractor)
{
    pthread_mutex_lock(&registered_lock);
    const Registered *node = node_of(extractor);
    const unsigned users = node ? node->users : 0;
    pthread_mutex_unlock(&registered_lock);
    return users;
}

int extractor_check_size(const PyvmafExtractorInit *init, unsigned least,
                         const char *extractor, const char *needs)
{
    if (init->w >= least && init->h >= least)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR, "%s: picture of %ux%u; %s %ux%u or more",
             extractor, init->w, init->h, needs, least, least);
    return -EINVAL;
}

const PyvmafExtractor *extractor_find(const char *name)
{
    pthread_mutex_lock(&registered_lock);
    const PyvmafExtractor *found = find_locked(name);
    pthread_mutex_unlock(&registered_lock);
    return found;
}

static bool provides(const PyvmafExtractor *extractor, const char *feature_name)
{
    const char *const *feature = extractor->features;
    for (; feature && *feature; feature++) {
        if (!strcmp(*feature, feature_name))
            return true;
    }
    return false;
}

const PyvmafExtractor *extractor_find_by_feature(const char *feature_name)
{
    const PyvmafExtractor *extractor;
    for (unsigned i = 0; (extractor = pyvmaf_extractor_at(i)); i++) {
        if (provides(extractor, feature_name))
            return extractor;
    }
    return NULL;
}

const char *extractor_nearest(const char *name)
{
    const char *best = "";
    unsigned best_distance = ~0u;
    const PyvmafExtractor *extractor;
    for (unsigned i = 0; (extractor = pyvmaf_extractor_at(i)); i++) {
        const unsigned distance = nearest_distance(name, extractor->name);
        if (distance < best_distance) {
            best = extractor->name;
            best_distance = distance;
        }
    }
    return best;
}

/* What is wrong with a row, or NULL. */
static const char *option_defect(const PyvmafExtractor *extractor,
                                 const PyvmafOption *option)
{
    const size_t size = option_size(option->type);
    if (!size)
        return "has an option of unknown type";
    if (option->offset > extractor->state_size ||
        extractor->state_size - option->offset < size)
        return "has an option outside its state";
    for (const PyvmafOption *o = extractor->options; o != option; o++) {
        if (!strcmp(o->name, option->name))
            return "has two options of one name";
    }
    return NULL;
}

static const char *row_defect(const PyvmafExtractor *extractor)
{
    if (!extractor->name || !extractor->name[0])
        return "has no name";
    if (!extractor->extract && !extractor->extract_lanes)
        return "has no extract()";
    const bool groups = extractor->extract_group || extractor->extract_lanes;
    if (!extractor->compatible != !groups)
        return "has one of compatible() and extract_group() without the other";
    const char *defect = NULL;
    const PyvmafOption *option = extractor->options;
    for (; option && option->name && !defect; option++)
        defect = option_defect(extractor, option);
    return defect;
}

int pyvmaf_register_extractor(const PyvmafExtractor *extractor)
{
    const char *defect = extractor ? row_defect(extractor) : "is NULL";
    if (defect) {
        log_line(VMAF_LOG_LEVEL_ERROR, "extractor \"%s\" %s",
                 extractor && extractor->name ? extractor->name : "", defect);
        return -EINVAL;
    }
    Registered *node = calloc(1, sizeof *node);
    if (!node)
        return -ENOMEM;

    pthread_mutex_lock(&registered_lock);
    const bool known = find_locked(extractor->name) != NULL;
    if (!known) {
        Registered *back = unlinked(link_to(&leaving, extractor));
        node->extractor = extractor;
        node->users = back ? back->users : 0;
        free(back);
        *link_to(&registered, NULL) = node;
    }
    pthread_mutex_unlock(&registered_lock);
    if (!known)
        return 0;
    free(node);
    log_line(VMAF_LOG_LEVEL_ERROR, "extractor \"%s\" exists", extractor->name);
    return -EEXIST;
}

int pyvmaf_unregister_extractor(const char *name)
{
    pthread_mutex_lock(&registered_lock);
    Registered **link = &registered;
    while (name && *link && strcmp((*link)->extractor->name, name))
        link = &(*link)->next;
    Registered *node = name ? unlinked(link) : NULL;
    const bool known = node != NULL;
    if (known && node->users) {
        node->next = leaving;
        leaving = node;
        node = NULL;
    }
    pthread_mutex_unlock(&registered_lock);
    free(node);
    if (known)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR, "no registered extractor \"%s\"",
             name ? name : "");
    return -ENOENT;
}
