/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Published names: a feature's name, decorated by its extractor's options. */
#include "feature_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pyvmaf/pyvmaf.h"
#include "number.h"
#include "option.h"

static const struct {
    const char *full, *alias;
} alias_table[] = {
    { "VMAF_feature_adm2_score", "adm2" },
    { "VMAF_feature_aim_score", "aim" },
    { "VMAF_feature_adm3_score", "adm3" },
    { "VMAF_feature_adm_scale0_score", "adm_scale0" },
    { "VMAF_feature_adm_scale1_score", "adm_scale1" },
    { "VMAF_feature_adm_scale2_score", "adm_scale2" },
    { "VMAF_feature_adm_scale3_score", "adm_scale3" },
    { "VMAF_feature_motion_score", "motion" },
    { "VMAF_feature_motion2_score", "motion2" },
    { "VMAF_feature_motion3_score", "motion3" },
    { "VMAF_feature_vif_scale0_score", "vif_scale0" },
    { "VMAF_feature_vif_scale1_score", "vif_scale1" },
    { "VMAF_feature_vif_scale2_score", "vif_scale2" },
    { "VMAF_feature_vif_scale3_score", "vif_scale3" },
    { "VMAF_integer_feature_adm2_score", "integer_adm2" },
    { "VMAF_integer_feature_aim_score", "integer_aim" },
    { "VMAF_integer_feature_adm3_score", "integer_adm3" },
    { "VMAF_integer_feature_motion_score", "integer_motion" },
    { "VMAF_integer_feature_motion2_score", "integer_motion2" },
    { "VMAF_integer_feature_motion3_score", "integer_motion3" },
    { "VMAF_integer_feature_vif_scale0_score", "integer_vif_scale0" },
    { "VMAF_integer_feature_vif_scale1_score", "integer_vif_scale1" },
    { "VMAF_integer_feature_vif_scale2_score", "integer_vif_scale2" },
    { "VMAF_integer_feature_vif_scale3_score", "integer_vif_scale3" },
    { "Cambi_feature_cambi_score", "cambi" },
    { "Speed_chroma_feature_speed_chroma_u_score", "speed_chroma_u" },
    { "Speed_chroma_feature_speed_chroma_v_score", "speed_chroma_v" },
    { "Speed_chroma_feature_speed_chroma_uv_score", "speed_chroma_uv" },
    { "Speed_temporal_feature_speed_temporal_score", "speed_temporal" },
};

#define ALIAS_CNT (sizeof alias_table / sizeof *alias_table)

const char *feature_name_alias(const char *name)
{
    for (size_t i = 0; i < ALIAS_CNT; i++) {
        if (!strcmp(name, alias_table[i].full))
            return alias_table[i].alias;
    }
    return name;
}

const char *pyvmaf_feature_alias(const char *name)
{
    return name ? feature_name_alias(name) : NULL;
}

const char *feature_name_full(const char *alias)
{
    for (size_t i = 0; i < ALIAS_CNT; i++) {
        if (!strcmp(alias, alias_table[i].alias))
            return alias_table[i].full;
    }
    return alias;
}

/* Longer names are cut to FEATURE_NAME_SIZE - 1 characters, as in libvmaf. */
static void append(char out[FEATURE_NAME_SIZE], const char *text)
{
    const size_t len = strlen(out);
    snprintf(out + len, FEATURE_NAME_SIZE - len, "%s", text);
}

static void append_option(char out[FEATURE_NAME_SIZE],
                          const PyvmafOption *option, const OptionValue *value)
{
    char number[32];
    append(out, "_");
    append(out, option->alias ? option->alias : option->name);
    if (option->type == PYVMAF_OPTION_BOOL)
        return;
    append(out, "_");
    if (option->type == PYVMAF_OPTION_INT) {
        snprintf(number, sizeof number, "%d", value->integer);
        append(out, number);
    } else if (option->type == PYVMAF_OPTION_DOUBLE) {
        number_print(number, sizeof number, "%g", value->number);
        append(out, number);
    } else if (value->text) {
        append(out, value->text);
    }
}

/* The parameter that follows `after` in byte order of full names. */
static const PyvmafOption *next_parameter(const PyvmafExtractor *extractor,
                                          const PyvmafOption *after)
{
    const PyvmafOption *next = NULL, *option = extractor->options;
    for (; option && option->name; option++) {
        if (!(option->flags & PYVMAF_OPTION_FEATURE_PARAM))
            continue;
        if (after && strcmp(option->name, after->name) <= 0)
            continue;
        if (!next || strcmp(option->name, next->name) < 0)
            next = option;
    }
    return next;
}

int feature_name_suffix(char out[FEATURE_NAME_SIZE],
                        const PyvmafExtractor *extractor,
                        const VmafFeatureDictionary *opts)
{
    out[0] = '\0';
    const PyvmafOption *option = next_parameter(extractor, NULL);
    for (; option; option = next_parameter(extractor, option)) {
        OptionValue value;
        const int err = option_value(extractor, option, opts, &value);
        if (err)
            return err;
        const OptionValue fallback = option_default(option);
        if (!option_equal(option, &value, &fallback))
            append_option(out, option, &value);
    }
    return 0;
}

void feature_name_compose(char out[FEATURE_NAME_SIZE],
                          const PyvmafExtractor *extractor, const char *name,
                          const char *suffix)
{
    bool provided = false;
    const char *const *feature = extractor->features;
    for (; suffix[0] && feature && *feature && !provided; feature++)
        provided = !strcmp(*feature, name);
    out[0] = '\0';
    append(out, provided ? feature_name_alias(name) : name);
    if (provided)
        append(out, suffix);
}

int feature_name_decorate(char out[FEATURE_NAME_SIZE],
                          const PyvmafExtractor *extractor, const char *name,
                          const VmafFeatureDictionary *opts)
{
    char suffix[FEATURE_NAME_SIZE];
    const int err = feature_name_suffix(suffix, extractor, opts);
    if (!err)
        feature_name_compose(out, extractor, name, suffix);
    return err;
}
