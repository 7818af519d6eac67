/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The columns that a model reads and writes in one collector. They are found by
 * name once, and by the model's number from then on.
 */
#ifndef BINDING_H
#define BINDING_H

#include "predict.h"

struct ModelBinding {
    uint64_t id;            /* of the model or collection */
    CollectorColumn **read; /* its features'; NULL: no extractor provides it */
    CollectorColumn *write[MODEL_COLLECTION_RESULT_CNT]; /* a model has one */
    struct ModelBinding *next;
};

/* Find or make it. -ENOMEM; -EINVAL and a logged reason: an option value of the
 * model is not allowed. */
int binding_of_model(const PredictTarget *target, const VmafModel *model,
                     const ModelBinding **binding);
int binding_of_collection(const PredictTarget *target,
                          const VmafModelCollection *collection,
                          const ModelBinding **binding);

#endif
