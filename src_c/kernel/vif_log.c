/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The table of logarithms that defines VIF's numbers. */
#include <math.h>
#include <pthread.h>

#include "vif.h"

static uint16_t table[32768];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The logarithm is rounded to binary32 before it is scaled, which moves 38
 * entries up by one. No log2(i) lies within 1e-12 of a binary32 rounding
 * boundary, so the last bits of log2() do not matter. */
static void make_table(void)
{
    for (int i = 0; i < 32768; i++) {
        float log = (float)log2(i + 32768);
        table[i] = (uint16_t)lroundf(log * 2048.0f);
    }
}

const uint16_t *vif_log_table(void)
{
    pthread_once(&once, make_table);
    return table;
}
