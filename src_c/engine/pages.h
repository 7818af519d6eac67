/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The scores of one column by frame, in pages of frames: a slot never moves, and
 * costs 8 bytes and one that says who wrote it.
 */
#ifndef PAGES_H
#define PAGES_H

#include <stdbool.h>

typedef struct Page Page;

typedef struct Pages {
    Page **page;
    unsigned cnt;
} Pages;

/* Who wrote a score. */
enum ScoreOrigin {
    SCORE_NONE = 0,
    SCORE_EXTRACTED = 1, /* an extractor, of the frame at hand */
    SCORE_SETTLED = 2,   /* an extractor, as frames settled */
    SCORE_OTHER = 3,     /* a prediction or an import */
};

/* -EINVAL: it is written. -ENOMEM. */
int pages_write(Pages *pages, unsigned index, double value,
                enum ScoreOrigin origin);
/* SCORE_NONE where there is none; `value` may be NULL. */
enum ScoreOrigin pages_read(const Pages *pages, unsigned index, double *value);
/* The first written index from `from` up; UINT_MAX: none. */
unsigned pages_next(const Pages *pages, unsigned from);
void pages_free(Pages *pages);

#endif
