/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The collector: one column per stored name, found by hash.
 */
#include "collector.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aggregate.h"
#include "log.h"
#include "pages.h"

/* Where a column stands in logs; compared member by member. */
typedef struct Place {
    enum CollectorPhase phase;
    unsigned index, rank; /* 0 where they do not count */
    uint64_t sequence;    /* of the write that set this place */
} Place;

struct CollectorColumn {
    char *name;
    unsigned owner;
    bool placed; /* has a score: stands in the order below */
    Place place;
    Pages scores;
    const void *model; /* that predicts it; compared only */
    bool contested;    /* by another model, which was warned of */
};

typedef CollectorColumn Column;

struct Collector {
    pthread_mutex_t lock;
    enum CollectorPhase phase;
    unsigned begun; /* the frame that was begun last */
    uint64_t sequence;
    Column **column; /* placed ones in log order when `sorted`, then others */
    unsigned column_cnt, column_capacity, placed_cnt;
    bool sorted;
    Column **bucket; /* open addressing, a power of two, half full at most */
    unsigned bucket_cnt;
    Aggregates aggregates;
    unsigned frame_cnt;
    bool started;
    struct timespec first, last;
};

Collector *collector_create(void)
{
    Collector *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->bucket_cnt = 64;
    c->bucket = calloc(c->bucket_cnt, sizeof *c->bucket);
    if (!c->bucket || pthread_mutex_init(&c->lock, NULL)) {
        free(c->bucket);
        free(c);
        return NULL;
    }
    return c;
}

static void free_column(Column *column)
{
    pages_free(&column->scores);
    free(column->name);
    free(column);
}

void collector_destroy(Collector *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < c->column_cnt; i++)
        free_column(c->column[i]);
    aggregates_free(&c->aggregates);
    free(c->column);
    free(c->bucket);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void collector_set_phase(Collector *c, enum CollectorPhase phase)
{
    pthread_mutex_lock(&c->lock);
    c->phase = phase;
    pthread_mutex_unlock(&c->lock);
}

void collector_begin_frame(Collector *c, unsigned index)
{
    pthread_mutex_lock(&c->lock);
    c->phase = COLLECTOR_FRAMES;
    c->begun = index;
    pthread_mutex_unlock(&c->lock);
}

/* FNV-1a, 32 bits. */
static uint32_t hash(const char *name)
{
    uint32_t h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return h;
}

/* The bucket that holds the column, or the empty one where it belongs. */
static Column **find(Column **bucket, unsigned bucket_cnt, const char *name,
                     unsigned owner)
{
    const unsigned mask = bucket_cnt - 1;
    unsigned i = (hash(name) + owner) & mask;
    while (bucket[i] &&
           (bucket[i]->owner != owner || strcmp(bucket[i]->name, name)))
        i = (i + 1) & mask;
    return &bucket[i];
}

static int grow(Collector *c)
{
    if (c->column_cnt == c->column_capacity) {
        const unsigned capacity =
            c->column_capacity ? 2 * c->column_capacity : 16;
        Column **column = realloc(c->column, capacity * sizeof *column);
        if (!column)
            return -ENOMEM;
        c->column = column;
        c->column_capacity = capacity;
    }
    if (2 * (c->column_cnt + 1) <= c->bucket_cnt)
        return 0;
    const unsigned cnt = 2 * c->bucket_cnt;
    Column **bucket = calloc(cnt, sizeof *bucket);
    if (!bucket)
        return -ENOMEM;
    for (unsigned i = 0; i < c->column_cnt; i++)
        *find(bucket, cnt, c->column[i]->name, c->column[i]->owner) =
            c->column[i];
    free(c->bucket);
    c->bucket = bucket;
    c->bucket_cnt = cnt;
    return 0;
}

static Place place_now(Collector *c, unsigned index, CollectorWriter writer)
{
    enum CollectorPhase phase = writer.phase;
    if (writer.now)
        phase = c->phase > phase ? c->phase : phase;
    Place place = { .phase = phase, .sequence = c->sequence++ };
    if (phase == COLLECTOR_FRAMES)
        place.index = writer.now ? c->begun : index;
    if (phase == COLLECTOR_FRAMES || phase == COLLECTOR_FLUSH)
        place.rank = writer.now ? UINT_MAX : writer.rank;
    return place;
}

/* A later frame may be done first; what an earlier frame writes moves the
 * column to where an unthreaded run would have put it. */
