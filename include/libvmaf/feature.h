/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Options of one feature extractor: an ordered list of text keys and values.
 *
 *     VmafFeatureDictionary *opts = NULL;
 *     vmaf_feature_dictionary_set(&opts, "vif_enhn_gain_limit", "1.0");
 *     if (vmaf_use_feature(vmaf, "vif", opts))
 *         vmaf_feature_dictionary_free(&opts);
 *
 * A dictionary belongs to the caller until a call documents that it takes it.
 * It is not locked: one thread at a time.
 */
#ifndef LIBVMAF_FEATURE_H
#define LIBVMAF_FEATURE_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef struct VmafFeatureDictionary VmafFeatureDictionary;

/*
 * Set `key` to `val`, both copied; `*dict` is made when it is NULL. A key that
 * exists gets the new value and keeps its place. A value that is a number as a
 * whole, hexadecimal and exponents included, is rewritten with six significant
 * digits ("1.2345678" as "1.23457", "3.00" as "3"), integers of more digits
 * excepted; the decimal separator is a point whatever the locale. What values
 * are allowed is checked where the options are used.
 *
 * -EINVAL: an argument is NULL. -ENOMEM. On failure `*dict` is as it was.
 */
int vmaf_feature_dictionary_set(VmafFeatureDictionary **dict, const char *key,
                                const char *val);

/*
 * Free `*dict` and set it to NULL; a `*dict` that is NULL is fine.
 *
 * -EINVAL: `dict` is NULL.
 */
int vmaf_feature_dictionary_free(VmafFeatureDictionary **dict);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
