/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The table of logarithms that defines VIF's numbers. */
#include <math.h>
#include <pthread.h>

#include "vif_sample.h"

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

void vif_log_scalar(const uint32_t *z, int32_t *log, size_t n)
{
    const uint16_t *entry = vif_log_table();
    for (size_t i = 0; i < n; i++)
        log[i] = vif_log(entry, z[i]);
}

const uint16_t *vif_log_table(void)
{
    pthread_once(&once, make_table);
    return table;
}
