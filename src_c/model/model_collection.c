/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A bootstrap collection: members 1, 2, ... of a file, each trained on another
 * sample of the data; member 0, the main model, comes back by itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/dictionary.h"
#include "engine/log.h"
#include "model.h"
#include "model_json.h"

typedef struct CollectionReader {
    const char *name;
    uint64_t flags;
    Reason *reason;
} CollectionReader;

static char *model_collection_join(const char *name, const char *suffix)
{
    const size_t len = strlen(name) + strlen(suffix) + 1;
    char *joined = malloc(len);
    if (joined)
        snprintf(joined, len, "%s%s", name, suffix);
    return joined;
}

static int model_collection_create(VmafModelCollection **collection,
                                   const char *name, unsigned capacity)
{
    static const char *const suffix[MODEL_COLLECTION_RESULT_CNT] = {
        [MODEL_COLLECTION_BAGGING] = "_bagging",
        [MODEL_COLLECTION_STDDEV] = "_stddev",
        [MODEL_COLLECTION_CI_P95_LO] = "_ci_p95_lo",
        [MODEL_COLLECTION_CI_P95_HI] = "_ci_p95_hi",
    };
    VmafModelCollection *c = calloc(1, sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->id = model_next_id();
    c->name = strdup(name);
    c->model = calloc(capacity, sizeof(*c->model));
    int err = c->name && c->model ? 0 : -ENOMEM;
    for (unsigned i = 0; i < MODEL_COLLECTION_RESULT_CNT && !err; i++) {
        c->result_name[i] = model_collection_join(name, suffix[i]);
        err = c->result_name[i] ? 0 : -ENOMEM;
    }
    if (err)
        vmaf_model_collection_destroy(c);
    else
        *collection = c;
    return err;
}

/* Member `number` goes to `*model`, under the name of the collection for the
 * main model and with the number added for the others. */
static int model_collection_read_member(const CollectionReader *r,
                                        const JsonValue *json, unsigned number,
                                        VmafModel **model)
{
    char suffix[16] = "";
    if (number)
        snprintf(suffix, sizeof(suffix), "_%04u", number);
    char *const name = model_collection_join(r->name, suffix);
    if (!name)
        return -ENOMEM;
    const int err = model_json_read(model, json, name, r->flags, r->reason);
    free(name);
    return err;
}

static int model_collection_add(const CollectionReader *r,
                                VmafModelCollection *c, const JsonValue *json)
{
    VmafModel **const slot = &c->model[c->cnt];
    const int err = model_collection_read_member(r, json, c->cnt + 1, slot);
    if (err)
        return err;
    c->cnt++;
    if (c->cnt == 1)
        c->type = (*slot)->type;
    if ((*slot)->type != c->type)
        return reason_set(r->reason,
                          "line %u column %u: model_type differs "
                          "from that of member 1",
                          json->line, json->column);
    return 0;
}

/* Members count up from 0 in file order; any other key is passed over. */
int model_collection_read(VmafModel **model, VmafModelCollection **collection,
                          const JsonValue *root, const VmafModelConfig *cfg,
                          Reason *reason)
{
    const CollectionReader r = { .name = cfg->name,
                                 .flags = cfg->flags,
                                 .reason = reason };
    VmafModel *main_model = NULL;
    VmafModelCollection *c;
    int err = model_collection_create(&c, r.name, json_count(root) + 1);
    if (err)
        return err;
    for (const JsonValue *v = root->first; v && !err; v = v->next) {
        char expected[16];
        snprintf(expected, sizeof(expected), "%u", main_model ? c->cnt + 1 : 0);
        if (strcmp(v->key, expected))
            log_line(VMAF_LOG_LEVEL_WARNING,
                     "model collection: member "
                     "\"%.40s\" ignored, \"%s\" comes next",
                     v->key, expected);
        else if (!main_model)
            err = model_collection_read_member(&r, v, 0, &main_model);
        else
            err = model_collection_add(&r, c, v);
    }
    if (!err && !c->cnt)
        err = reason_set(r.reason, "a collection needs members \"0\" and "
                                   "\"1\"");
    if (err) {
        vmaf_model_destroy(main_model);
        vmaf_model_collection_destroy(c);
        return err;
    }
    *model = main_model;
    *collection = c;
    return 0;
}

int vmaf_model_collection_feature_overload(
    VmafModel *model, VmafModelCollection **model_collection,
    const char *feature_name, VmafFeatureDictionary *opts_dict)
{
    if (!model || !model_collection || !*model_collection || !feature_name ||
        !opts_dict)
        return -EINVAL;
    int err = 0;
    for (unsigned i = 0; i < (*model_collection)->cnt && !err; i++) {
        VmafFeatureDictionary *copy = NULL;
        err = dictionary_copy(opts_dict, &copy);
        if (!err)
            err = vmaf_model_feature_overload((*model_collection)->model[i],
                                              feature_name, copy);
    }
    const int main_err =
        vmaf_model_feature_overload(model, feature_name, opts_dict);
    return err ? err : main_err;
}

void vmaf_model_collection_destroy(VmafModelCollection *model_collection)
{
    if (!model_collection)
        return;
    for (unsigned i = 0; i < model_collection->cnt; i++)
        vmaf_model_destroy(model_collection->model[i]);
    for (unsigned i = 0; i < MODEL_COLLECTION_RESULT_CNT; i++)
        free(model_collection->result_name[i]);
    free(model_collection->model);
    free(model_collection->name);
    free(model_collection);
}
