/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Models in use: transforms, names, sources, collections. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "models.h"

static double transform(const char *transform, uint64_t flags)
{
    char members[512];
    snprintf(members, sizeof members, "\"score_transform\": {%s}", transform);
    return models_score(models_text(members), flags, 1);
}

/* The score before the transform is 40. */
static void test_transform(void)
{
    const unsigned on = VMAF_MODEL_FLAG_ENABLE_TRANSFORM;
    const unsigned off = VMAF_MODEL_FLAG_DISABLE_TRANSFORM;
    CHECK(transform("\"p0\": 1", 0) == 40);
    CHECK(transform("\"p0\": 1", on) == 1);
    CHECK(transform("\"p0\": 1, \"enabled\": true", 0) == 1);
    CHECK(transform("\"p0\": 1, \"enabled\": true", off) == 40);
    CHECK(transform("\"p0\": 1, \"enabled\": true", on | off) == 40);
    CHECK(transform("\"p0\": 1, \"p1\": 2, \"p2\": 0.5", on) == 881);
    CHECK(transform("\"p0\": null, \"p1\": null, \"p2\": null, "
                    "\"knots\": null",
                    on) == 40);
    CHECK(transform("\"p1\": 0.5, \"out_gte_in\": \"true\"", on) == 40);
    CHECK(transform("\"p1\": 0.5, \"out_gte_in\": true", on) == 40);
    CHECK(transform("\"p1\": 0.5, \"out_gte_in\": \"false\"", on) == 20);
    CHECK(transform("\"p1\": 2, \"out_lte_in\": true", on) == 40);
    CHECK(transform("\"p1\": 2, \"out_lte_in\": false", on) == 80);
    CHECK(transform("\"knots\": [[0, 10], [50, 60]]", on) == 50);
    CHECK(transform("\"knots\": [[50, 60], [60, 80]]", on) == 40);
    CHECK(transform("\"knots\": [[10, 0], [20, 15], [30, 20]]", on) == 25);
    CHECK(transform("\"knots\": [[0, 7], [100, 7]]", on) == 7);
    CHECK(transform("\"knots\": [[0, 7]]", on) == 40);
    CHECK(transform("\"knots\": []", on) == 40);
}

static void test_clip(void)
{
    const unsigned off = VMAF_MODEL_FLAG_DISABLE_CLIP;
    CHECK(models_score(models_text("\"score_clip\": [50, 60]"), 0, 1) == 50);
    CHECK(models_score(models_text("\"score_clip\": [0, 30, \"x\"]"), 0, 1) ==
          30);
    CHECK(models_score(models_text("\"score_clip\": [50, 30]"), 0, 1) == 30);
    CHECK(models_score(models_text("\"score_clip\": null"), 0, 1) == 40);
    CHECK(models_score(models_text("\"score_clip\": [50, 60]"), off, 1) == 40);
    CHECK(models_score(models_text("\"score_clip\": \"x\""), off, 1) == 40);
}

static void test_chroma(void)
{
    /* Both features are 0: the target becomes c - c * 0. */
    CHECK(models_score(models_text(CHROMA("1.5")), 0, 0) == exp(-0.5 * 2.25));
    CHECK(models_score(models_text(CHROMA("0")), 0, 0) == 1);
    CHECK(models_score(models_text(CHROMA("1.5")), 0, 1) == exp(-0.5 * 2));
    models_refuse(models_text("\"feature_names\": "
                              "[\"fake_adm3\", \"fake_adm3\"], "
                              "\"chroma_correction_parameter\": 1"),
                  "needs one feature named *adm3*, not 2");
    models_refuse(models_text("\"feature_names\": [\"fake_adm3\"], "
                              "\"chroma_correction_parameter\": 1"),
                  "needs one feature named *speed_chroma*, not 0");
}

