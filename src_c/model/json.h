/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A strict reader of JSON (RFC 8259) into a tree. Whole documents only; no
 * comments, no NaN, no trailing commas. As the RFC allows, limits are set:
 * depth, number of values, no U+0000 in strings, numbers within binary64.
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

#include "engine/reason.h"

enum {
    JSON_DEPTH_MAX = 64,
    JSON_VALUE_MAX = 1 << 20,
};

enum JsonType {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

typedef struct JsonValue {
    enum JsonType type;
    unsigned line, column; /* where it starts, from 1, column in bytes */
    double number;         /* of a number; 0 or 1 of a bool */
    const char *text;      /* of a string */
    const char *key;       /* of an object's member */
    struct JsonValue *first, *next; /* elements or members, in file order */
} JsonValue;

typedef struct JsonDocument JsonDocument;

/* -EINVAL with the reason and its place, or -ENOMEM. `text` may go away. */
int json_parse(JsonDocument **document, const char *text, size_t len,
               Reason *reason);
void json_free(JsonDocument *document);
const JsonValue *json_root(const JsonDocument *document);

/* The last member of that name, NULL when there is none. */
const JsonValue *json_member(const JsonValue *object, const char *key);
unsigned json_count(const JsonValue *container);
/* "a number", "an array", ... */
const char *json_type_name(enum JsonType type);

#endif
