/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Several models, one with an overload, a collection, then further features. */
#include "client.h"

static const char *const version[] = { "vmaf_v0.6.1", "vmaf_v0.6.1neg",
                                       "vmaf_4k_v0.6.1" };
enum { MODELS = sizeof version / sizeof *version };

static VmafFeatureDictionary *option(const char *key, const char *value)
{
    VmafFeatureDictionary *dict = NULL;
    check(vmaf_feature_dictionary_set(&dict, key, value), key);
    return dict;
}

static void print_collection(VmafContext *vmaf, VmafModelCollection *collection)
{
    VmafModelCollectionScore s;
    for (unsigned i = 0; i < FRAMES; i++) {
        check(vmaf_score_at_index_model_collection(vmaf, collection, &s, i),
              "collection");
        printf("bootstrap %u %.17g %.17g %.17g %.17g\n", i,
               s.bootstrap.bagging_score, s.bootstrap.stddev,
               s.bootstrap.ci.p95.lo, s.bootstrap.ci.p95.hi);
    }
}

static void print_feature(VmafContext *vmaf, const char *name)
{
    double score;
    for (unsigned i = 0; i < FRAMES; i++) {
        check(vmaf_feature_score_at_index(vmaf, name, &score, i), name);
        printf("%s %u %.17g\n", name, i, score);
    }
    check(vmaf_feature_score_pooled(vmaf, name, VMAF_POOL_METHOD_HARMONIC_MEAN,
                                    &score, 1, FRAMES - 1),
          name);
    printf("%s pooled %.17g\n", name, score);
}

int main(int argc, char **argv)
{
    VmafContext *vmaf = context_of(argc, argv);
    VmafModel *model[MODELS], *main_model;
    VmafModelCollection *collection;
    VmafModelConfig cfg;
    memset(&cfg, 0, sizeof cfg);
    cfg.name = "bootstrap";
    for (int i = 0; i < MODELS; i++)
        model[i] = model_of(version[i]);
    check(vmaf_model_feature_overload(model[2],
                                      "VMAF_integer_feature_motion2_score",
                                      option("motion_force_zero", "true")),
          "overload");
    check(vmaf_model_collection_load(&main_model, &collection, &cfg,
                                     "vmaf_b_v0.6.3"),
          "vmaf_b_v0.6.3");
    for (int i = 0; i < MODELS; i++)
        check(vmaf_use_features_from_model(vmaf, model[i]), version[i]);
    check(vmaf_use_features_from_model(vmaf, main_model), "main model");
    check(vmaf_use_features_from_model_collection(vmaf, collection),
          "collection");
    check(vmaf_use_feature(vmaf, "psnr", option("enable_mse", "true")), "psnr");
    check(vmaf_use_feature(vmaf, "float_ssim", NULL), "float_ssim");
    for (unsigned i = 0; i < FRAMES; i++)
        read_pair(vmaf, i);
    flush(vmaf);
    for (int i = 0; i < MODELS; i++)
        print_scores(vmaf, model[i], version[i]);
    print_collection(vmaf, collection);
    print_feature(vmaf, "psnr_y");
    print_feature(vmaf, "mse_cb");
    print_feature(vmaf, "float_ssim");
    for (int i = 0; i < MODELS; i++)
        vmaf_model_destroy(model[i]);
    vmaf_model_destroy(main_model);
    vmaf_model_collection_destroy(collection);
    check(vmaf_close(vmaf), "vmaf_close");
    return 0;
}
