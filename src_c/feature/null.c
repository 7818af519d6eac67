/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The extractor that does nothing: the cost of the engine by itself. */
#include "../extractor.h"

static int extract(void *state, const VmafFrame *frame, VmafScores *scores)
{
    (void)state;
    (void)frame;
    (void)scores;
    return 0;
}

const VmafExtractor extractor_null = {
    .name = "null",
    .help = "publishes nothing",
    .extract = extract,
};
