/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Numbers to and from text in the C locale, whatever the process has set. */
#ifndef NUMBER_H
#define NUMBER_H

#include <stddef.h>

/* strtod() and strtof() with a decimal point. */
double number_parse(const char *text, char **end);
float number_parse_float(const char *text, char **end);

/* snprintf() of one double with a decimal point; `fmt` as in "%.6f". */
int number_print(char *buf, size_t size, const char *fmt, double value);

#endif
