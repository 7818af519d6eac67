/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Options of one feature extractor, as text. */
#ifndef LIBVMAF_FEATURE_H
#define LIBVMAF_FEATURE_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef struct VmafFeatureDictionary VmafFeatureDictionary;

int vmaf_feature_dictionary_set(VmafFeatureDictionary **dict, const char *key,
                                const char *val);

int vmaf_feature_dictionary_free(VmafFeatureDictionary **dict);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
