/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A set of frame indices, kept as ranges. Frames are added nearly in order, so
 * there are as many ranges as there are gaps, whatever the number of frames.
 */
#ifndef FRAMESET_H
#define FRAMESET_H

#include <stdbool.h>

typedef struct FrameRange {
    unsigned begin, end; /* [begin, end) */
} FrameRange;

typedef struct FrameSet {
    FrameRange *range; /* ascending, neither touching nor overlapping */
    unsigned cnt, capacity;
} FrameSet;

/* Adding an index twice changes nothing; it is below UINT_MAX. -ENOMEM. */
int frameset_add(FrameSet *set, unsigned index);
bool frameset_has(const FrameSet *set, unsigned index);
/* The end of the range that holds `index`; `index` when it is not in the set. */
unsigned frameset_end(const FrameSet *set, unsigned index);
/* The first index of the set from `from` up; UINT_MAX: none. */
unsigned frameset_next(const FrameSet *set, unsigned from);
void frameset_free(FrameSet *set);

#endif
