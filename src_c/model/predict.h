/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From features in the collector to a score: normalise, SVM, transform, clip. */
#ifndef PREDICT_H
#define PREDICT_H

#include "libvmaf/model.h"
#include "engine/collector.h"
#include "model.h"

/* The columns of a model in one collector, found when it first predicts. */
typedef struct ModelBinding ModelBinding;

/* Where to predict. The bindings are added to; calls do not overlap. */
typedef struct PredictTarget {
    Collector *collector;
    ModelBinding **binding;
} PredictTarget;

void predict_unbind(ModelBinding *binding);

/* The stored score of `model` at `index`, predicted and stored on first use. */
int predict_score(const PredictTarget *target, const VmafModel *model,
                  unsigned index, double *score);

/* The same for a bootstrap collection: members, bagging, stddev, interval. */
int predict_collection(const PredictTarget *target,
                       const VmafModelCollection *collection, unsigned index,
                       VmafModelCollectionScore *score);

/* The public form of a collection's results, of a frame or pooled. */
void predict_fill_score(VmafModelCollectionScore *score,
                        const double result[MODEL_COLLECTION_RESULT_CNT]);

#endif
