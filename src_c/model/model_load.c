/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Loading: one model, a collection, or whichever of them a file holds. */
#include <errno.h>
#include <stddef.h>

#include "pyvmaf/pyvmaf.h"
#include "model_json.h"

/* What the caller takes. */
enum Kinds { SINGLE = 1, COLLECTION = 2 };

static const char *refusal(const JsonValue *root, bool several)
{
    if (several)
        return "it holds a model collection, not a model";
    if (json_member(root, "model_dict"))
        return "it holds a single model, not a collection";
    return "a collection must be an object with members \"0\", \"1\", ...";
}

/* Into `*model`, and for a collection its members into `*collection`. */
static int model_load(ModelFile *file, const VmafModelConfig *cfg,
                      enum Kinds kinds, VmafModel **model,
                      VmafModelCollection **collection)
{
    Reason reason = { "out of memory" };
    int err = model_file_open(file);
    if (err)
        return err;
    const JsonValue *const root = json_root(file->document);
    const VmafModelConfig named = { .name = cfg->name ? cfg->name : "vmaf",
                                    .flags = cfg->flags };
    const bool several = model_json_is_collection(root);
    if (!(kinds & (several ? COLLECTION : SINGLE))) {
        err = reason_set(&reason, "%s", refusal(root, several));
    } else if (several) {
        file->kind = "model collection";
        err = model_collection_read(model, collection, root, &named, &reason);
    } else {
        err = model_json_read(model, root, named.name, named.flags, &reason);
    }
    if (err)
        model_file_fail(file, err, reason.text);
    model_file_close(file);
    return err;
}

int vmaf_model_load(VmafModel **model, VmafModelConfig *cfg,
                    const char *version)
{
    if (!model || !cfg || !version)
        return -EINVAL;
    ModelFile file = { .kind = "model", .name = version };
    return model_load(&file, cfg, SINGLE, model, NULL);
}

int vmaf_model_load_from_path(VmafModel **model, VmafModelConfig *cfg,
                              const char *path)
{
    if (!model || !cfg || !path)
        return -EINVAL;
    ModelFile file = { .kind = "model", .path = path };
    return model_load(&file, cfg, SINGLE, model, NULL);
}

int vmaf_model_collection_load(VmafModel **model,
                               VmafModelCollection **model_collection,
                               VmafModelConfig *cfg, const char *version)
{
    if (!model || !model_collection || !cfg || !version)
        return -EINVAL;
    ModelFile file = { .kind = "model collection", .name = version };
    return model_load(&file, cfg, COLLECTION, model, model_collection);
}

int vmaf_model_collection_load_from_path(VmafModel **model,
                                         VmafModelCollection **model_collection,
                                         VmafModelConfig *cfg, const char *path)
{
    if (!model || !model_collection || !cfg || !path)
        return -EINVAL;
    ModelFile file = { .kind = "model collection", .path = path };
    return model_load(&file, cfg, COLLECTION, model, model_collection);
}

static int model_load_any(ModelFile *file, const VmafModelConfig *cfg,
                          VmafModel **model,
                          VmafModelCollection **model_collection)
{
    VmafModelCollection *members = NULL;
    const int err = model_load(file, cfg, SINGLE | COLLECTION, model, &members);
    if (!err)
        *model_collection = members;
    return err;
}

int pyvmaf_model_load_any(VmafModel **model,
                          VmafModelCollection **model_collection,
                          VmafModelConfig *cfg, const char *version)
{
    if (!model || !model_collection || !cfg || !version)
        return -EINVAL;
    ModelFile file = { .kind = "model", .name = version };
    return model_load_any(&file, cfg, model, model_collection);
}

int pyvmaf_model_load_any_from_path(VmafModel **model,
                                    VmafModelCollection **model_collection,
                                    VmafModelConfig *cfg, const char *path)
{
    if (!model || !model_collection || !cfg || !path)
        return -EINVAL;
    ModelFile file = { .kind = "model", .path = path };
    return model_load_any(&file, cfg, model, model_collection);
}
