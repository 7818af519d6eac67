/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A model as read: features, normalisation, SVM, transform and clip. */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "libvmaf/model.h"
#include "engine/extractor.h"
#include "svm.h"

enum {
    MODEL_FEATURE_MAX = SVM_INDEX_MAX,
    /* Over ten times what any extractor has: a dictionary is searched from the
     * front, and a file must not make that long. */
    MODEL_OPTION_MAX = 256,
};

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
    char published[FEATURE_NAME_SIZE]; /* for pyvmaf_model_feature_at() */
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

/* A chroma feature of exactly 0 is replaced by c - c * guide. */
typedef struct ModelChroma {
    double parameter;       /* c, or 0 for no correction */
    unsigned guide, target; /* features */
} ModelChroma;

struct VmafModel {
    uint64_t id; /* no other model of the process ever had it */
    char *name;
    enum ModelType type;
    enum ModelNormType norm;
    double slope, intercept; /* of the score */
    ModelFeature *feature;
    unsigned feature_cnt;
    ModelTransform transform;
    bool clip_enabled;
    double clip_min, clip_max;
    ModelChroma chroma;
    Svm *svm;
};

/* What a collection stores for a frame, in this order. */
enum ModelCollectionResult {
    MODEL_COLLECTION_BAGGING,
    MODEL_COLLECTION_STDDEV,
    MODEL_COLLECTION_CI_P95_LO,
    MODEL_COLLECTION_CI_P95_HI,
    MODEL_COLLECTION_RESULT_CNT,
};

struct VmafModelCollection {
    uint64_t id;
    char *name;
    VmafModel **model;
    unsigned cnt;
    enum ModelType type;                            /* that of all members */
    char *result_name[MODEL_COLLECTION_RESULT_CNT]; /* name_bagging, ... */
};

/* A number that was not given before. */
uint64_t model_next_id(void);

/* model_file.c: a parsed model file, built in or from disk. */
struct JsonDocument;

typedef struct ModelFile {
    const char *kind; /* "model" or "model collection", for messages */
    const char *name; /* of a built-in file, or NULL */
    const char *path;
    struct JsonDocument *document;
} ModelFile;

/* Logs what is wrong, as model_file_fail() does. */
int model_file_open(ModelFile *file);
void model_file_close(ModelFile *file);
/* Log why `err` is returned for this file; returns `err`. */
int model_file_fail(const ModelFile *file, int err, const char *reason);

#endif
