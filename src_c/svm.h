/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* nu-SVR with a radial basis function, read from LIBSVM's text format. */
#ifndef SVM_H
#define SVM_H

#include <stddef.h>

typedef struct Svm Svm;

/* -EINVAL and a logged reason that names the line for malformed text. */
int svm_parse(Svm **svm, const char *text, size_t len);
void svm_free(Svm *svm);
/* Number of features: the highest index of any support vector. */
unsigned svm_feature_cnt(const Svm *svm);
double svm_predict(const Svm *svm, const double *x, unsigned n);

#endif
