/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The collector: one column a stored name, found by hash; a column is a table
 * of pages of frames, so a slot never moves and costs 8 bytes and one bit.
 */
#include "collector.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"

#define PAGE_FRAMES 512

typedef struct Page {
    double value[PAGE_FRAMES];
    uint64_t written[PAGE_FRAMES / 64];
} Page;

/* Where a column stands in logs; compared member by member. */
typedef struct Place {
    enum CollectorPhase phase;
    unsigned index, rank; /* 0 outside COLLECTOR_FRAMES */
    uint64_t sequence;    /* of the write that set this place */
} Place;

typedef struct Column {
    char *name;
    Place place;
    Page **page;
    unsigned page_cnt;
    const void *model; /* that predicts it; compared only */
    bool contested;    /* by another model, which was warned of */
} Column;

typedef struct Aggregate {
    char *name;
    double value;
} Aggregate;

struct Collector {
    pthread_mutex_t lock;
    enum CollectorPhase phase;
    unsigned begun; /* the frame that was begun last */
    uint64_t sequence;
    Column **column; /* in log order when `sorted` */
    unsigned column_cnt, column_capacity;
    bool sorted;
    Column **bucket; /* open addressing, a power of two, half full at most */
    unsigned bucket_cnt;
    Aggregate *aggregate;
    unsigned aggregate_cnt;
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
    for (unsigned i = 0; i < column->page_cnt; i++)
        free(column->page[i]);
    free(column->page);
    free(column->name);
    free(column);
}

void collector_destroy(Collector *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < c->column_cnt; i++)
        free_column(c->column[i]);
    for (unsigned i = 0; i < c->aggregate_cnt; i++)
        free(c->aggregate[i].name);
    free(c->aggregate);
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

/* The bucket that holds `name`, or the empty one where it belongs. */
static Column **find(Column **bucket, unsigned bucket_cnt, const char *name)
{
    const unsigned mask = bucket_cnt - 1;
    unsigned i = hash(name) & mask;
    while (bucket[i] && strcmp(bucket[i]->name, name))
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
        *find(bucket, cnt, c->column[i]->name) = c->column[i];
    free(c->bucket);
    c->bucket = bucket;
    c->bucket_cnt = cnt;
    return 0;
}

static Place place_now(Collector *c, unsigned index, unsigned rank)
{
    if (c->phase != COLLECTOR_FRAMES)
        return (Place){ c->phase, 0, 0, c->sequence++ };
    if (rank == COLLECTOR_RANK_LAST)
        index = c->begun;
    return (Place){ c->phase, index, rank, c->sequence++ };
}

/* A later frame may be done first; what an earlier frame writes moves the
 * column to where an unthreaded run would have put it. */
static void place_update(Collector *c, Column *column, unsigned index,
                         unsigned rank)
{
    const Place *place = &column->place;
    if (c->phase != COLLECTOR_FRAMES || place->phase != COLLECTOR_FRAMES ||
        rank == COLLECTOR_RANK_LAST || index >= place->index)
        return;
    column->place = place_now(c, index, rank);
    c->sorted = false;
}

static Column *add_column(Collector *c, const char *name)
{
    Column *column = grow(c) ? NULL : calloc(1, sizeof *column);
    if (!column)
        return NULL;
    column->name = strdup(name);
    if (!column->name) {
        free(column);
        return NULL;
    }
    *find(c->bucket, c->bucket_cnt, name) = column;
    c->column[c->column_cnt++] = column;
    c->sorted = false;
    return column;
}

static int add_page(Column *column, unsigned number)
{
    if (number >= column->page_cnt) {
        unsigned cnt = 2 * column->page_cnt;
        if (cnt <= number)
            cnt = number + 1;
        Page **page = realloc(column->page, cnt * sizeof *page);
        if (!page)
            return -ENOMEM;
        memset(page + column->page_cnt, 0,
               (cnt - column->page_cnt) * sizeof *page);
        column->page = page;
        column->page_cnt = cnt;
    }
    if (!column->page[number])
        column->page[number] = calloc(1, sizeof(Page));
    return column->page[number] ? 0 : -ENOMEM;
}

static const double *slot(const Column *column, unsigned index)
{
    const unsigned number = index / PAGE_FRAMES, i = index % PAGE_FRAMES;
    if (!column || number >= column->page_cnt || !column->page[number])
        return NULL;
    const Page *page = column->page[number];
    return page->written[i / 64] >> (i % 64) & 1 ? &page->value[i] : NULL;
}

static void tick(Collector *c)
{
    clock_gettime(CLOCK_MONOTONIC, &c->last);
    if (!c->started)
        c->first = c->last;
    c->started = true;
}

static int append(Collector *c, const char *name, double value, unsigned index,
                  unsigned rank)
{
    Column *column = *find(c->bucket, c->bucket_cnt, name);
    if (slot(column, index))
        return -EINVAL;
    const bool fresh = !column;
    if (fresh && !(column = add_column(c, name)))
        return -ENOMEM;
    if (fresh)
        column->place = place_now(c, index, rank);
    else
        place_update(c, column, index, rank);
    if (add_page(column, index / PAGE_FRAMES))
        return -ENOMEM;

    Page *page = column->page[index / PAGE_FRAMES];
    const unsigned i = index % PAGE_FRAMES;
    page->value[i] = value;
    page->written[i / 64] |= UINT64_C(1) << (i % 64);
    if (index >= c->frame_cnt)
        c->frame_cnt = index + 1;
    return 0;
}

