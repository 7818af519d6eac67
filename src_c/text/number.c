/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Numbers to and from text in the C locale. The calling thread's locale is
 * swapped for the length of one call; the process's locale is never touched.
 */
#include "number.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Without memory for a locale, uselocale(0) changes nothing. */
static locale_t enter_c_locale(void)
{
    pthread_once(&c_locale_once, make_c_locale);
    return uselocale(c_locale);
}

double number_parse(const char *text, char **end)
{
    const locale_t old = enter_c_locale();
    const double value = strtod(text, end);
    uselocale(old);
    return value;
}

float number_parse_float(const char *text, char **end)
{
    const locale_t old = enter_c_locale();
    const float value = strtof(text, end);
    uselocale(old);
    return value;
}

/* The format is the caller's, a literal in every use. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
int number_print(char *buf, size_t size, const char *fmt, double value)
{
    const locale_t old = enter_c_locale();
    const int len = snprintf(buf, size, fmt, value);
    uselocale(old);
    return len;
}
#pragma GCC diagnostic pop
