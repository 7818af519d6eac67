/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "binding.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/extractor.h"
#include "text/feature_name.h"

static ModelBinding *find(const PredictTarget *target, uint64_t id)
{
    ModelBinding *binding = *target->binding;
    while (binding && binding->id != id)
        binding = binding->next;
    return binding;
}

static ModelBinding *add(const PredictTarget *target, uint64_t id,
                         unsigned read_cnt)
{
    ModelBinding *binding = calloc(1, sizeof *binding);
    if (!binding)
        return NULL;
    binding->id = id;
    binding->read = calloc(read_cnt + 1, sizeof *binding->read);
    binding->next = *target->binding;
    *target->binding = binding;
    return binding;
}

/* What could not be completed is the latest. */
static void remove_latest(const PredictTarget *target)
{
    ModelBinding *binding = *target->binding;
    *target->binding = binding->next;
    binding->next = NULL;
    predict_unbind(binding);
}

static int bind_name(Collector *collector, const char *name,
                     CollectorColumn **column)
{
    *column = collector_column(collector, name, 0);
    return *column ? 0 : -ENOMEM;
}

static int bind_feature(Collector *collector, const ModelFeature *feature,
                        CollectorColumn **column)
{
    char name[FEATURE_NAME_SIZE];
    const PyvmafExtractor *extractor = extractor_find_by_feature(feature->name);
    if (!extractor)
        return 0;
    const int err =
        feature_name_decorate(name, extractor, feature->name, feature->opts);
    return err ? err : bind_name(collector, name, column);
}

int binding_of_model(const PredictTarget *target, const VmafModel *model,
                     const ModelBinding **out)
{
    Collector *collector = target->collector;
    ModelBinding *binding = find(target, model->id);
    *out = binding;
    if (binding)
        return 0;
    *out = binding = add(target, model->id, model->feature_cnt);
    if (!binding)
        return -ENOMEM;
    int err = binding->read ? 0 : -ENOMEM;
    for (unsigned i = 0; i < model->feature_cnt && !err; i++)
        err = bind_feature(collector, &model->feature[i], &binding->read[i]);
    if (!err)
        err = bind_name(collector, model->name, &binding->write[0]);
    if (err)
        remove_latest(target);
    return err;
}

int binding_of_collection(const PredictTarget *target,
                          const VmafModelCollection *collection,
                          const ModelBinding **out)
{
    ModelBinding *binding = find(target, collection->id);
    *out = binding;
    if (binding)
        return 0;
    *out = binding = add(target, collection->id, 0);
    if (!binding)
        return -ENOMEM;
    int err = 0;
    for (unsigned i = 0; i < MODEL_COLLECTION_RESULT_CNT && !err; i++)
        err = bind_name(target->collector, collection->result_name[i],
                        &binding->write[i]);
    if (err)
        remove_latest(target);
    return err;
}

void predict_unbind(ModelBinding *binding)
{
    while (binding) {
        ModelBinding *next = binding->next;
        free(binding->read);
        free(binding);
        binding = next;
    }
}
