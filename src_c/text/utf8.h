/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Code points to and from UTF-8 (RFC 3629). */
#ifndef UTF8_H
#define UTF8_H

#include <stdint.h>

/* Decode one code point of a NUL-terminated text; returns its bytes, 0 when
 * they are not valid. */
unsigned utf8_decode(const char *text, uint32_t *point);

/* Write 1 to 4 bytes of a valid code point; returns how many. */
unsigned utf8_encode(char *out, uint32_t point);

#endif