static void place_update(Collector *c, Column *column, unsigned index,
                         CollectorWriter writer)
{
    const Place *place = &column->place;
    if (writer.now || writer.phase != COLLECTOR_FRAMES ||
        place->phase != COLLECTOR_FRAMES || index >= place->index)
        return;
    column->place = place_now(c, index, writer);
    c->sorted = false;
}

static void place_first(Collector *c, Column *column, unsigned index,
                        CollectorWriter writer)
{
    column->placed = true;
    column->place = place_now(c, index, writer);
    c->placed_cnt++;
    c->sorted = false;
}

static Column *add_column(Collector *c, const char *name, unsigned owner)
{
    Column *column = grow(c) ? NULL : calloc(1, sizeof *column);
    if (!column)
        return NULL;
    column->name = strdup(name);
    if (!column->name) {
        free(column);
        return NULL;
    }
    column->owner = owner;
    *find(c->bucket, c->bucket_cnt, name, owner) = column;
    c->column[c->column_cnt++] = column;
    c->sorted = false;
    return column;
}

CollectorColumn *collector_column(Collector *c, const char *name,
                                  unsigned owner)
{
    pthread_mutex_lock(&c->lock);
    Column *column = *find(c->bucket, c->bucket_cnt, name, owner);
    if (!column)
        column = add_column(c, name, owner);
    pthread_mutex_unlock(&c->lock);
    return column;
}

CollectorColumn *collector_find(Collector *c, const char *name)
{
    pthread_mutex_lock(&c->lock);
    Column *column = *find(c->bucket, c->bucket_cnt, name, 0);
    if (column && !column->placed)
        column = NULL;
    pthread_mutex_unlock(&c->lock);
    return column;
}

const char *collector_name(const CollectorColumn *column)
{
    return column->name;
}

enum CollectorPhase collector_phase(Collector *c, const CollectorColumn *column)
{
    pthread_mutex_lock(&c->lock);
    const enum CollectorPhase phase = column->place.phase;
    pthread_mutex_unlock(&c->lock);
    return phase;
}

static void tick(Collector *c)
{
    clock_gettime(CLOCK_MONOTONIC, &c->last);
    if (!c->started)
        c->first = c->last;
    c->started = true;
}

static enum ScoreOrigin origin_of(CollectorWriter writer)
{
    if (writer.now)
        return SCORE_OTHER;
    return writer.phase == COLLECTOR_FRAMES ? SCORE_EXTRACTED : SCORE_SETTLED;
}

static int write_score(Collector *c, Column *column, double value,
                       unsigned index, CollectorWriter writer)
{
    const int err =
        pages_write(&column->scores, index, value, origin_of(writer));
    if (err || column->owner) /* hidden */
        return err;
    if (column->placed)
        place_update(c, column, index, writer);
    else
        place_first(c, column, index, writer);
    if (index >= c->frame_cnt)
        c->frame_cnt = index + 1;
    return 0;
}

int collector_write(Collector *c, CollectorColumn *column, double value,
                    unsigned index, CollectorWriter writer)
{
    if (index == UINT_MAX) {
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "feature \"%s\" at index %u: the highest index is %u",
                 column->name, index, UINT_MAX - 1);
        return -EINVAL;
    }
    pthread_mutex_lock(&c->lock);
    tick(c);
    const int err = write_score(c, column, value, index, writer);
    pthread_mutex_unlock(&c->lock);
    if (err == -EINVAL)
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "feature \"%s\" cannot be overwritten at index %u",
                 column->name, index);
    return err;
}

int collector_get(Collector *c, const CollectorColumn *column, double *value,
                  unsigned index)
{
    pthread_mutex_lock(&c->lock);
    const bool found = column && pages_read(&column->scores, index, value);
    pthread_mutex_unlock(&c->lock);
    return found ? 0 : -EINVAL;
}

