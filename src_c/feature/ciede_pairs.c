/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "ciede_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/workspace.h"

struct CiedePairs {
    const CiedeColour *row[CIEDE_PAIRS]; /* NULL: not held */
    unsigned held;
    unsigned char met[CIEDE_PAIRS]; /* in the frame at hand */
    CiedeColour *colour;            /* CIEDE_PAIRS_HELD rows */
};

CiedePairs *ciede_pairs_create(void)
{
    CiedePairs *pairs = calloc(1, sizeof(*pairs));
    const size_t row = CIEDE_LEVELS * sizeof(CiedeColour);
    if (pairs)
        pairs->colour = workspace_reserve(CIEDE_PAIRS_HELD * row);
    if (pairs && pairs->colour)
        return pairs;
    free(pairs);
    return NULL;
}

void ciede_pairs_destroy(CiedePairs *pairs)
{
    if (pairs)
        free(pairs->colour);
    free(pairs);
}

static void meet(CiedePairs *pairs, const VmafPicture *pic)
{
    for (unsigned y = 0; y < pic->h[1]; y++) {
        const uint8_t *cb = pic->data[1], *cr = pic->data[2];
        cb += (ptrdiff_t)y * pic->stride[1];
        cr += (ptrdiff_t)y * pic->stride[2];
        for (unsigned x = 0; x < pic->w[1]; x++)
            pairs->met[cb[x] | cr[x] << 8] = 1;
    }
}

/* Pairs of the frame, and those among them that are not held. */
static unsigned count(const CiedePairs *pairs, unsigned *missing)
{
    unsigned cnt = 0, held = 0;
    for (unsigned i = 0; i < CIEDE_PAIRS; i++) {
        cnt += pairs->met[i];
        held += pairs->met[i] && pairs->row[i];
    }
    *missing = cnt - held;
    return cnt;
}

static void fill(CiedePairs *pairs, KernelFn shades, unsigned pair,
                 void *scratch)
{
    const Rows rows = { 0, CIEDE_LEVELS, scratch };
    const CiedeShades call = {
        .cb = pair & 255,
        .cr = pair >> 8,
        .colour = pairs->colour + (size_t)pairs->held * CIEDE_LEVELS,
    };
    shades(&call, &rows, NULL);
    pairs->row[pair] = call.colour;
    pairs->held++;
}

/* A frame may fill as many rows as cost half of computing its colours; small
 * pictures take some frames until they gain. */
const CiedeColour *const *ciede_pairs_of(CiedePairs *pairs, KernelFn shades,
                                         const VmafPicture *ref,
                                         const VmafPicture *dist, void *scratch)
{
    const size_t pixels = (size_t)ref->w[0] * ref->h[0];
    size_t budget = pixels / CIEDE_LEVELS;
    unsigned missing;
    memset(pairs->met, 0, sizeof(pairs->met));
    meet(pairs, ref);
    meet(pairs, dist);
    const unsigned cnt = count(pairs, &missing);
    if (cnt > CIEDE_PAIRS_OF_FRAME)
        return NULL;
    if (pairs->held + missing > CIEDE_PAIRS_HELD) {
        memset(pairs->row, 0, sizeof(pairs->row));
        pairs->held = 0;
        missing = cnt;
    }
    for (unsigned i = 0; i < CIEDE_PAIRS && missing && budget; i++) {
        if (!pairs->met[i] || pairs->row[i])
            continue;
        fill(pairs, shades, i, scratch);
        missing--;
        budget--;
    }
    return missing ? NULL : pairs->row;
}
