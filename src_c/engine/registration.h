/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One registration of a context: an extractor with options, and the instances
 * that work for it. A temporal extractor has one instance; any other has as
 * many as there were frames in work at once.
 */
#ifndef REGISTRATION_H
#define REGISTRATION_H

#include <pthread.h>

#include "extractor.h"

typedef struct Instance {
    void *state;
    struct Instance *next; /* of all, in the order they were made */
    struct Instance *next_free;
} Instance;

/* PyvmafScores, as extractors see it. */
struct PyvmafScores {
    const PyvmafExtractor *extractor;
    Collector *collector;
    unsigned rank;
    char suffix[FEATURE_NAME_SIZE]; /* decorates provided names */
};

typedef struct Registration {
    const PyvmafExtractor *extractor;
    const ExtractorGroup *group;
    VmafFeatureDictionary *opts; /* owned; states borrow its text */
    PyvmafScores scores;
    pthread_mutex_t lock; /* of the two lists */
    Instance *first, *free;
} Registration;

/* Of options that registration_check() has passed. On success the registration
 * owns them; on failure they stay with the caller. */
int registration_create(Registration **reg, const PyvmafExtractor *extractor,
                        VmafFeatureDictionary *opts, Collector *collector,
                        unsigned rank);
void registration_destroy(Registration *reg);

/* Is every option's text a value of it? -EINVAL and a logged reason. */
int registration_check(const PyvmafExtractor *extractor,
                       const VmafFeatureDictionary *opts);

/* Same extractor, same decoration of names. */
bool registration_is(const Registration *reg, const PyvmafExtractor *extractor,
                     const char *suffix);

/* Warn when `opts` asks for a value that the registration, which takes its
 * place, does not have. */
void registration_warn_dropped(const Registration *reg,
                               const VmafFeatureDictionary *opts);

/* Borrow an idle instance, or make and initialise one. */
int registration_acquire(Registration *reg, const PyvmafExtractorInit *init,
                         Instance **instance);
void registration_release(Registration *reg, Instance *instance);

bool registration_started(Registration *reg);
int registration_flush(Registration *reg);

#endif
