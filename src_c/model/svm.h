/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* nu-SVR with a radial basis function, read from LIBSVM's text format. */
#ifndef SVM_H
#define SVM_H

#include "engine/reason.h"

enum {
    SVM_INDEX_MAX = 64, /* as many features as a model may have */
    SVM_VECTOR_MAX = 1 << 16,
};

typedef struct Svm {
    double gamma, rho;
    unsigned vector_cnt;
    unsigned width; /* the features, or the highest index if that is more */
    double *coefficient; /* one per vector */
    double *vector;      /* `width` values each */
} Svm;

/* For `width` features, at most SVM_INDEX_MAX. -EINVAL with a reason that names
 * the line of `text`, or -ENOMEM. */
int svm_parse(Svm **svm, const char *text, unsigned width, Reason *reason);
void svm_free(Svm *svm);
/* `x` holds SVM_INDEX_MAX values, 0 past the model's features. */
double svm_predict(const Svm *svm, const double x[SVM_INDEX_MAX]);

#endif
