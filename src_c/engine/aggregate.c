/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int aggregates_set(Aggregates *list, const char *name, double value,
                   unsigned rank)
{
    unsigned at = list->cnt;
    for (unsigned i = 0; i < list->cnt; i++) {
        if (!strcmp(list->item[i].name, name))
            return list->item[i].value == value ? 0 : -EINVAL;
        if (list->item[i].rank > rank && at > i)
            at = i;
    }
    Aggregate *item = realloc(list->item, (list->cnt + 1) * sizeof *item);
    if (!item)
        return -ENOMEM;
    list->item = item;
    char *copy = strdup(name);
    if (!copy)
        return -ENOMEM;
    memmove(item + at + 1, item + at, (list->cnt - at) * sizeof *item);
    item[at] = (Aggregate){ copy, value, rank };
    list->cnt++;
    return 0;
}

void aggregates_free(Aggregates *list)
{
    for (unsigned i = 0; i < list->cnt; i++)
        free(list->item[i].name);
    free(list->item);
}
