/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The known name that a misspelt one most likely meant. */
#ifndef NEAREST_H
#define NEAREST_H

/* Edits (insert, delete, replace) between two names; names of which only the
 * first 63 characters count. */
unsigned nearest_distance(const char *a, const char *b);

#endif