static void test_names_and_overloads(void)
{
    VmafModel *model;
    VmafFeatureDictionary *opts = NULL;
    const char *text = models_text("\"feature_opts_dicts\": [{\"level\": 2.50, "
                                   "\"unknown\": true}, {\"surplus\": 1}]");
    models_put(text, strlen(text));
    CHECK(!models_load(&model, 0));
    CHECK(!strcmp(pyvmaf_model_name(model), "m"));
    CHECK(!strcmp(pyvmaf_model_feature_at(model, 0), "fake_other_lv_2.5"));
    CHECK(!pyvmaf_model_feature_at(model, 1));

    CHECK(!vmaf_feature_dictionary_set(&opts, "level", "7.0"));
    CHECK(vmaf_model_feature_overload(NULL, "fake", opts) == -EINVAL);
    CHECK(vmaf_model_feature_overload(model, NULL, opts) == -EINVAL);
    CHECK(vmaf_model_feature_overload(model, "fake", NULL) == -EINVAL);
    CHECK(!vmaf_model_feature_overload(model, "fake", opts));
    CHECK(!strcmp(pyvmaf_model_feature_at(model, 0), "fake_other_lv_7"));
    opts = NULL;
    CHECK(!vmaf_feature_dictionary_set(&opts, "level", "9"));
    CHECK(!vmaf_model_feature_overload(model, "fake_other", opts));
    CHECK(!strcmp(pyvmaf_model_feature_at(model, 0), "fake_other_lv_7"));
    vmaf_model_destroy(model);

    text = models_text("\"feature_names\": [\"fake_adm3\", \"unknown\"]");
    models_put(text, strlen(text));
    CHECK(!models_load(&model, 0));
    const char *first = pyvmaf_model_feature_at(model, 0);
    CHECK(!strcmp(pyvmaf_model_feature_at(model, 1), "unknown"));
    CHECK(!strcmp(first, "fake_adm3"));
    vmaf_model_destroy(model);
    vmaf_model_destroy(NULL);
}

static void test_builtin(void)
{
    VmafModelConfig cfg = { 0 };
    VmafModel *model = NULL;
    VmafModelCollection *collection = NULL;
    for (unsigned i = 0; pyvmaf_builtin_model_at(i); i++) {
        const char *const name = pyvmaf_builtin_model_at(i);
        CHECK(!pyvmaf_model_load_any(&model, &collection, &cfg, name));
        CHECK(!strcmp(pyvmaf_model_name(model), "vmaf"));
        CHECK(!collection == !strstr(name, "_b_"));
        vmaf_model_collection_destroy(collection);
        vmaf_model_destroy(model);
        model = NULL;
        collection = NULL;
    }
    CHECK(vmaf_model_load(&model, &cfg, "vmaf_b_v0.6.3") == -EINVAL);
    CHECK(!model && strstr(pyvmaf_last_message(), "holds a model collection"));
    CHECK(pyvmaf_model_load_any(&model, NULL, &cfg, "x") == -EINVAL);
    CHECK(vmaf_model_load(&model, &cfg, "VMAF_v0.6.1") == -EINVAL);
    CHECK(!model && strstr(pyvmaf_last_message(),
                           "no such built-in model: \"VMAF_v0.6.1\""));
    CHECK(vmaf_model_collection_load(&model, &collection, &cfg,
                                     "vmaf_v0.6.1") == -EINVAL);
    CHECK(!model && !collection);
    CHECK(strstr(pyvmaf_last_message(), "it holds a single model"));
    CHECK(vmaf_model_collection_load(&model, &collection, &cfg, "x") ==
          -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "no such built-in model collection"));
    CHECK(vmaf_model_load(NULL, &cfg, "x") == -EINVAL);
    CHECK(vmaf_model_load(&model, NULL, "x") == -EINVAL);
    CHECK(vmaf_model_load(&model, &cfg, NULL) == -EINVAL);
    CHECK(vmaf_model_load_from_path(&model, &cfg, NULL) == -EINVAL);
    CHECK(vmaf_model_collection_load(&model, NULL, &cfg, "x") == -EINVAL);
    CHECK(vmaf_model_collection_load_from_path(&model, &collection, &cfg,
                                               NULL) == -EINVAL);
    CHECK(pyvmaf_model_load_any_from_path(&model, NULL, &cfg, "x") == -EINVAL);
    CHECK(pyvmaf_model_load_any_from_path(&model, &collection, &cfg, "/no/x") ==
          -ENOENT);
    CHECK(!model && !collection);
}

