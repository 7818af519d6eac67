/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One model: loading, option overloads, names, release. */
#include "model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/pyvmaf/pyvmaf.h"
#include "dictionary.h"
#include "extractor.h"
#include "log.h"
#include "model_json.h"

static int model_load(VmafModel **model, const VmafModelConfig *cfg,
                      ModelFile *file)
{
    Reason reason = { "out of memory" };
    int err = model_file_open(file);
    if (err)
        return err;
    const JsonValue *const root = json_root(file->document);
    if (model_json_is_collection(root))
        err = reason_set(&reason, "it holds a model collection, not a model");
    else
        err = model_json_read(model, root, cfg->name ? cfg->name : "vmaf",
                              cfg->flags, &reason);
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
    return model_load(model, cfg, &file);
}

int vmaf_model_load_from_path(VmafModel **model, VmafModelConfig *cfg,
                              const char *path)
{
    if (!model || !cfg || !path)
        return -EINVAL;
    ModelFile file = { .kind = "model", .path = path };
    return model_load(model, cfg, &file);
}

int vmaf_model_feature_overload(VmafModel *model, const char *feature_name,
                                VmafFeatureDictionary *opts_dict)
{
    if (!model || !feature_name || !opts_dict)
        return -EINVAL;
    int err = 0;
    for (unsigned i = 0; i < model->feature_cnt && !err; i++) {
        ModelFeature *const f = &model->feature[i];
        const VmafExtractor *const extractor =
            extractor_find_by_feature(f->name);
        if (extractor && !strcmp(extractor->name, feature_name))
            err = dictionary_merge(&f->opts, opts_dict);
    }
    vmaf_feature_dictionary_free(&opts_dict);
    return err;
}

void vmaf_model_destroy(VmafModel *model)
{
    if (!model)
        return;
    for (unsigned i = 0; i < model->feature_cnt; i++) {
        free(model->feature[i].name);
        vmaf_feature_dictionary_free(&model->feature[i].opts);
    }
    free(model->feature);
    free(model->transform.knot);
    svm_free(model->svm);
    free(model->name);
    free(model);
}

const char *vmaf_model_name(const VmafModel *model)
{
    return model ? model->name : NULL;
}

const char *vmaf_model_feature_at(VmafModel *model, unsigned position)
{
    if (!model || position >= model->feature_cnt)
        return NULL;
    ModelFeature *const f = &model->feature[position];
    const VmafExtractor *const extractor = extractor_find_by_feature(f->name);
    /* Without its extractor, or with an option value that is not allowed, the
     * feature has no decorated name. */
    if (!extractor || feature_name_decorate(f->published, extractor, f->name,
                                            f->opts))
        return f->name;
    return f->published;
}
