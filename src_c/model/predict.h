/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From features in the collector to a score: normalise, SVM, transform, clip. */
#ifndef PREDICT_H
#define PREDICT_H

#include "libvmaf/model.h"
#include "engine/collector.h"
#include "model.h"

/* The stored score of `model` at `index`, predicted and stored on first use. */
int predict_score(VmafModel *model, Collector *collector, unsigned index,
                  double *score);

/* The same for a bootstrap collection: members, bagging, stddev, interval. */
int predict_collection(VmafModelCollection *collection, Collector *collector,
                       unsigned index, VmafModelCollectionScore *score);

/* The public form of a collection's results, of a frame or pooled. */
void predict_fill_score(VmafModelCollectionScore *score,
                        const double result[MODEL_COLLECTION_RESULT_CNT]);

#endif
