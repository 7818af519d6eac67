/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Log lines: to stderr by level, and kept a thread as the reason of a failure. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

#include "../include/libvmaf/libvmaf.h"

/* Process-wide, as in libvmaf: the last vmaf_init() wins. */
void log_set_level(enum VmafLogLevel level, bool colour);

/* `fmt` has no trailing newline. ERROR and WARNING lines become the thread's
 * last message. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void log_line(enum VmafLogLevel level, const char *fmt, ...);

#endif