static void test_files(void)
{
    VmafModelConfig cfg = { 0 };
    VmafModel *model = NULL;
    CHECK(vmaf_model_load_from_path(&model, &cfg, "/no/such.json") == -ENOENT);
    CHECK(strstr(pyvmaf_last_message(), "could not read model from path: "
                                        "\"/no/such.json\": "));
    CHECK(vmaf_model_load_from_path(&model, &cfg, "/tmp") == -EISDIR);
    CHECK(vmaf_model_load_from_path(&model, &cfg, "/dev/zero") == -EFBIG);
    CHECK(!model);

    char pkl[64];
    snprintf(pkl, sizeof pkl, "%s.pkl", models_path);
    FILE *file = fopen(pkl, "wb");
    CHECK(file && !fclose(file));
    CHECK(vmaf_model_load_from_path(&model, &cfg, pkl) == -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "support for pkl model files has been "
                                        "removed, use json"));
    unlink(pkl);
}

static void test_one_name_twice(void)
{
    const char *text = models_text("");
    VmafModel *model[2];
    VmafContext *ctx = toys_context(0, 0);
    double score;
    models_put(text, strlen(text));
    CHECK(!models_load(&model[0], 0) && !models_load(&model[1], 0));
    CHECK(!vmaf_import_feature_score(ctx, "m", 7, 0));
    CHECK(!vmaf_import_feature_score(ctx, "fake_other", 1, 1));
    pyvmaf_clear_last_message();
    CHECK(!vmaf_score_at_index(ctx, model[0], &score, 0) && score == 7);
    CHECK(!vmaf_score_at_index(ctx, model[0], &score, 1) && score == 40);
    CHECK(!strcmp(pyvmaf_last_message(), ""));
    CHECK(!vmaf_score_at_index(ctx, model[1], &score, 1) && score == 40);
    CHECK(strstr(pyvmaf_last_message(), "two models are named \"m\""));
    pyvmaf_clear_last_message();
    CHECK(!vmaf_score_at_index(ctx, model[1], &score, 1));
    CHECK(!strcmp(pyvmaf_last_message(), ""));
    CHECK(!vmaf_close(ctx));
    vmaf_model_destroy(model[0]);
    vmaf_model_destroy(model[1]);
}

static void check_collection_score(const VmafModelCollectionScore *s)
{
    CHECK(s->type == VMAF_MODEL_COLLECTION_SCORE_BOOTSTRAP);
    CHECK(s->bootstrap.bagging_score == 30);
    /* The clip leaves the slope about the mean as rounding has it. */
    const double slope = ((30 + 0.01) - (30 - 0.01)) / 0.02;
    CHECK(s->bootstrap.stddev == sqrt(1400 / 4.) * slope);
    /* Positions 0.075 and 2.925 in 10, 20, 30, 60. */
    CHECK(fabs(s->bootstrap.ci.p95.lo - 10.75) < 1e-12);
    CHECK(fabs(s->bootstrap.ci.p95.hi - 57.75) < 1e-12);
}

