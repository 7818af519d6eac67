/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a model computes, laid open for reading. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "engine/extractor.h"
#include "model.h"
#include "text/feature_name.h"
#include "pyvmaf/pyvmaf.h"
#include "text/dictionary.h"

/* Without any power the score goes on as it is. */
static void model_view_transform(const ModelTransform *t, PyvmafModelView *view)
{
    const bool any = t->has_p0 || t->has_p1 || t->has_p2;
    view->transforms = t->enabled;
    view->power[0] = t->has_p0 ? t->p0 : 0;
    view->power[1] = t->has_p1 ? t->p1 : any ? 0 : 1;
    view->power[2] = t->has_p2 ? t->p2 : 0;
    /* One knot alone makes no piece. */
    view->knot_cnt = t->knot_cnt < 2 ? 0 : t->knot_cnt;
    view->knot = view->knot_cnt ? &t->knot[0].x : NULL;
    view->not_above = t->out_lte_in;
    view->not_below = t->out_gte_in;
}

int pyvmaf_model_view(const VmafModel *model, PyvmafModelView *view)
{
    if (!model || !view)
        return -EINVAL;
    const Svm *const svm = model->svm;
    *view = (PyvmafModelView){
        .feature_cnt = model->feature_cnt,
        .gamma = svm->gamma,
        .rho = svm->rho,
        .vector_cnt = svm->vector_cnt,
        .width = svm->width,
        .coefficient = svm->coefficient,
        .vector = svm->vector,
        .slope = model->slope,
        .intercept = model->intercept,
        .clips = model->clip_enabled,
        .clip_min = model->clip_min,
        .clip_max = model->clip_max,
        .chroma = model->chroma.parameter,
        .chroma_guide = model->chroma.guide,
        .chroma_target = model->chroma.target,
    };
    model_view_transform(&model->transform, view);
    return 0;
}

int pyvmaf_model_feature(VmafModel *model, unsigned position,
                         PyvmafModelFeature *feature)
{
    if (!model || !feature || position >= model->feature_cnt)
        return -EINVAL;
    const ModelFeature *const f = &model->feature[position];
    const PyvmafExtractor *const extractor = extractor_find_by_feature(f->name);
    *feature = (PyvmafModelFeature){
        .name = f->name,
        .published = pyvmaf_model_feature_at(model, position),
        .extractor = extractor ? extractor->name : NULL,
        .slope = f->slope,
        .intercept = f->intercept,
        .option_cnt = f->opts ? (unsigned)f->opts->cnt : 0,
    };
    return 0;
}

int pyvmaf_model_option(const VmafModel *model, unsigned feature,
                        unsigned position, const char **key, const char **value)
{
    if (!model || !key || !value || feature >= model->feature_cnt)
        return -EINVAL;
    const VmafFeatureDictionary *const opts = model->feature[feature].opts;
    if (!opts || position >= opts->cnt)
        return -EINVAL;
    *key = opts->entry[position].key;
    *value = opts->entry[position].val;
    return 0;
}

int pyvmaf_feature_published(char *name, size_t size, const char *feature,
                             const VmafFeatureDictionary *options)
{
    char made[FEATURE_NAME_SIZE];
    if (!name || !feature)
        return -EINVAL;
    const PyvmafExtractor *const extractor = extractor_find_by_feature(feature);
    if (!extractor)
        return -EINVAL;
    const int err = feature_name_decorate(made, extractor, feature, options);
    if (err)
        return err;
    const size_t length = strlen(made) + 1;
    if (length > size)
        return -ENOSPC;
    memcpy(name, made, length);
    return 0;
}

VmafModel *pyvmaf_model_member_at(const VmafModelCollection *collection,
                                  unsigned position)
{
    return collection && position < collection->cnt
               ? collection->model[position]
               : NULL;
}
