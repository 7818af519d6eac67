/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Recursive descent over a private copy of the text. Strings are decoded in
 * place: no escape is shorter than what it stands for (\u0800 to \uffff take
 * six bytes for three, a surrogate pair twelve for four).
 */
#include "json.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/number.h"
#include "text/utf8.h"

enum { JSON_BLOCK_VALUES = 256 };

/* Values are handed out of blocks, so that their addresses stay. */
typedef struct JsonBlock {
    struct JsonBlock *next;
    JsonValue value[JSON_BLOCK_VALUES];
} JsonBlock;

struct JsonDocument {
    char *text;
    JsonBlock *block; /* the newest */
    unsigned value_cnt;
    JsonValue *root;
};

typedef struct JsonParser {
    JsonDocument *document;
    char *at; /* next byte; the text ends with a NUL */
    char *end;
    char *line_start;
    unsigned line, depth;
    Reason *reason;
} JsonParser;

static int json_parse_value(JsonParser *p, JsonValue **value);

static int json_fail(const JsonParser *p, const char *at, const char *what)
{
    char found[16] = "end of text";
    const unsigned char c = (unsigned char)*at;
    if (at < p->end) {
        const char *digits = "0123456789abcdef";
        const char plain[] = { '\'', (char)c, '\'', 0 };
        const char hex[] = {
            'b', 'y', 't', 'e', ' ', '0', 'x', digits[c >> 4], digits[c & 15], 0
        };
        strcpy(found, c > 0x20 && c < 0x7f ? plain : hex);
    }
    return reason_set(p->reason, "line %u column %u: %s, found %s", p->line,
                      (unsigned)(at - p->line_start) + 1, what, found);
}

static void json_skip_space(JsonParser *p)
{
    for (;; p->at++) {
        if (*p->at == '\n') {
            p->line++;
            p->line_start = p->at + 1;
        } else if (*p->at != ' ' && *p->at != '\t' && *p->at != '\r') {
            return;
        }
    }
}

static int json_new_value(JsonParser *p, JsonValue **value)
{
    JsonDocument *const d = p->document;
    const unsigned slot = d->value_cnt % JSON_BLOCK_VALUES;
    if (d->value_cnt == JSON_VALUE_MAX)
        return json_fail(p, p->at, "expected no more than 2^20 values");
    if (!slot) {
        JsonBlock *block = calloc(1, sizeof(*block));
        if (!block)
            return -ENOMEM;
        block->next = d->block;
        d->block = block;
    }
    d->value_cnt++;
    *value = &d->block->value[slot];
    (*value)->line = p->line;
    (*value)->column = (unsigned)(p->at - p->line_start) + 1;
    return 0;
}

