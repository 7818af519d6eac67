/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Log lines: to stderr by level, and kept per thread as the reason for a failure. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

#include "libvmaf/libvmaf.h"

#if defined(__GNUC__)
#define LOG_FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define LOG_FORMAT(fmt, args)
#endif

/* Process-wide, as in libvmaf: the last vmaf_init() wins. */
void log_set_level(enum VmafLogLevel level, bool colour);

/* `fmt` has no trailing newline. ERROR and WARNING lines become the thread's
 * last message. */
LOG_FORMAT(2, 3)
void log_line(enum VmafLogLevel level, const char *fmt, ...);

/* Make a text the thread's last message without printing it: a reason that was
 * printed before, by another thread or in another form. */
LOG_FORMAT(1, 2)
void log_remember(const char *fmt, ...);

/* A count that grows with each new last message of this thread: equal counts
 * before and after a call mean that the call gave no reason. */
unsigned long log_mark(void);

#endif
