/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Log lines: printed by level, and kept per thread as the reason for a failure. */
#include "log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "pyvmaf/extractor.h"
#include "pyvmaf/pyvmaf.h"

/* Room for the longest path and a sentence; what is longer is cut. */
#define LOG_MESSAGE_SIZE 4608

/* Before the first vmaf_init(): INFO, without colour. */
static atomic_int log_level = VMAF_LOG_LEVEL_INFO;
static atomic_bool log_colour;

static _Thread_local char last_message[LOG_MESSAGE_SIZE];
static _Thread_local unsigned long last_count;

static int clamp_level(enum VmafLogLevel level)
{
    const int value = (int)level;
    if (value < VMAF_LOG_LEVEL_NONE)
        return VMAF_LOG_LEVEL_NONE;
    return value > VMAF_LOG_LEVEL_DEBUG ? VMAF_LOG_LEVEL_DEBUG : value;
}

void log_set_level(enum VmafLogLevel level, bool colour)
{
    atomic_store(&log_level, clamp_level(level));
    atomic_store(&log_colour, colour);
}

/* One fwrite() a line: stderr is unbuffered, so lines of several threads do
 * not mix. */
static void print_line(int level, const char *message)
{
    static const struct {
        const char *name, *colour;
    } row[] = {
        [VMAF_LOG_LEVEL_ERROR] = { "ERROR", "\033[31m" },
        [VMAF_LOG_LEVEL_WARNING] = { "WARNING", "\033[33m" },
        [VMAF_LOG_LEVEL_INFO] = { "INFO", "\033[32m" },
        [VMAF_LOG_LEVEL_DEBUG] = { "DEBUG", "\033[34m" },
    };
    char line[LOG_MESSAGE_SIZE + 64];
    const bool colour = atomic_load(&log_colour);
    const int len = snprintf(line, sizeof line, "%slibvmaf%s %s%s%s %s\n",
                             colour ? "\033[35m" : "", colour ? "\033[0m" : "",
                             colour ? row[level].colour : "", row[level].name,
                             colour ? "\033[0m" : "", message);
    if (len > 0)
        fwrite(line, 1, (size_t)len, stderr);
}

void log_line(enum VmafLogLevel level, const char *fmt, ...)
{
    const int clamped = clamp_level(level);
    const bool kept = clamped <= VMAF_LOG_LEVEL_WARNING;
    const bool printed = clamped <= atomic_load(&log_level);
    if (clamped == VMAF_LOG_LEVEL_NONE || !(kept || printed))
        return;

    char message[LOG_MESSAGE_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (kept)
        log_remember("%s", message);
    if (printed)
        print_line(clamped, message);
}

void log_remember(const char *fmt, ...)
{
    /* By way of a copy: an argument may be the last message itself. */
    char message[LOG_MESSAGE_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    memcpy(last_message, message, strlen(message) + 1);
    last_count++;
}

unsigned long log_mark(void)
{
    return last_count;
}

const char *pyvmaf_last_message(void)
{
    return last_message;
}

void pyvmaf_clear_last_message(void)
{
    last_message[0] = '\0';
}

void pyvmaf_extractor_log(enum VmafLogLevel level, const char *message)
{
    if (message)
        log_line(level, "%s", message);
}
