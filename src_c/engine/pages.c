/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "pages.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_FRAMES 512

struct Page {
    double value[PAGE_FRAMES];
    unsigned char origin[PAGE_FRAMES]; /* enum ScoreOrigin */
};

static int add(Pages *pages, unsigned number)
{
    if (number >= pages->cnt) {
        unsigned cnt = 2 * pages->cnt;
        if (cnt <= number)
            cnt = number + 1;
        Page **page = realloc(pages->page, cnt * sizeof *page);
        if (!page)
            return -ENOMEM;
        memset(page + pages->cnt, 0, (cnt - pages->cnt) * sizeof *page);
        pages->page = page;
        pages->cnt = cnt;
    }
    if (!pages->page[number])
        pages->page[number] = calloc(1, sizeof(Page));
    return pages->page[number] ? 0 : -ENOMEM;
}

enum ScoreOrigin pages_read(const Pages *pages, unsigned index, double *value)
{
    const unsigned number = index / PAGE_FRAMES, i = index % PAGE_FRAMES;
    if (number >= pages->cnt || !pages->page[number])
        return SCORE_NONE;
    const Page *page = pages->page[number];
    if (value && page->origin[i] != SCORE_NONE)
        *value = page->value[i];
    return page->origin[i];
}

int pages_write(Pages *pages, unsigned index, double value,
                enum ScoreOrigin origin)
{
    if (pages_read(pages, index, NULL) != SCORE_NONE)
        return -EINVAL;
    const int err = add(pages, index / PAGE_FRAMES);
    if (err)
        return err;
    Page *page = pages->page[index / PAGE_FRAMES];
    page->value[index % PAGE_FRAMES] = value;
    page->origin[index % PAGE_FRAMES] = (unsigned char)origin;
    return 0;
}

unsigned pages_next(const Pages *pages, unsigned from)
{
    unsigned i = from % PAGE_FRAMES;
    for (unsigned n = from / PAGE_FRAMES; n < pages->cnt; n++, i = 0) {
        for (; pages->page[n] && i < PAGE_FRAMES; i++)
            if (pages->page[n]->origin[i] != SCORE_NONE)
                return n * PAGE_FRAMES + i;
    }
    return UINT_MAX;
}

void pages_free(Pages *pages)
{
    for (unsigned i = 0; i < pages->cnt; i++)
        free(pages->page[i]);
    free(pages->page);
    *pages = (Pages){ NULL, 0 };
}