unsigned collector_read(Collector *c, const CollectorColumn *column,
                        const unsigned range[3], double *out)
{
    unsigned found = 0;
    pthread_mutex_lock(&c->lock);
    /* 64 bits: the last step does not wrap. */
    for (uint64_t i = range[0]; i <= range[1]; i += range[2], out++) {
        *out = NAN;
        found += column && pages_read(&column->scores, (unsigned)i, out);
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

unsigned collector_read_of(Collector *c, const CollectorColumn *column,
                           enum ScoreOrigin origin, const unsigned range[2],
                           CollectorScores out)
{
    unsigned found = 0;
    pthread_mutex_lock(&c->lock);
    /* 64 bits: the last step does not wrap. */
    for (uint64_t i = range[0]; i < range[1]; i++) {
        double value = NAN;
        const enum ScoreOrigin by =
            pages_read(&column->scores, (unsigned)i, &value);
        *out.value++ = by == origin ? value : NAN;
        *out.written++ = by == origin;
        found += by == origin;
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

void collector_claim(Collector *c, CollectorColumn *column, const void *model)
{
    pthread_mutex_lock(&c->lock);
    if (!column->model)
        column->model = model;
    const bool warn = column->model != model && !column->contested;
    column->contested |= warn;
    pthread_mutex_unlock(&c->lock);
    if (warn)
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "two models are named \"%s\": where the first has a score, "
                 "the second is given the same; name one differently",
                 column->name);
}

int collector_set_aggregate(Collector *c, const char *name, double value,
                            unsigned rank)
{
    pthread_mutex_lock(&c->lock);
    const int err = aggregates_set(&c->aggregates, name, value, rank);
    pthread_mutex_unlock(&c->lock);
    if (err == -EINVAL)
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "aggregate \"%s\" cannot be overwritten", name);
    return err;
}

static int compare(unsigned long long a, unsigned long long b)
{
    return (a > b) - (a < b);
}

static int compare_columns(const void *left, const void *right)
{
    const Column *l = *(Column *const *)left, *r = *(Column *const *)right;
    const Place *a = &l->place, *b = &r->place;
    int order = compare(r->placed, l->placed);
    order = order ? order : compare(a->phase, b->phase);
    order = order ? order : compare(a->index, b->index);
    order = order ? order : compare(a->rank, b->rank);
    return order ? order : compare(a->sequence, b->sequence);
}

/* With the lock held. */
static void sort(Collector *c)
{
    if (!c->sorted && c->column_cnt)
        qsort(c->column, c->column_cnt, sizeof *c->column, compare_columns);
    c->sorted = true;
}

CollectorColumn *collector_column_at(Collector *c, unsigned position)
{
    pthread_mutex_lock(&c->lock);
    sort(c);
    Column *column = position < c->placed_cnt ? c->column[position] : NULL;
    pthread_mutex_unlock(&c->lock);
    return column;
}

CollectorColumn *collector_any_at(Collector *c, unsigned position,
                                  unsigned *owner, unsigned *rank)
{
    pthread_mutex_lock(&c->lock);
    sort(c);
    Column *column = position < c->column_cnt ? c->column[position] : NULL;
    if (column) {
        *owner = column->owner;
        *rank = column->place.rank;
    }
    pthread_mutex_unlock(&c->lock);
    return column;
}

const char *collector_aggregate_at(Collector *c, unsigned position,
                                   double *value, unsigned *rank)
{
    const char *name = NULL;
    pthread_mutex_lock(&c->lock);
    if (position < c->aggregates.cnt) {
        const Aggregate *found = &c->aggregates.item[position];
        name = found->name;
        *value = found->value;
        if (rank)
            *rank = found->rank;
    }
    pthread_mutex_unlock(&c->lock);
    return name;
}

unsigned collector_frame_count(Collector *c)
{
    pthread_mutex_lock(&c->lock);
    const unsigned cnt = c->frame_cnt;
    pthread_mutex_unlock(&c->lock);
    return cnt;
}

bool collector_next_frame(Collector *c, unsigned from, unsigned *frame)
{
    unsigned next = UINT_MAX;
    pthread_mutex_lock(&c->lock);
    for (unsigned i = 0; i < c->column_cnt && next != from; i++) {
        if (c->column[i]->owner)
            continue;
        const unsigned written = pages_next(&c->column[i]->scores, from);
        next = written < next ? written : next;
    }
    pthread_mutex_unlock(&c->lock);
    if (next != UINT_MAX)
        *frame = next;
    return next != UINT_MAX;
}

unsigned collector_next_score(Collector *c, const CollectorColumn *column,
                              unsigned from)
{
    pthread_mutex_lock(&c->lock);
    const unsigned next = pages_next(&column->scores, from);
    pthread_mutex_unlock(&c->lock);
    return next;
}

double collector_seconds(Collector *c)
{
    pthread_mutex_lock(&c->lock);
    const double seconds = (double)(c->last.tv_sec - c->first.tv_sec) +
                           1e-9 * (double)(c->last.tv_nsec - c->first.tv_nsec);
    pthread_mutex_unlock(&c->lock);
    return seconds;
}
