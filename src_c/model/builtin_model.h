/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The model files that model/embed.py turns into one C array. */
#ifndef BUILTIN_MODEL_H
#define BUILTIN_MODEL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct BuiltinModel {
    const char *name;
    const char *json;
    size_t len;
    bool is_float; /* renamed when loaded: see model_file.c */
} BuiltinModel;

extern const BuiltinModel builtin_models[];
extern const unsigned builtin_model_cnt;

#endif
