/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "reason.h"

#include <stdarg.h>
#include <stdio.h>

void reason_format(Reason *reason, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(reason->text, sizeof(reason->text), fmt, args);
    va_end(args);
}
