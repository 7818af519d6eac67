/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The input is the text of a support vector machine. */
#include <math.h>
#include <string.h>

#include "../c/toys.h"
#include "harness.h"
#include "model/svm.h"

static const char *const words[] = { "svm_type nu_svr\n",
                                     "kernel_type rbf\n",
                                     "gamma ",
                                     "rho ",
                                     "nr_class 2\n",
                                     "total_sv ",
                                     "SV\n",
                                     "SV",
                                     " 1:",
                                     "\n",
                                     "64:1",
                                     "65:1",
                                     "1e400",
                                     "-",
                                     "\r",
                                     "label 1 2\n",
                                     "degree 3\n",
                                     "probA 1 2\n",
                                     NULL };
const char *const *fuzz_words = words;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = malloc(size + 1);
    const double x[SVM_INDEX_MAX] = { 0.5, -1, 2 };
    Svm *svm = NULL;
    Reason reason = { "" };
    CHECK(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    const int err = svm_parse(&svm, text, 3, &reason);
    CHECK(!err == !!svm && (!err || *reason.text));
    if (svm)
        (void)svm_predict(svm, x);
    svm_free(svm);
    free(text);
    return 0;
}