int collector_append(Collector *c, const char *name, double value,
                     unsigned index, unsigned rank)
{
    if (index == UINT_MAX) {
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "feature \"%s\" at index %u: the highest index is %u", name,
                 index, UINT_MAX - 1);
        return -EINVAL;
    }
    pthread_mutex_lock(&c->lock);
    tick(c);
    const int err = append(c, name, value, index, rank);
    pthread_mutex_unlock(&c->lock);
    if (err == -EINVAL)
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "feature \"%s\" cannot be overwritten at index %u", name,
                 index);
    return err;
}

int collector_get(Collector *c, const char *name, double *value, unsigned index)
{
    pthread_mutex_lock(&c->lock);
    const double *found = slot(*find(c->bucket, c->bucket_cnt, name), index);
    if (found)
        *value = *found;
    pthread_mutex_unlock(&c->lock);
    return found ? 0 : -EINVAL;
}

bool collector_has(Collector *c, const char *name)
{
    pthread_mutex_lock(&c->lock);
    const bool found = *find(c->bucket, c->bucket_cnt, name) != NULL;
    pthread_mutex_unlock(&c->lock);
    return found;
}

void collector_claim(Collector *c, const char *name, const void *model)
{
    pthread_mutex_lock(&c->lock);
    Column *column = *find(c->bucket, c->bucket_cnt, name);
    if (!column->model)
        column->model = model;
    const bool warn = column->model != model && !column->contested;
    column->contested |= warn;
    pthread_mutex_unlock(&c->lock);
    if (warn)
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "two models are named \"%s\": where the first has a score, "
                 "the second is given the same; name one differently",
                 name);
}

static int set_aggregate(Collector *c, const char *name, double value)
{
    for (unsigned i = 0; i < c->aggregate_cnt; i++) {
        if (!strcmp(c->aggregate[i].name, name))
            return c->aggregate[i].value == value ? 0 : -EINVAL;
    }
    Aggregate *aggregate =
        realloc(c->aggregate, (c->aggregate_cnt + 1) * sizeof *aggregate);
    if (!aggregate)
        return -ENOMEM;
    c->aggregate = aggregate;
    char *copy = strdup(name);
    if (!copy)
        return -ENOMEM;
    aggregate[c->aggregate_cnt++] = (Aggregate){ copy, value };
    return 0;
}

int collector_set_aggregate(Collector *c, const char *name, double value)
{
    pthread_mutex_lock(&c->lock);
    const int err = set_aggregate(c, name, value);
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
    const Place *a = &(*(Column *const *)left)->place;
    const Place *b = &(*(Column *const *)right)->place;
    int order = compare(a->phase, b->phase);
    order = order ? order : compare(a->index, b->index);
    order = order ? order : compare(a->rank, b->rank);
    return order ? order : compare(a->sequence, b->sequence);
}

const char *collector_name_at(Collector *c, unsigned position)
{
    pthread_mutex_lock(&c->lock);
    if (!c->sorted && c->column_cnt)
        qsort(c->column, c->column_cnt, sizeof *c->column, compare_columns);
    c->sorted = true;
    const char *name =
        position < c->column_cnt ? c->column[position]->name : NULL;
    pthread_mutex_unlock(&c->lock);
    return name;
}

const char *collector_aggregate_at(Collector *c, unsigned position,
                                   double *value)
{
    const char *name = NULL;
    pthread_mutex_lock(&c->lock);
    if (position < c->aggregate_cnt) {
        name = c->aggregate[position].name;
        *value = c->aggregate[position].value;
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

/* UINT_MAX when there is none; no frame has that index. */
static unsigned next_written(const Column *column, unsigned from)
{
    unsigned i = from % PAGE_FRAMES;
    for (unsigned n = from / PAGE_FRAMES; n < column->page_cnt; n++, i = 0) {
        for (; column->page[n] && i < PAGE_FRAMES; i++)
            if (column->page[n]->written[i / 64] >> (i % 64) & 1)
                return n * PAGE_FRAMES + i;
    }
    return UINT_MAX;
}

bool collector_next_frame(Collector *c, unsigned from, unsigned *frame)
{
    unsigned next = UINT_MAX;
    pthread_mutex_lock(&c->lock);
    for (unsigned i = 0; i < c->column_cnt && next != from; i++) {
        const unsigned written = next_written(c->column[i], from);
        next = written < next ? written : next;
    }
    pthread_mutex_unlock(&c->lock);
    if (next != UINT_MAX)
        *frame = next;
    return next != UINT_MAX;
}

double collector_seconds(Collector *c)
{
    pthread_mutex_lock(&c->lock);
    const double seconds = (double)(c->last.tv_sec - c->first.tv_sec) +
                           1e-9 * (double)(c->last.tv_nsec - c->first.tv_nsec);
    pthread_mutex_unlock(&c->lock);
    return seconds;
}
