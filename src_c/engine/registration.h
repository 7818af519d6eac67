/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One registration of a context: an extractor with options, the instances that
 * work for it, and how far it has come. Registrations that can share a call form
 * a group, which is found when they are made: the first one leads it.
 */
#ifndef REGISTRATION_H
#define REGISTRATION_H

#include <pthread.h>

#include "extractor.h"
#include "progress.h"
#include "scores.h"

typedef struct Instance {
    void *state;
    struct Instance *next; /* of all, in the order they were made */
    struct Instance *next_free;
} Instance;

typedef struct Registration {
    const PyvmafExtractor *extractor;
    VmafFeatureDictionary *opts; /* owned; states borrow its text */
    PyvmafNeeds needs;
    void *settings; /* what every state starts as */
    ScoreTable table;
    PyvmafScores scores, settled_scores;
    Progress progress;
    bool was_due;  /* at some frame */
    bool restored; /* has scores of frames that it did not see */
    bool given;    /* what it settles has been restored too */

    struct Registration *leader; /* of its group; itself, most of the time */
    /* Of a leader: itself and those that it serves too. Only grows. */
    struct Registration *member[PYVMAF_SHARE_MAX];
    unsigned member_cnt;

    PyvmafExtractorInit
        init;             /* what instances are made for, once there is one */
    pthread_mutex_t lock; /* of the two lists */
    Instance *first, *free;
} Registration;

/* Where the registrations of a context put things. */
typedef struct RegistrationHome {
    Collector *collector;
    HaloFrames *halo;
} RegistrationHome;

/* Of options that registration_check() has passed. On success the registration
 * owns them; on failure they stay with the caller. */
int registration_create(Registration **reg, const PyvmafExtractor *extractor,
                        VmafFeatureDictionary *opts,
                        const RegistrationHome *home, unsigned rank);
void registration_destroy(Registration *reg);

/* Have `leader` serve `reg` too, if it can. */
bool registration_join(Registration *leader, Registration *reg);

/* Is every option's text a value of it? -EINVAL and a logged reason. */
int registration_check(const PyvmafExtractor *extractor,
                       const VmafFeatureDictionary *opts);

/* Can one call serve both, of two contexts, each with an instance of its own? */
bool registration_pairs(const Registration *reg, const Registration *other);

/* Same extractor, same decoration of names. */
bool registration_is(const Registration *reg, const PyvmafExtractor *extractor,
                     const char *suffix);

/* Warn when `opts` asks for a value that the registration, which takes its
 * place, does not have. */
void registration_warn_dropped(const Registration *reg,
                               const VmafFeatureDictionary *opts);

/* Borrow an idle instance, or make and initialise one; `init` is the same in all
 * calls, or NULL when there was one. */
int registration_acquire(Registration *reg, const PyvmafExtractorInit *init,
                         Instance **instance);
void registration_release(Registration *reg, Instance *instance);

/* Does it look at frames that are not scored? */
bool registration_wants_halo(const Registration *reg);

/* It has seen a frame, or had scores restored as if it had. */
bool registration_started(Registration *reg);
/* The scores of the frames [begin, end) are there without it: settle what can be
 * settled, or nothing from now on if that is there too. */
int registration_restore(Registration *reg, const PyvmafExtractorInit *init,
                         const unsigned range[2], bool given);
bool registration_has(Registration *reg, unsigned index);
/* The frame is done, with success or not: settle what can be settled. */
int registration_done(Registration *reg, unsigned index);
/* There are no more frames: settle the rest. */
int registration_finish(Registration *reg);
/* Is every score of the frame final? */
bool registration_is_final(Registration *reg, unsigned index);

#endif
