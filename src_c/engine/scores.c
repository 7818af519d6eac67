/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "scores.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "text/feature_name.h"

static unsigned count(const char *const *name)
{
    unsigned cnt = 0;
    while (name && name[cnt])
        cnt++;
    return cnt;
}

static const char *name_at(const PyvmafExtractor *extractor, unsigned position)
{
    const char *const *const list[] = { extractor->features, extractor->extras,
                                        extractor->kept };
    for (unsigned i = 0; i < 3; i++) {
        const unsigned cnt = count(list[i]);
        if (position < cnt)
            return list[i][position];
        position -= cnt;
    }
    return NULL;
}

/* Hidden columns are found by their owner's number, which is not 0. */
static unsigned owner(const ScoreTable *table)
{
    return table->rank + 1;
}

int scores_init(ScoreTable *table)
{
    const PyvmafExtractor *extractor = table->extractor;
    table->kept = count(extractor->features) + count(extractor->extras);
    table->cnt = table->kept + count(extractor->kept);
    table->column = calloc(table->cnt + 1, sizeof *table->column);
    if (!table->column)
        return -ENOMEM;
    for (unsigned i = 0; i < table->cnt; i++) {
        const char *name = name_at(extractor, i);
        char published[FEATURE_NAME_SIZE];
        feature_name_compose(published, extractor, name, table->suffix);
        const bool kept = i >= table->kept;
        table->column[i] = collector_column(
            table->collector, kept ? name : published, kept ? owner(table) : 0);
        if (!table->column[i])
            return -ENOMEM;
    }
    return 0;
}

void scores_free(ScoreTable *table)
{
    free(table->column);
}

int halo_add(HaloFrames *halo, unsigned index)
{
    pthread_mutex_lock(&halo->lock);
    const int err = frameset_add(&halo->frames, index);
    atomic_store(&halo->any, true);
    pthread_mutex_unlock(&halo->lock);
    return err;
}

static bool is_halo(const ScoreTable *table, unsigned index)
{
    HaloFrames *halo = table->halo;
    if (!atomic_load(&halo->any))
        return false;
    pthread_mutex_lock(&halo->lock);
    const bool found = frameset_has(&halo->frames, index);
    pthread_mutex_unlock(&halo->lock);
    return found;
}

/* Where values of a published column go for frames that are not scored. */
static CollectorColumn *shadow(const ScoreTable *table,
                               const CollectorColumn *column)
{
    return collector_column(table->collector, collector_name(column),
                            owner(table));
}

static int write_column(const PyvmafScores *scores, CollectorColumn *column,
                        double value, unsigned index)
{
    const ScoreTable *table = scores->table;
    if (!column)
        return -ENOMEM;
    const CollectorWriter writer = { .phase = scores->phase,
                                     .rank = table->rank };
    return collector_write(table->collector, column, value, index, writer);
}

static int publish(const PyvmafScores *scores, CollectorColumn *column,
                   double value, unsigned index)
{
    if (column && is_halo(scores->table, index))
        column = shadow(scores->table, column);
    return write_column(scores, column, value, index);
}

static int read_column(const ScoreTable *table, const CollectorColumn *column,
                       double *value, unsigned index)
{
    if (column && is_halo(table, index))
        column = shadow(table, column);
    return collector_get(table->collector, column, value, index);
}

/* table->cnt: it is none of the row's. */
static unsigned position_of(const ScoreTable *table, const char *name)
{
    unsigned i = 0;
    while (i < table->cnt && strcmp(name_at(table->extractor, i), name) != 0)
        i++;
    return i;
}

/* The column of any name: one that the row does not list is looked up. */
static CollectorColumn *column_of(const ScoreTable *table, const char *name)
{
    const unsigned position = position_of(table, name);
    if (position < table->cnt)
        return table->column[position];
    return collector_column(table->collector, name, 0);
}

int pyvmaf_scores_put(PyvmafScores *scores, unsigned position, double value,
                      unsigned index)
{
    if (!scores || position >= scores->table->cnt)
        return -EINVAL;
    CollectorColumn *column = scores->table->column[position];
    return position < scores->table->kept
               ? publish(scores, column, value, index)
               : write_column(scores, column, value, index);
}

int pyvmaf_scores_append(PyvmafScores *scores, const char *name, double value,
                         unsigned index)
{
    if (!scores || !name)
        return -EINVAL;
    const unsigned position = position_of(scores->table, name);
    if (position < scores->table->cnt)
        return pyvmaf_scores_put(scores, position, value, index);
    return publish(scores, column_of(scores->table, name), value, index);
}

int pyvmaf_scores_at(PyvmafScores *scores, unsigned position, double *value,
                     unsigned index)
{
    if (!scores || !value || position >= scores->table->cnt)
        return -EINVAL;
    const ScoreTable *table = scores->table;
    const CollectorColumn *column = table->column[position];
    return position < table->kept
               ? read_column(table, column, value, index)
               : collector_get(table->collector, column, value, index);
}

int pyvmaf_scores_get(PyvmafScores *scores, const char *name, double *value,
                      unsigned index)
{
    if (!scores || !name || !value)
        return -EINVAL;
    const unsigned position = position_of(scores->table, name);
    if (position < scores->table->cnt)
        return pyvmaf_scores_at(scores, position, value, index);
    return read_column(scores->table, column_of(scores->table, name), value,
                       index);
}

unsigned pyvmaf_scores_next(PyvmafScores *scores, unsigned position,
                            unsigned from)
{
    if (!scores || position >= scores->table->cnt)
        return UINT_MAX;
    return collector_next_score(scores->table->collector,
                                scores->table->column[position], from);
}

int pyvmaf_scores_aggregate(PyvmafScores *scores, const char *name,
                            double value)
{
    if (!scores || !name)
        return -EINVAL;
    return collector_set_aggregate(scores->table->collector, name, value,
                                   scores->table->rank);
}
