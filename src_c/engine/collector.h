/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Scores by column and frame index, written once; aggregates by name.
 * Thread-safe.
 *
 * A column is found by its name once and used by its handle from then on. It
 * exists for everybody else from its first score on. Columns of an owner are
 * hidden: only who has the handle, or the owner's number, finds them.
 *
 * Columns have a fixed order that does not depend on scheduling: by phase; in
 * COLLECTOR_FRAMES then by the lowest frame written, by rank (the registration
 * that writes) and by the order within that; in COLLECTOR_FLUSH by rank and the
 * order within that; else by first write. What is written "now" (imports and
 * predictions) comes after the frame that was begun last. An unthreaded run over
 * ascending indices gives libvmaf's first-write order.
 */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include <stdbool.h>

#include "pages.h"

typedef struct Collector Collector;
typedef struct CollectorColumn CollectorColumn;

enum CollectorPhase {
    COLLECTOR_BEFORE = 0, /* before the first picture */
    COLLECTOR_FRAMES = 1, /* by extractors, frame by frame */
    COLLECTOR_FLUSH = 2,  /* by extractors, where neighbours are needed */
    COLLECTOR_AFTER = 3,
};

/* Who writes, which decides where a new column stands. */
typedef struct CollectorWriter {
    bool now; /* in the present phase, after all registrations */
    enum CollectorPhase phase; /* of an extractor; `now`: at least this one */
    unsigned rank;             /* of its registration */
} CollectorWriter;

Collector *collector_create(void);
void collector_destroy(Collector *c);
void collector_set_phase(Collector *c, enum CollectorPhase phase);
/* COLLECTOR_FRAMES from here on, at this index. */
void collector_begin_frame(Collector *c, unsigned index);

/* The column of that name, made if need be; NULL: no memory. `owner` 0: for
 * everybody. */
CollectorColumn *collector_column(Collector *c, const char *name,
                                  unsigned owner);
/* The column of that name that has a score, or NULL. */
CollectorColumn *collector_find(Collector *c, const char *name);
/* Both stay valid until collector_destroy(). The phase is that of its place. */
const char *collector_name(const CollectorColumn *column);
enum CollectorPhase collector_phase(Collector *c,
                                    const CollectorColumn *column);

/* -EINVAL and a warning when the slot is written, or for index UINT_MAX. */
int collector_write(Collector *c, CollectorColumn *column, double value,
                    unsigned index, CollectorWriter writer);
/* -EINVAL when missing, or when `column` is NULL. */
int collector_get(Collector *c, const CollectorColumn *column, double *value,
                  unsigned index);
/* Scores of the frames low, low + step, ... up to `high` into `out`, NaN where
 * there is none; returns how many there were. `column` may be NULL. */
unsigned collector_read(Collector *c, const CollectorColumn *column,
                        const unsigned range[3], double *out);

/* Where scores of successive frames go, with whether there is one. */
typedef struct CollectorScores {
    double *value;
    unsigned char *written;
} CollectorScores;

/* Those of the frames [range[0], range[1]) that were written by `origin`, NaN
 * where there is none; returns how many there were. */
unsigned collector_read_of(Collector *c, const CollectorColumn *column,
                           enum ScoreOrigin origin, const unsigned range[2],
                           CollectorScores out);

/* Say which model predicts that column. Predictions are told apart by name
 * only; a second model is warned of, once. */
void collector_claim(Collector *c, CollectorColumn *column, const void *model);

/* Re-setting an equal value is accepted, another one is -EINVAL. */
int collector_set_aggregate(Collector *c, const char *name, double value,
                            unsigned rank);

/* Walk columns in log order. NULL past the last. */
CollectorColumn *collector_column_at(Collector *c, unsigned position);
/* Likewise behind them those without a score and hidden ones; with the owner and
 * the rank of its writer, which is 0 where it has no place. */
CollectorColumn *collector_any_at(Collector *c, unsigned position,
                                  unsigned *owner, unsigned *rank);
/* Aggregates by rank; that may be NULL. */
const char *collector_aggregate_at(Collector *c, unsigned position,
                                   double *value, unsigned *rank);
/* One past the highest written index of any column. */
unsigned collector_frame_count(Collector *c);
/* The first frame from `from` up with a score in any column; false: none. */
bool collector_next_frame(Collector *c, unsigned from, unsigned *frame);
/* The first frame from `from` up with a score in this one; UINT_MAX: none. */
unsigned collector_next_score(Collector *c, const CollectorColumn *column,
                              unsigned from);
/* Wall-clock seconds from the first write to the last. */
double collector_seconds(Collector *c);

#endif
