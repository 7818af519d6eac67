/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The extractor that does nothing: the cost of the engine by itself. */
#include "engine/extractor.h"

static int extract(void *state, const PyvmafFrame *frame, PyvmafScores *scores)
{
    (void)state;
    (void)frame;
    (void)scores;
    return 0;
}

const PyvmafExtractor extractor_null = {
    .name = "null",
    .help = "publishes nothing",
    .needs = { .unread_ref = PYVMAF_PLANES, .unread_dist = PYVMAF_PLANES },
    .extract = extract,
};
