/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Scores that were measured elsewhere: no picture is read. */
#include "client.h"

static const char *const feature[] = {
    "VMAF_integer_feature_adm2_score",
    "VMAF_integer_feature_motion2_score",
    "VMAF_integer_feature_vif_scale0_score",
    "VMAF_integer_feature_vif_scale1_score",
    "VMAF_integer_feature_vif_scale2_score",
    "VMAF_integer_feature_vif_scale3_score",
};
enum { FEATURES = sizeof feature / sizeof *feature };

int main(int argc, char **argv)
{
    VmafContext *vmaf = context_of(argc, argv);
    VmafModel *model = model_of("vmaf_v0.6.1");
    for (unsigned i = 0; i < FRAMES; i++) {
        for (unsigned f = 0; f < FEATURES; f++) {
            const double value = f == 1 ? 3. * i : 1. - .01 * (f + 2 * i);
            check(vmaf_import_feature_score(vmaf, feature[f], value, i),
                  feature[f]);
        }
    }
    /* One slot, one score. */
    printf("again %d\n",
           vmaf_import_feature_score(vmaf, feature[0], .5, 0) != 0);
    print_scores(vmaf, model, "vmaf");
    vmaf_model_destroy(model);
    check(vmaf_close(vmaf), "vmaf_close");
    return 0;
}
