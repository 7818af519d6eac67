/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One model: option overloads, names, release. */
#include "model.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "pyvmaf/pyvmaf.h"
#include "text/dictionary.h"
#include "engine/extractor.h"
#include "text/feature_name.h"

uint64_t model_next_id(void)
{
    static atomic_uint_least64_t last;
    return atomic_fetch_add(&last, 1) + 1;
}

int vmaf_model_feature_overload(VmafModel *model, const char *feature_name,
                                VmafFeatureDictionary *opts_dict)
{
    if (!model || !feature_name || !opts_dict)
        return -EINVAL;
    int err = 0;
    model->id = model_next_id(); /* its features may be named otherwise now */
    for (unsigned i = 0; i < model->feature_cnt && !err; i++) {
        ModelFeature *const f = &model->feature[i];
        const PyvmafExtractor *const extractor =
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

const char *pyvmaf_model_name(const VmafModel *model)
{
    return model ? model->name : NULL;
}

const char *pyvmaf_model_feature_at(VmafModel *model, unsigned position)
{
    if (!model || position >= model->feature_cnt)
        return NULL;
    ModelFeature *const f = &model->feature[position];
    const PyvmafExtractor *const extractor = extractor_find_by_feature(f->name);
    /* Without its extractor, or with an option value that is not allowed, the
     * feature has no decorated name. */
    if (!extractor ||
        feature_name_decorate(f->published, extractor, f->name, f->opts))
        return f->name;
    return f->published;
}
