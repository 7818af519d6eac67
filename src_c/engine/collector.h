/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The collector: (stored name, frame index) -> double, written once.
 * All functions are thread-safe.
 *
 * Columns have a fixed order that does not depend on scheduling: by phase; in
 * COLLECTOR_FRAMES then by the lowest frame written, by rank (the registration
 * that writes) and by the order within that; in the other phases by first
 * write. Imports and predictions (COLLECTOR_RANK_LAST) come after the frame that
 * was begun last. An unthreaded run over ascending indices gives libvmaf's
 * first-write order.
 */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include <stdbool.h>

typedef struct Collector Collector;

enum CollectorPhase {
    COLLECTOR_BEFORE = 0, /* before the first picture */
    COLLECTOR_FRAMES = 1,
    COLLECTOR_FLUSH = 2,
    COLLECTOR_AFTER = 3,
};

#define COLLECTOR_RANK_LAST 0xffffffffu

Collector *collector_create(void);
void collector_destroy(Collector *c);
void collector_set_phase(Collector *c, enum CollectorPhase phase);
/* COLLECTOR_FRAMES from here on, at this index. */
void collector_begin_frame(Collector *c, unsigned index);

/* -EINVAL and a warning when the slot is written, or for index UINT_MAX. */
int collector_append(Collector *c, const char *name, double value,
                     unsigned index, unsigned rank);
/* -EINVAL when missing. */
int collector_get(Collector *c, const char *name, double *value,
                  unsigned index);

/* Whether anything was ever written under that name. */
bool collector_has(Collector *c, const char *name);

/* Say which model predicts that column, which exists. Names are all that tells
 * predictions apart: a second model is warned of, once. */
void collector_claim(Collector *c, const char *name, const void *model);

/* Re-setting an equal value is accepted, another one is -EINVAL. */
int collector_set_aggregate(Collector *c, const char *name, double value);

/* Walk columns in log order. NULL past the last; the pointer stays valid until
 * collector_destroy(). */
const char *collector_name_at(Collector *c, unsigned position);
const char *collector_aggregate_at(Collector *c, unsigned position,
                                   double *value);
/* One past the highest written index of any column. */
unsigned collector_frame_count(Collector *c);
/* The first frame from `from` up with a value in any column; false: none. */
bool collector_next_frame(Collector *c, unsigned from, unsigned *frame);
/* Wall-clock seconds from the first write to the last. */
double collector_seconds(Collector *c);

#endif
