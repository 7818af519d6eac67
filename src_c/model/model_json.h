/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From the JSON of a model file to a checked VmafModel. */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include <stdbool.h>

#include "json.h"
#include "model.h"

/* Whether a file holds a numbered collection instead of one model. */
bool model_json_is_collection(const JsonValue *root);

/* `*model` is set on success only. -EINVAL with a reason, or -ENOMEM. */
int model_json_read(VmafModel **model, const JsonValue *json, const char *name,
                    uint64_t flags, Reason *reason);

/* model_collection.c: likewise, for the numbered members of `root`; cfg->name
 * is set. */
int model_collection_read(VmafModel **model, VmafModelCollection **collection,
                          const JsonValue *root, const VmafModelConfig *cfg,
                          Reason *reason);

#endif
