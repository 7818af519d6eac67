/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Edit distance (Levenshtein), one row at a time. */
#include "nearest.h"

#include <string.h>

#define NEAREST_MAX 63

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned nearest_distance(const char *a, const char *b)
{
    const unsigned len_a = (unsigned)strnlen(a, NEAREST_MAX);
    const unsigned len_b = (unsigned)strnlen(b, NEAREST_MAX);
    unsigned row[NEAREST_MAX + 1];
    for (unsigned j = 0; j <= len_b; j++)
        row[j] = j;
    for (unsigned i = 1; i <= len_a; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= len_b; j++) {
            const unsigned replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = min(replaced, min(row[j], row[j - 1]) + 1);
        }
    }
    return row[len_b];
}
