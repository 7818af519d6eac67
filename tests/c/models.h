/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Model files that the tests write, and an extractor for their features. */
#ifndef MODELS_H
#define MODELS_H

#include "toys.h"

/* Its coefficient of 0 makes every score -rho. */
#define SVM_HEAD                                                               \
    "svm_type nu_svr\\nkernel_type rbf\\ngamma 0.5\\n"                         \
    "nr_class 2\\ntotal_sv 1\\n"
#define SVM_CONSTANT SVM_HEAD "rho -40\\nSV\\n0 1:1\\n"
#define SVM_ONE SVM_HEAD "rho 0\\nSV\\n1 1:0\\n"

/* Members of a model with the chroma correction `c`. */
#define CHROMA(c)                                                              \
    "\"feature_names\": [\"fake_adm3\", \"fake_speed_chroma\"], "              \
    "\"model\": \"" SVM_ONE "\", \"chroma_correction_parameter\": " c

/* The file that all of these write or read, between begin and end. */
extern char models_path[];
void models_begin(void);
void models_end(void);

/* What the extractor `fake` provides; ends with NULL. It has an option `level`,
 * `lv` in names. */
extern const char *const models_features[];
/* For a collection, the main model's first; ends with NULL. */
extern const char *const models_rhos[];

void models_put(const char *text, size_t len);
int models_load(VmafModel **model, uint64_t flags);
int models_load_collection(VmafModel **model, VmafModelCollection **collection);

/* A model that says 40, with these members added to model_dict. */
const char *models_text(const char *members);
/* A collection whose scores are -rho, a member for each of the texts. */
char *models_collection_text(const char *const *rho, const char *type);

/* The score of the model in `text` where each feature is `value`. */
double models_score(const char *text, uint64_t flags, double value);
/* It must not load, for this reason. */
void models_refuse(const char *text, const char *reason);

#endif
