/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Models: which features, scaled how, into which support vector machine.
 *
 * A model is built in or read from a JSON file. It is loaded before it is
 * registered, may serve several contexts, and is destroyed by the caller, before
 * or after those contexts are closed. A collection is a bootstrap model: a main
 * model and members whose spread gives a confidence interval.
 *
 * Loading is thread-safe. A model may be used by several threads at once as
 * long as none overloads or destroys it.
 */
#ifndef LIBVMAF_MODEL_H
#define LIBVMAF_MODEL_H

#include <stdint.h>

#include "feature.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef struct VmafModel VmafModel;
typedef struct VmafModelCollection VmafModelCollection;

enum VmafModelFlags {
    VMAF_MODEL_FLAGS_DEFAULT = 0,
    /* Scores are not clipped to the model's range. */
    VMAF_MODEL_FLAG_DISABLE_CLIP = 1,
    /* The model's score transform is applied even where its file leaves it
     * off. */
    VMAF_MODEL_FLAG_ENABLE_TRANSFORM = 2,
    /* The model's score transform is not applied. */
    VMAF_MODEL_FLAG_DISABLE_TRANSFORM = 4,
};

/* Read during the load call only. `name` is what scores are stored under; NULL
 * means "vmaf". Two models of one name in a context share their scores. */
typedef struct VmafModelConfig {
    const char *name;
    uint64_t flags; /* enum VmafModelFlags, combined by | */
} VmafModelConfig;

enum VmafModelCollectionScoreType {
    VMAF_MODEL_COLLECTION_SCORE_UNKNOWN = 0,
    VMAF_MODEL_COLLECTION_SCORE_BOOTSTRAP = 1,
};

typedef struct VmafModelCollectionScore {
    enum VmafModelCollectionScoreType type;
    struct {
        double bagging_score;
        double stddev;
        struct {
            struct {
                double lo;
                double hi;
            } p95;
        } ci;
    } bootstrap;
} VmafModelCollectionScore;

/*
 * Load the built-in model `version`, for instance "vmaf_v0.6.1". On success
 * `*model` is the caller's, to be destroyed with vmaf_model_destroy().
 *
 * -EINVAL: an argument is NULL, or there is no such model. -ENOMEM.
 */
int vmaf_model_load(VmafModel **model, VmafModelConfig *cfg,
                    const char *version);

/*
 * The same from a JSON file.
 *
 * -EINVAL: an argument is NULL, or the file is no model; the logged line says
 * what and where. -EFBIG: it is too large for one. -ENOENT, -EACCES and
 * whatever else opening and reading it may give. -ENOMEM.
 */
int vmaf_model_load_from_path(VmafModel **model, VmafModelConfig *cfg,
                              const char *path);

/*
 * Set options of every feature of the model that the extractor `feature_name`
 * provides (an extractor's name, "adm"), over what they have; none is fine.
 * To be done before the model's features are registered. Values are checked by
 * vmaf_use_features_from_model().
 *
 * `opts_dict` is taken, on failure too, except when an argument is NULL
 * (-EINVAL). -ENOMEM.
 */
int vmaf_model_feature_overload(VmafModel *model, const char *feature_name,
                                VmafFeatureDictionary *opts_dict);

/* Free a model; NULL is fine. */
void vmaf_model_destroy(VmafModel *model);

/*
 * Load the built-in collection `version`: the main model to `*model`, the
 * members to `*model_collection`. On success both are the caller's and each is
 * destroyed by its own call. Errors are those of vmaf_model_load().
 */
int vmaf_model_collection_load(VmafModel **model,
                               VmafModelCollection **model_collection,
                               VmafModelConfig *cfg, const char *version);

/* The same from a JSON file; errors are those of vmaf_model_load_from_path(). */
int vmaf_model_collection_load_from_path(VmafModel **model,
                                         VmafModelCollection **model_collection,
                                         VmafModelConfig *cfg,
                                         const char *path);

/* vmaf_model_feature_overload() for the main model and every member. The
 * collection itself is not replaced. */
int vmaf_model_collection_feature_overload(
    VmafModel *model, VmafModelCollection **model_collection,
    const char *feature_name, VmafFeatureDictionary *opts_dict);

/* Free a collection and its members, not the main model; NULL is fine. */
void vmaf_model_collection_destroy(VmafModelCollection *model_collection);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
