/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Where models come from: the built-in files, found by name, or a path. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pyvmaf/pyvmaf.h"
#include "builtin_model.h"
#include "json.h"
#include "engine/log.h"
#include "model.h"

/* Over thirty times the largest known file, a collection of 21 models. */
enum { MODEL_FILE_SIZE_MAX = 1 << 24 };

int model_file_fail(const ModelFile *file, int err, const char *reason)
{
    if (file->name) {
        log_line(VMAF_LOG_LEVEL_WARNING,
                 "could not read built-in %s: \"%s\": "
                 "%s",
                 file->kind, file->name, reason);
    } else {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "could not read %s from path: \"%s\": "
                 "%s",
                 file->kind, file->path, reason);
    }
    return err;
}

static int model_file_parse(ModelFile *file, const char *text, size_t len)
{
    Reason reason;
    const int err = json_parse(&file->document, text, len, &reason);
    if (err == -ENOMEM)
        return model_file_fail(file, err, "out of memory");
    return err ? model_file_fail(file, err, reason.text) : 0;
}

/* The text of the floating-point model that differs from `b` in the names of its
 * features only: "VMAF_integer_feature..." becomes "VMAF_feature...". NULL when
 * there is no memory. */
static char *model_file_float_twin(const BuiltinModel *b, size_t *len)
{
    static const char stem[] = "VMAF_", dropped[] = "integer_";
    const size_t stem_len = sizeof stem - 1, dropped_len = sizeof dropped - 1;
    char *const text = malloc(b->len), *out = text;
    const char *in = b->json, *const end = in + b->len;
    while (text && in < end) {
        const char *next = memmem(in, (size_t)(end - in), stem, stem_len);
        next = next ? next + stem_len : end;
        memcpy(out, in, (size_t)(next - in));
        out += next - in;
        in = next;
        if ((size_t)(end - in) >= dropped_len &&
            !memcmp(in, dropped, dropped_len))
            in += dropped_len;
    }
    *len = (size_t)(out - text);
    return text;
}

static int model_file_parse_builtin(ModelFile *file, const BuiltinModel *b)
{
    if (!b->is_float)
        return model_file_parse(file, b->json, b->len);
    size_t len = 0;
    char *const text = model_file_float_twin(b, &len);
    const int err = text ? model_file_parse(file, text, len)
                         : model_file_fail(file, -ENOMEM, "out of memory");
    free(text);
    return err;
}

static int model_file_open_builtin(ModelFile *file)
{
    for (unsigned i = 0; i < builtin_model_cnt; i++) {
        if (!strcmp(builtin_models[i].name, file->name))
            return model_file_parse_builtin(file, &builtin_models[i]);
    }
    log_line(VMAF_LOG_LEVEL_WARNING, "no such built-in %s: \"%s\"", file->kind,
             file->name);
    return -EINVAL;
}

static int model_file_read(FILE *stream, char **text, size_t *len)
{
    size_t capacity = 0;
    *len = 0;
    do {
        if (*len == capacity) {
            capacity = capacity ? 4 * capacity : 1 << 16;
            char *const grown = realloc(*text, capacity);
            if (!grown)
                return -ENOMEM;
            *text = grown;
        }
        *len += fread(*text + *len, 1, capacity - *len, stream);
        if (*len > MODEL_FILE_SIZE_MAX)
            return -EFBIG;
        if (ferror(stream))
            return errno ? -errno : -EIO;
    } while (!feof(stream));
    return 0;
}

int model_file_open(ModelFile *file)
{
    file->document = NULL;
    if (file->name)
        return model_file_open_builtin(file);

    FILE *const stream = fopen(file->path, "rb");
    if (!stream) {
        const int err = -errno;
        return model_file_fail(file, err, strerror(-err));
    }
    char *text = NULL;
    size_t len;
    int err = model_file_read(stream, &text, &len);
    fclose(stream);

    const size_t path_len = strlen(file->path);
    if (err)
        model_file_fail(file, err, strerror(-err));
    else if (path_len >= 4 && !strcmp(file->path + path_len - 4, ".pkl"))
        err = model_file_fail(file, -EINVAL,
                              "support for pkl model files has "
                              "been removed, use json");
    else
        err = model_file_parse(file, text, len);
    free(text);
    return err;
}

void model_file_close(ModelFile *file)
{
    json_free(file->document);
}

const char *pyvmaf_builtin_model_at(unsigned position)
{
    return position < builtin_model_cnt ? builtin_models[position].name : NULL;
}