static int json_hex4(JsonParser *p, const char *at, uint32_t *unit)
{
    *unit = 0;
    for (unsigned i = 0; i < 4; i++) {
        const char c = at[i];
        const int lower = c | 0x20;
        if (c >= '0' && c <= '9')
            *unit = *unit * 16 + (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            *unit = *unit * 16 + (uint32_t)(lower - 'a' + 10);
        else
            return json_fail(p, at + i, "expected four hex digits after \\u");
    }
    return 0;
}

/* `at` stands on the u of an escape; it is moved past the escape. */
static int json_unicode_escape(JsonParser *p, const char **at, uint32_t *point)
{
    const char *const start = *at;
    int err = json_hex4(p, *at + 1, point);
    if (err)
        return err;
    *at += 5;
    if (*point >= 0xd800 && *point <= 0xdbff) {
        uint32_t low = 0;
        if ((*at)[0] == '\\' && (*at)[1] == 'u') {
            err = json_hex4(p, *at + 2, &low);
            if (err)
                return err;
        }
        if (low < 0xdc00 || low > 0xdfff)
            return json_fail(p, *at,
                             "expected the second half of a "
                             "surrogate pair");
        *at += 6;
        *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
    } else if (*point >= 0xdc00 && *point <= 0xdfff) {
        return json_fail(p, start, "expected no lone surrogate");
    } else if (!*point) {
        return json_fail(p, start, "expected no U+0000");
    }
    return 0;
}

static int json_escape(JsonParser *p, const char **at, char **out)
{
    static const char letter[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    (*at)++;
    if (**at == 'u') {
        uint32_t point;
        const int err = json_unicode_escape(p, at, &point);
        if (!err)
            *out += utf8_encode(*out, point);
        return err;
    }
    const char *found = **at ? strchr(letter, **at) : NULL;
    if (!found)
        return json_fail(p, *at, "expected an escape character");
    *(*out)++ = meaning[found - letter];
    (*at)++;
    return 0;
}

static int json_parse_string(JsonParser *p, const char **text)
{
    if (*p->at != '"')
        return json_fail(p, p->at, "expected a string");
    const char *at = p->at + 1;
    char *out = p->at;
    *text = out;
    while (*at != '"') {
        uint32_t point;
        if (*at == '\\') {
            const int err = json_escape(p, &at, &out);
            if (err)
                return err;
            continue;
        }
        const unsigned len = utf8_decode(at, &point);
        if (!len)
            return json_fail(p, at, "expected valid UTF-8");
        if (point < 0x20)
            return json_fail(p, at,
                             at == p->end
                                 ? "expected '\"'"
                                 : "expected no control character in a string");
        memmove(out, at, len);
        out += len;
        at += len;
    }
    *out = '\0';
    p->at += at + 1 - p->at;
    return 0;
}

static char *json_skip_digits(JsonParser *p, char *at, int *err)
{
    if (*at < '0' || *at > '9')
        *err = json_fail(p, at, "expected a digit");
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

static int json_parse_number(JsonParser *p, double *number)
{
    char *at = p->at + (*p->at == '-');
    int err = 0;
    /* No leading zeros: a zero stands alone. */
    at = *at == '0' ? at + 1 : json_skip_digits(p, at, &err);
    if (!err && *at == '.')
        at = json_skip_digits(p, at + 1, &err);
    if (!err && (*at == 'e' || *at == 'E')) {
        at++;
        at = json_skip_digits(p, at + (*at == '+' || *at == '-'), &err);
    }
    if (err)
        return err;

    const char after = *at;
    *at = '\0'; /* "0x1" is a zero, whatever strtod() makes of it */
    char *end;
    *number = number_parse(p->at, &end);
    *at = after;
    if (!isfinite(*number))
        return json_fail(p, p->at, "expected a number within range");
    p->at = at;
    return 0;
}

static int json_parse_word(JsonParser *p, JsonValue *value)
{
    static const struct {
        const char *word;
        enum JsonType type;
        double number;
    } words[] = {
        { "true", JSON_BOOL, 1 },
        { "false", JSON_BOOL, 0 },
        { "null", JSON_NULL, 0 },
    };
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const size_t len = strlen(words[i].word);
        if (strncmp(p->at, words[i].word, len))
            continue;
        value->type = words[i].type;
        value->number = words[i].number;
        p->at += len;
        return 0;
    }
    return json_fail(p, p->at, "expected a value");
}

/* One element, or one member with its key. */
static int json_parse_item(JsonParser *p, enum JsonType type, JsonValue **item)
{
    const char *key = NULL;
    if (type == JSON_OBJECT) {
        const int err = json_parse_string(p, &key);
        if (err)
            return err;
        json_skip_space(p);
        if (*p->at != ':')
            return json_fail(p, p->at, "expected ':'");
        p->at++;
        json_skip_space(p);
    }
    const int err = json_parse_value(p, item);
    if (err)
        return err;
    (*item)->key = key;
    json_skip_space(p);
    return 0;
}

static int json_parse_container(JsonParser *p, JsonValue *value)
{
    const char close = value->type == JSON_OBJECT ? '}' : ']';
    if (p->depth == JSON_DEPTH_MAX)
        return json_fail(p, p->at, "expected no deeper nesting");
    p->depth++;
    p->at++;
    json_skip_space(p);
    if (*p->at != close) {
        for (JsonValue **tail = &value->first;; tail = &(*tail)->next) {
            const int err = json_parse_item(p, value->type, tail);
            if (err)
                return err;
            if (*p->at != ',')
                break;
            p->at++;
            json_skip_space(p);
        }
    }
    if (*p->at != close)
        return json_fail(p, p->at,
                         close == '}' ? "expected ',' or '}'"
                                      : "expected ',' or ']'");
    p->at++;
    p->depth--;
    return 0;
}

static int json_parse_value(JsonParser *p, JsonValue **value)
{
    JsonValue *v = NULL;
    int err = json_new_value(p, &v);
    if (err)
        return err;
    if (*p->at == '{' || *p->at == '[') {
        v->type = *p->at == '{' ? JSON_OBJECT : JSON_ARRAY;
        err = json_parse_container(p, v);
    } else if (*p->at == '"') {
        v->type = JSON_STRING;
        err = json_parse_string(p, &v->text);
    } else if (*p->at == '-' || (*p->at >= '0' && *p->at <= '9')) {
        v->type = JSON_NUMBER;
        err = json_parse_number(p, &v->number);
    } else {
        err = json_parse_word(p, v);
    }
    /* Linked in only when whole: an error drops the document anyway. */
    *value = v;
    return err;
}

int json_parse(JsonDocument **document, const char *text, size_t len,
               Reason *reason)
{
    JsonDocument *d = calloc(1, sizeof(*d));
    if (!d)
        return -ENOMEM;
    int err = -ENOMEM;
    d->text = malloc(len + 1);
    if (!d->text)
        goto fail;
    memcpy(d->text, text, len);
    d->text[len] = '\0';

    JsonParser p = { .document = d,
                     .at = d->text,
                     .end = d->text + len,
                     .line_start = d->text,
                     .line = 1,
                     .reason = reason };
    json_skip_space(&p);
    err = json_parse_value(&p, &d->root);
    if (err)
        goto fail;
    json_skip_space(&p);
    if (p.at != p.end) {
        err = json_fail(&p, p.at, "expected the end of the text");
        goto fail;
    }
    *document = d;
    return 0;

fail:
    json_free(d);
    return err;
}

void json_free(JsonDocument *document)
{
    if (!document)
        return;
    while (document->block) {
        JsonBlock *const next = document->block->next;
        free(document->block);
        document->block = next;
    }
    free(document->text);
    free(document);
}

const JsonValue *json_root(const JsonDocument *document)
{
    return document->root;
}

const JsonValue *json_member(const JsonValue *object, const char *key)
{
    const JsonValue *found = NULL;
    if (object->type != JSON_OBJECT)
        return NULL;
    for (const JsonValue *v = object->first; v; v = v->next)
        if (!strcmp(v->key, key))
            found = v;
    return found;
}

unsigned json_count(const JsonValue *container)
{
    unsigned cnt = 0;
    for (const JsonValue *v = container->first; v; v = v->next)
        cnt++;
    return cnt;
}

const char *json_type_name(enum JsonType type)
{
    static const char *const name[] = {
        [JSON_NULL] = "null",       [JSON_BOOL] = "true or false",
        [JSON_NUMBER] = "a number", [JSON_STRING] = "a string",
        [JSON_ARRAY] = "an array",  [JSON_OBJECT] = "an object",
    };
    return name[type];
}
