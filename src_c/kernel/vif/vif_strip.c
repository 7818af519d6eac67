/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "vif_strip.h"

#include <pthread.h>
#include <unistd.h>

/* Where the system does not tell. */
#define USUAL_CACHE (512 * 1024)

static long ring_bytes;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void ask_for_cache(void)
{
    long cache = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    cache = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    /* Less than 64 columns a strip would be all border. */
    ring_bytes = (cache >= 128 * 1024 ? cache : USUAL_CACHE) / 4 * 3;
}

unsigned vif_strip_width(unsigned w, unsigned lanes)
{
    pthread_once(&once, ask_for_cache);
    const long fits = ring_bytes / (long)(lanes * 4) & ~63L;
    const unsigned most = fits < VIF_MAX_STRIP ? (unsigned)fits : VIF_MAX_STRIP;
    const unsigned strips = (w + most - 1) / most;
    return ((w + strips - 1) / strips + 63) & ~63u;
}
