/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A model as read: features, normalisation, SVM, transform and clip. */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>

#include "../include/libvmaf/model.h"
#include "svm.h"

enum ModelType {
    MODEL_TYPE_UNKNOWN = 0,
    MODEL_TYPE_SVM_NUSVR,
    MODEL_TYPE_BOOTSTRAP_SVM_NUSVR,
    MODEL_TYPE_RESIDUE_BOOTSTRAP_SVM_NUSVR,
};

enum ModelNormType {
    MODEL_NORM_UNKNOWN = 0,
    MODEL_NORM_NONE,
    MODEL_NORM_LINEAR_RESCALE,
};

typedef struct ModelFeature {
    char *name; /* full feature name */
    VmafFeatureDictionary *opts;
    double slope, intercept;
} ModelFeature;

typedef struct ModelKnot {
    double x, y;
} ModelKnot;

typedef struct ModelTransform {
    bool enabled;
    bool has_p0, has_p1, has_p2;
    double p0, p1, p2;
    ModelKnot *knot;
    unsigned knot_cnt;
    bool out_lte_in, out_gte_in;
} ModelTransform;

struct VmafModel {
    char *name;
    enum ModelType type;
    enum ModelNormType norm;
    double slope, intercept; /* of the score */
    ModelFeature *feature;
    unsigned feature_cnt;
    ModelTransform transform;
    bool clip_enabled;
    double clip_min, clip_max;
    bool has_chroma_correction;
    double chroma_correction;
    Svm *svm;
    char feature_name[256]; /* returned by vmaf_model_feature_at() */
};

struct VmafModelCollection {
    char *name;
    VmafModel **model;
    unsigned cnt;
};

#endif
