/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where the scores of one registration go: the columns of its names, found once
 * when it is registered. PyvmafScores is what its extractor sees of them.
 */
#ifndef SCORES_H
#define SCORES_H

#include <pthread.h>
#include <stdatomic.h>

#include "collector.h"
#include "extractor.h"
#include "frameset.h"

/* Frames that are seen but not scored. */
typedef struct HaloFrames {
    pthread_mutex_t lock;
    atomic_bool any;
    FrameSet frames;
} HaloFrames;

int halo_add(HaloFrames *halo, unsigned index);

typedef struct ScoreTable {
    const PyvmafExtractor *extractor;
    Collector *collector;
    HaloFrames *halo;
    unsigned rank;                  /* of the registration, from 0 */
    char suffix[FEATURE_NAME_SIZE]; /* decorates provided names */
    CollectorColumn **column;       /* of features, extras and kept names */
    unsigned cnt, kept;             /* columns; where the kept ones begin */
} ScoreTable;

struct PyvmafScores {
    const ScoreTable *table;
    enum CollectorPhase phase; /* of what is written through it */
};

/* -ENOMEM. The suffix is set already. */
int scores_init(ScoreTable *table);
void scores_free(ScoreTable *table);

#endif
