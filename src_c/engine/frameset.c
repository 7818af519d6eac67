/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "frameset.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The first range that ends at or after `index`; set->cnt when none does. New
 * frames belong to the end, so the search starts there. */
static unsigned find(const FrameSet *set, unsigned index)
{
    unsigned i = set->cnt;
    while (i && set->range[i - 1].end >= index)
        i--;
    return i;
}

static int insert(FrameSet *set, unsigned at, unsigned index)
{
    if (set->cnt == set->capacity) {
        const unsigned capacity = 2 * set->capacity + 4;
        FrameRange *range = realloc(set->range, capacity * sizeof *range);
        if (!range)
            return -ENOMEM;
        set->range = range;
        set->capacity = capacity;
    }
    memmove(&set->range[at + 1], &set->range[at],
            (set->cnt - at) * sizeof *set->range);
    set->range[at] = (FrameRange){ index, index + 1 };
    set->cnt++;
    return 0;
}

static void merge_with_next(FrameSet *set, unsigned i)
{
    if (i + 1 >= set->cnt || set->range[i].end < set->range[i + 1].begin)
        return;
    set->range[i].end = set->range[i + 1].end;
    set->cnt--;
    memmove(&set->range[i + 1], &set->range[i + 2],
            (set->cnt - i - 1) * sizeof *set->range);
}

int frameset_add(FrameSet *set, unsigned index)
{
    const unsigned i = find(set, index);
    FrameRange *range = &set->range[i];
    if (i == set->cnt || index + 1 < range->begin)
        return insert(set, i, index);
    if (index + 1 == range->begin)
        range->begin = index;
    else if (index == range->end)
        range->end++;
    merge_with_next(set, i);
    return 0;
}

bool frameset_has(const FrameSet *set, unsigned index)
{
    return frameset_end(set, index) != index;
}

unsigned frameset_end(const FrameSet *set, unsigned index)
{
    unsigned i = find(set, index);
    if (i < set->cnt && set->range[i].end == index)
        i++;
    const bool inside = i < set->cnt && set->range[i].begin <= index;
    return inside ? set->range[i].end : index;
}

unsigned frameset_next(const FrameSet *set, unsigned from)
{
    unsigned i = find(set, from);
    if (i < set->cnt && set->range[i].end == from)
        i++;
    if (i == set->cnt)
        return UINT_MAX;
    return set->range[i].begin > from ? set->range[i].begin : from;
}

void frameset_free(FrameSet *set)
{
    free(set->range);
    *set = (FrameSet){ 0 };
}