static void test_collection(void)
{
    VmafModel *model;
    VmafModelCollection *collection;
    VmafModelCollectionScore score = { 0 }, again = { 0 };
    const char *text =
        models_collection_text(models_rhos, "BOOTSTRAP_LIBSVMNUSVR");
    models_put(text, strlen(text));
    CHECK(!models_load_collection(&model, &collection));
    VmafContext *ctx = toys_context(0, 0);
    CHECK(vmaf_score_at_index_model_collection(ctx, collection, &score, 0) ==
          -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "no feature 'fake_other' at index 0"));
    for (unsigned i = 0; i < 3; i++)
        CHECK(!vmaf_import_feature_score(ctx, "fake_other", i, i));

    /* Any number of times, one at a time or pooled: the same numbers. */
    CHECK(!vmaf_score_at_index_model_collection(ctx, collection, &score, 1));
    check_collection_score(&score);
    CHECK(!vmaf_score_at_index_model_collection(ctx, collection, &again, 1));
    check_collection_score(&again);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(!vmaf_score_pooled_model_collection(
            ctx, collection, VMAF_POOL_METHOD_MAX, &again, 0, 2));
        check_collection_score(&again);
    }
    static const char *const names[] = {
        "fake_other", "c_0001",   "c_0002",      "c_0003",     "c_0004",
        "c_bagging",  "c_stddev", "c_ci_p95_lo", "c_ci_p95_hi"
    };
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(!strcmp(pyvmaf_feature_name_at(ctx, i), names[i]));
    double value;
    CHECK(!vmaf_feature_score_at_index(ctx, "c_0003", &value, 2));
    CHECK(value == 60 && !strcmp(pyvmaf_model_name(model), "c"));
    CHECK(!vmaf_score_at_index(ctx, model, &value, 2) && value == 1);
    CHECK(!vmaf_close(ctx));
    vmaf_model_destroy(model);
    vmaf_model_collection_destroy(collection);
    vmaf_model_collection_destroy(NULL);
}

static void refuse_collection(const char *text, const char *reason)
{
    VmafModel *model;
    VmafModelCollection *collection;
    models_put(text, strlen(text));
    CHECK(models_load_collection(&model, &collection) == -EINVAL);
    CHECK(!model && !collection);
    CHECK(strstr(pyvmaf_last_message(), reason));
    CHECK(strstr(pyvmaf_last_message(), "could not read model collection from "
                                        "path: \""));
}

static void test_bad_collections(void)
{
    static const char *const one[] = { "1", NULL };
    VmafModel *model;
    VmafModelCollection *collection;
    VmafModelCollectionScore score;
    refuse_collection("{}", "must be an object with members");
    refuse_collection("[]", "must be an object with members");
    refuse_collection(models_text(""), "it holds a single model");
    refuse_collection(models_collection_text(one, "LIBSVMNUSVR"),
                      "needs members \"0\" and \"1\"");
    char *text = models_collection_text(models_rhos, "LIBSVMNUSVR");
    models_refuse(text, "it holds a model collection");
    strstr(text, "\"1\":")[1] = '7';
    refuse_collection(text, "needs members \"0\" and \"1\"");

    /* Members of different types, from member 1 on. */
    text = models_collection_text(models_rhos, "BOOTSTRAP_LIBSVMNUSVR");
    char *type = strstr(strstr(text, "\"2\":"), "BOOTSTRAP_");
    memcpy(type, "LIBSVMNUSVR\"          ", 22);
    refuse_collection(text, "model_type differs from that of member 1");

    text = models_collection_text(models_rhos, "LIBSVMNUSVR");
    models_put(text, strlen(text));
    CHECK(!models_load_collection(&model, &collection));
    VmafContext *ctx = toys_context(0, 0);
    CHECK(vmaf_score_at_index_model_collection(ctx, collection, &score, 0) ==
          -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "bootstrap model_type"));
    CHECK(!vmaf_close(ctx));
    vmaf_model_destroy(model);
    vmaf_model_collection_destroy(collection);
}

int main(void)
{
    models_begin();
    test_transform();
    test_clip();
    test_chroma();
    test_names_and_overloads();
    test_builtin();
    test_files();
    test_one_name_twice();
    test_collection();
    test_bad_collections();
    models_end();
    puts("model: ok");
    return 0;
}
