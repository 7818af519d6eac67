/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The input is a model file: it is refused, or can be used in every way. */
#include <math.h>
#include <string.h>

#include "../c/models.h"
#include "harness.h"

static const char *const words[] = { "\"model_dict\"",
                                     "\"feature_names\"",
                                     "\"feature_opts_dicts\"",
                                     "\"slopes\"",
                                     "\"intercepts\"",
                                     "\"score_clip\"",
                                     "\"score_transform\"",
                                     "\"knots\"",
                                     "\"enabled\"",
                                     "\"out_gte_in\"",
                                     "\"p0\"",
                                     "\"norm_type\"",
                                     "\"linear_rescale\"",
                                     "\"model_type\"",
                                     "\"BOOTSTRAP_LIBSVMNUSVR\"",
                                     "\"chroma_correction_parameter\"",
                                     "true",
                                     "null",
                                     "1e308",
                                     "-1e-320",
                                     "\\ud83d\\ude00",
                                     "{",
                                     "}",
                                     "[",
                                     "]",
                                     ",",
                                     ":",
                                     "fake_adm3",
                                     "fake_speed_chroma",
                                     "VMAF_integer_feature_adm2_score",
                                     "total_sv 2",
                                     "\\n0.5 1:2 3:4\\n",
                                     "4294967296",
                                     "nan",
                                     "\"level\"",
                                     NULL };
const char *const *fuzz_words = words;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    models_begin();
    atexit(models_end);
    return 0;
}

static void look(VmafModel *model)
{
    PyvmafModelView view;
    PyvmafModelFeature feature;
    const char *key, *value;
    CHECK(!pyvmaf_model_view(model, &view) && view.feature_cnt <= 64);
    CHECK(pyvmaf_model_name(model));
    for (unsigned i = 0; i < view.feature_cnt; i++) {
        CHECK(!pyvmaf_model_feature(model, i, &feature));
        for (unsigned k = 0; k < feature.option_cnt; k++)
            CHECK(!pyvmaf_model_option(model, i, k, &key, &value));
        if (feature.published)
            CHECK(strlen(feature.published) < 256);
    }
    double sum = 0;
    for (size_t i = 0; i < (size_t)view.vector_cnt * view.width; i++)
        sum += view.vector[i];
    for (unsigned i = 0; i < 2 * view.knot_cnt; i++)
        sum += view.knot[i];
    CHECK(view.width >= view.feature_cnt && isfinite(view.gamma + view.rho));
    (void)sum;
}

static void use(VmafModel *model, VmafModelCollection *set)
{
    VmafModelCollectionScore scores;
    double score;
    VmafContext *ctx = toys_context(0, 0);
    look(model);
    for (unsigned i = 0; set && pyvmaf_model_member_at(set, i); i++)
        look(pyvmaf_model_member_at(set, i));
    for (unsigned i = 0; pyvmaf_model_feature_at(model, i); i++)
        vmaf_import_feature_score(ctx, pyvmaf_model_feature_at(model, i),
                                  i - 1.5, 0);
    vmaf_score_at_index(ctx, model, &score, 0);
    vmaf_score_pooled(ctx, model, VMAF_POOL_METHOD_HARMONIC_MEAN, &score, 0, 0);
    if (set)
        vmaf_score_at_index_model_collection(ctx, set, &scores, 0);
    if (!vmaf_use_features_from_model(ctx, model) && !toys_read(ctx, 1))
        toys_flush(ctx);
    CHECK(!vmaf_close(ctx));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VmafModel *model = NULL;
    VmafModelCollection *set = NULL;
    VmafModelConfig cfg = { .name = "m",
                            .flags = VMAF_MODEL_FLAG_ENABLE_TRANSFORM };
    models_put((const char *)data, size);
    pyvmaf_clear_last_message();
    const int err =
        pyvmaf_model_load_any_from_path(&model, &set, &cfg, models_path);
    CHECK(err <= 0 && !err == !!model);
    CHECK(!err || strstr(pyvmaf_last_message(), models_path));
    if (model)
        use(model, set);
    vmaf_model_destroy(model);
    vmaf_model_collection_destroy(set);
    return 0;
}
