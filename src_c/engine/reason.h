/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The first thing wrong with an input, as text that a caller puts into its own
 * log line. */
#ifndef REASON_H
#define REASON_H

#include <errno.h>

typedef struct Reason {
    char text[256];
} Reason;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void reason_format(Reason *reason, const char *fmt, ...);

/* Has the value -EINVAL, for the caller to pass on. A macro, so that compilers
 * see that it is not 0. */
#define reason_set(reason, ...) (reason_format((reason), __VA_ARGS__), -EINVAL)

#endif
