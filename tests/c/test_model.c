/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Models: what is read, what is refused and why, and what is predicted. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pyvmaf/extractor.h>
#include <pyvmaf/pyvmaf.h>

#include "toys.h"

/* Its coefficient of 0 makes every score -rho. */
#define SVM_HEAD "svm_type nu_svr\\nkernel_type rbf\\ngamma 0.5\\n" \
                 "nr_class 2\\ntotal_sv 1\\n"
#define SVM_CONSTANT SVM_HEAD "rho -40\\nSV\\n0 1:1\\n"
#define SVM_ONE SVM_HEAD "rho 0\\nSV\\n1 1:0\\n"

static char path[] = "/tmp/pyvmaf-model-XXXXXX";

static int extract_nothing(void *state, const VmafFrame *frame,
                           VmafScores *scores)
{
    (void)state, (void)frame, (void)scores;
    return 0;
}

static const char *const features[] = {"fake_adm3", "fake_speed_chroma",
                                       "fake_other", NULL};
static const VmafOption options[] = {
    {.name = "level", .alias = "lv", .type = VMAF_OPTION_DOUBLE,
     .default_number = 1, .max = 100, .flags = VMAF_OPTION_FEATURE_PARAM},
    {.name = NULL},
};
static const VmafExtractor fake = {.name = "fake", .features = features,
                                   .options = options, .state_size = 16,
                                   .extract = extract_nothing};

static void put(const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(text, 1, len, file) == len && !fclose(file));
}

static int load(VmafModel **model, uint64_t flags)
{
    VmafModelConfig cfg = {.name = "m", .flags = flags};
    *model = NULL;
    vmaf_clear_last_message();
    return vmaf_model_load_from_path(model, &cfg, path);
}

/* A model of one or more members of model_dict. */
static const char *model_text(const char *members)
{
    static char text[8192];
    snprintf(text, sizeof text,
             "{\"model_dict\": {\"norm_type\": \"none\", "
             "\"feature_names\": [\"fake_other\"], \"model\": \"%s\"%s%s}}",
             SVM_CONSTANT, *members ? ", " : "", members);
    return text;
}

static void refuse(const char *text, const char *reason)
{
    VmafModel *model;
    put(text, strlen(text));
    CHECK(load(&model, 0) == -EINVAL && !model);
    if (!strstr(vmaf_last_message(), reason) ||
        !strstr(vmaf_last_message(), "could not read model from path: \"") ||
        !strstr(vmaf_last_message(), path)) {
        fprintf(stderr, "%s\n  gave \"%s\", not \"%s\"\n", text,
                vmaf_last_message(), reason);
        CHECK(0);
    }
}

/* The score of a model with these members, feature 0 at `value`. */
static double score_of(const char *text, uint64_t flags, double value)
{
    VmafModel *model;
    VmafContext *ctx = toys_context(0, 0);
    double score = NAN;
    put(text, strlen(text));
    CHECK(!load(&model, flags));
    for (unsigned i = 0; vmaf_model_feature_at(model, i); i++)
        CHECK(!vmaf_import_feature_score(ctx, vmaf_model_feature_at(model, i),
                                         value, 0));
    CHECK(!vmaf_score_at_index(ctx, model, &score, 0));
    CHECK(!vmaf_close(ctx));
    vmaf_model_destroy(model);
    return score;
}

static void test_json(void)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"", "line 1 column 1: expected a value, found end of text"},
        {"{", "line 1 column 2: expected a string, found end of text"},
        {"\n {\"a\" 1}", "line 2 column 7: expected ':', found '1'"},
        {"{\"a\": 1,}", "expected a string, found '}'"},
        {"{\"a\": [1 2]}", "expected ',' or ']', found '2'"},
        {"{\"a\": 1 \"b\": 2}", "expected ',' or '}', found '\"'"},
        {"{} {}", "line 1 column 4: expected the end of the text"},
        {"{\"a\": NaN}", "expected a value, found 'N'"},
        {"{\"a\": Infinity}", "expected a value, found 'I'"},
        {"{\"a\": -Infinity}", "expected a digit, found 'I'"},
        {"{\"a\": 1e999}", "expected a number within range"},
        {"{\"a\": 01}", "expected ',' or '}', found '1'"},
        {"{\"a\": 0x1}", "expected ',' or '}', found 'x'"},
        {"{\"a\": 1.}", "expected a digit, found '}'"},
        {"{\"a\": +1}", "expected a value, found '+'"},
        {"{\"a\": .5}", "expected a value, found '.'"},
        {"{\"a\": 1e}", "expected a digit, found '}'"},
        {"{\"a\": tru}", "expected a value, found 't'"},
        {"{'a': 1}", "expected a string, found '''"},
        {"{\"a\": \"\\x\"}", "expected an escape character, found 'x'"},
        {"{\"a\": \"\\u12g4\"}", "expected four hex digits after \\u"},
        {"{\"a\": \"\\ud800\"}", "expected the second half of a surrogate"},
        {"{\"a\": \"\\udc00\"}", "expected no lone surrogate"},
        {"{\"a\": \"\\u0000\"}", "expected no U+0000"},
        {"{\"a\": \"\t\"}", "expected no control character"},
        {"{\"a\": \"\xff\"}", "expected valid UTF-8, found byte 0xff"},
        {"{\"a\": \"\xc0\x80\"}", "expected valid UTF-8"},
        {"{\"a\": \"\xed\xa0\x80\"}", "expected valid UTF-8"},
        {"{\"a\": \"x", "expected '\"', found end of text"},
        {"\xef\xbb\xbf{}", "expected a value, found byte 0xef"},
        {"{\"a\": /**/1}", "expected a value, found '/'"},
        {"[]", "a model must be an object, not an array"},
        {"{}", "missing member: model_dict"},
        {"{\"model_dict\": 1}", "\"model_dict\" must be an object, not a "},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(bad[i].text, bad[i].reason);

    char deep[4096] = "{\"a\":";
    memset(deep + 5, '[', 4000);
    refuse(deep, "expected no deeper nesting");

    /* Everything that JSON allows, in a member that is passed over. */
    const char *extra = "\"other\": [null, true, false, -0, 1.5E+3, 0.1e-2, "
                        "{}, [], \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d"
                        "\\ude00\xf0\x9f\x98\x80\x7f\", {\"a\": {\"b\": 1}}]";
    CHECK(score_of(model_text(extra), 0, 1) == 40);
}

static void test_nul_in_file(void)
{
    VmafModel *model;
    put("{\"a\": \"x\0y\"}", 12);
    CHECK(load(&model, 0) == -EINVAL);
    CHECK(strstr(vmaf_last_message(), "expected no control character"));
    put("{}\0", 3);
    CHECK(load(&model, 0) == -EINVAL);
    CHECK(strstr(vmaf_last_message(), "expected the end of the text"));
}

static void test_members(void)
{
    static const struct {
        const char *members, *reason;
    } bad[] = {
        {"\"norm_type\": \"x\"", "unknown norm_type: x"},
        {"\"norm_type\": null", "\"norm_type\" must be a string, not null"},
        {"\"model_type\": \"x\"", "unknown model_type: x"},
        {"\"feature_names\": []", "must hold 1 to 64 names"},
        {"\"feature_names\": [1]", "must be a string, not a number"},
        {"\"feature_names\": {}", "must be an array, not an object"},
        {"\"feature_opts_dicts\": [1]", "must be an object, not a number"},
        {"\"feature_opts_dicts\": [{\"a\": null}]", "true or false, not null"},
        {"\"feature_opts_dicts\": [{\"a\": 1, \"a\": 2}]",
         "a second value for the option a"},
        {"\"norm_type\": \"linear_rescale\"", "missing member: slopes"},
        {"\"norm_type\": \"linear_rescale\", \"slopes\": [1]",
         "\"slopes\" must hold 2 numbers (the score, then each feature), "},
        {"\"norm_type\": \"linear_rescale\", \"slopes\": [0, 1]",
         "the first slope divides the score"},
        {"\"norm_type\": \"linear_rescale\", \"slopes\": [1, \"1\"]",
         "expected a number, not a string"},
        {"\"norm_type\": \"linear_rescale\", \"slopes\": [1, 1], "
         "\"intercepts\": [1, 1, 1]", "\"intercepts\" must hold 2 numbers"},
        {"\"model\": 1", "\"model\" must be a string, not a number"},
        {"\"model\": \"\"", "SVM text line 1: expected a keyword"},
        {"\"score_clip\": [1]", "must start with two numbers"},
        {"\"score_clip\": 1", "\"score_clip\" must be an array"},
        {"\"score_transform\": null", "must be an object, not null"},
        {"\"score_transform\": {\"enabled\": \"true\"}",
         "\"enabled\" must be true or false, not a string"},
        {"\"score_transform\": {\"p0\": \"1\"}", "\"p0\" must be a number"},
        {"\"score_transform\": {\"out_lte_in\": 1}",
         "out_lte_in must be \"true\" or true"},
        {"\"score_transform\": {\"knots\": [[1]]}", "must be two numbers"},
        {"\"score_transform\": {\"knots\": [[1, 2, 3]]}", "be two numbers"},
        {"\"score_transform\": {\"knots\": [[1, 2], [1, 3]]}",
         "x must grow and y must not fall"},
        {"\"score_transform\": {\"knots\": [[1, 2], [2, 1]]}",
         "x must grow and y must not fall"},
        {"\"chroma_correction_parameter\": null", "must be a number, not"},
        {"\"chroma_correction_parameter\": 1",
         "chroma correction needs one feature named *adm3*, not 0"},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(model_text(bad[i].members), bad[i].reason);
    refuse("{\"model_dict\": {}}", "missing member: norm_type");
    refuse("{\"model_dict\": {\"norm_type\": \"none\"}}",
           "missing member: feature_names");
    refuse("{\"model_dict\": {\"norm_type\": \"none\", "
           "\"feature_names\": [\"a\"]}}", "missing member: model");
    /* The last of several members of one name counts. */
    CHECK(score_of(model_text("\"norm_type\": 1, \"norm_type\": \"none\""), 0,
                   1) == 40);
}

static void test_svm(void)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"svm_type nu_svc\\n", "line 1: expected nu_svr, found nu_svc"},
        {"svm_type nu_svr\\r\\nkernel_type rbf",
         "line 1: expected nu_svr, found nu_svr and a carriage return"},
        {"svm_type nu_svr\\nkernel_type rbf\\ngamma 0.5\\n\\r\\n",
         "line 4: expected a keyword of the SVM header, found a carriage"},
        {"svm_type nu_svr\\nkernel_type linear", "line 2: expected rbf"},
        {"kernel_type rbf\\nwhat 1", "line 2: expected a keyword"},
        {"gamma nan", "expected a number, found nan"},
        {"gamma 0x1", "expected a number, found 0x1"},
        {"gamma 1e999", "expected a number, found 1e999"},
        {"gamma", "expected a number, found the end of the text"},
        {"nr_class 3", "expected 2, found 3"},
        {"total_sv -1", "expected a whole number, found -1"},
        {"total_sv 99999999", "expected a smaller number"},
        {"total_sv 1\\nSV\\n", "line 2: no svm_type before SV"},
        {SVM_HEAD "SV\\n0 1:1\\n", "no rho before SV"},
        {SVM_HEAD "rho 0\\nSV\\n", "expected a number, found the end of the "
                                   "text"},
        {SVM_HEAD "rho 0\\nSV 1\\n", "expected the end of the line, found 1"},
        {SVM_HEAD "rho 0\\nSV\\nx 1:1\\n", "line 8: expected a number, found x"},
        {SVM_HEAD "rho 0\\nSV\\n1 1;1\\n", "expected ':' after an index"},
        {SVM_HEAD "rho 0\\nSV\\n1 0:1\\n", "index 0 does not ascend"},
        {SVM_HEAD "rho 0\\nSV\\n1 2:1 2:1\\n", "index 2 does not ascend"},
        {SVM_HEAD "rho 0\\nSV\\n1 65:1\\n", "expected a smaller number"},
        {SVM_HEAD "rho 0\\nSV\\n1 1:1x\\n", "a space or the end of the line"},
        {SVM_HEAD "rho 0\\nSV\\n1 1:1\\n1 1:1\\n", "no more lines than total"},
        {SVM_HEAD "rho 0\\nSV\\n1 1:1\\r\\n", "found a carriage return"},
    };
    char members[1024];
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(members, sizeof members, "\"model\": \"%s\"", bad[i].text);
        refuse(model_text(members), bad[i].reason);
    }
    /* A vector that names fewer indices than there are features, and more. */
    CHECK(score_of(model_text("\"model\": \"" SVM_HEAD "rho 0\\nSV\\n2\""), 0,
                   3) == 2 * exp(-0.5 * 9));
    CHECK(score_of(model_text("\"model\": \"" SVM_HEAD
                              "rho 1\\nSV\\n2 3:2 \\n \""), 0, 3) ==
          2 * exp(-0.5 * (9 + 4)) - 1);
}

static double transform(const char *transform, uint64_t flags)
{
    char members[512];
    snprintf(members, sizeof members, "\"score_transform\": {%s}", transform);
    return score_of(model_text(members), flags, 1);
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
                    "\"knots\": null", on) == 40);
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
    CHECK(score_of(model_text("\"score_clip\": [50, 60]"), 0, 1) == 50);
    CHECK(score_of(model_text("\"score_clip\": [0, 30, \"x\"]"), 0, 1) == 30);
    CHECK(score_of(model_text("\"score_clip\": [50, 30]"), 0, 1) == 30);
    CHECK(score_of(model_text("\"score_clip\": null"), 0, 1) == 40);
    CHECK(score_of(model_text("\"score_clip\": [50, 60]"), off, 1) == 40);
    CHECK(score_of(model_text("\"score_clip\": \"x\""), off, 1) == 40);
}

static void test_chroma(void)
{
#define CHROMA(c) "\"feature_names\": [\"fake_adm3\", \"fake_speed_chroma\"], " \
                  "\"model\": \"" SVM_ONE "\", " \
                  "\"chroma_correction_parameter\": " c
    /* Both features are 0: the target becomes c - c * 0. */
    CHECK(score_of(model_text(CHROMA("1.5")), 0, 0) == exp(-0.5 * 2.25));
    CHECK(score_of(model_text(CHROMA("0")), 0, 0) == 1);
    CHECK(score_of(model_text(CHROMA("1.5")), 0, 1) == exp(-0.5 * 2));
    refuse(model_text("\"feature_names\": [\"fake_adm3\", \"fake_adm3\"], "
                      "\"chroma_correction_parameter\": 1"),
           "needs one feature named *adm3*, not 2");
    refuse(model_text("\"feature_names\": [\"fake_adm3\"], "
                      "\"chroma_correction_parameter\": 1"),
           "needs one feature named *speed_chroma*, not 0");
}

static void test_names_and_overloads(void)
{
    VmafModel *model;
    VmafFeatureDictionary *opts = NULL;
    const char *text = model_text("\"feature_opts_dicts\": [{\"level\": 2.50, "
                                  "\"unknown\": true}, {\"surplus\": 1}]");
    put(text, strlen(text));
    CHECK(!load(&model, 0));
    CHECK(!strcmp(vmaf_model_name(model), "m"));
    CHECK(!strcmp(vmaf_model_feature_at(model, 0), "fake_other_lv_2.5"));
    CHECK(!vmaf_model_feature_at(model, 1));

    CHECK(!vmaf_feature_dictionary_set(&opts, "level", "7.0"));
    CHECK(vmaf_model_feature_overload(NULL, "fake", opts) == -EINVAL);
    CHECK(vmaf_model_feature_overload(model, NULL, opts) == -EINVAL);
    CHECK(vmaf_model_feature_overload(model, "fake", NULL) == -EINVAL);
    CHECK(!vmaf_model_feature_overload(model, "fake", opts));
    CHECK(!strcmp(vmaf_model_feature_at(model, 0), "fake_other_lv_7"));
    opts = NULL;
    CHECK(!vmaf_feature_dictionary_set(&opts, "level", "9"));
    CHECK(!vmaf_model_feature_overload(model, "fake_other", opts));
    CHECK(!strcmp(vmaf_model_feature_at(model, 0), "fake_other_lv_7"));
    vmaf_model_destroy(model);

    text = model_text("\"feature_names\": [\"fake_adm3\", \"unknown\"]");
    put(text, strlen(text));
    CHECK(!load(&model, 0));
    const char *first = vmaf_model_feature_at(model, 0);
    CHECK(!strcmp(vmaf_model_feature_at(model, 1), "unknown"));
    CHECK(!strcmp(first, "fake_adm3"));
    vmaf_model_destroy(model);
    vmaf_model_destroy(NULL);
}

static void test_builtin(void)
{
    VmafModelConfig cfg = {0};
    VmafModel *model = NULL;
    VmafModelCollection *collection = NULL;
    for (unsigned i = 0; vmaf_builtin_model_at(i); i++) {
        CHECK(!vmaf_model_load(&model, &cfg, vmaf_builtin_model_at(i)));
        CHECK(!strcmp(vmaf_model_name(model), "vmaf"));
        vmaf_model_destroy(model);
    }
    model = NULL;
    CHECK(vmaf_model_load(&model, &cfg, "VMAF_v0.6.1") == -EINVAL);
    CHECK(!model && strstr(vmaf_last_message(),
                           "no such built-in model: \"VMAF_v0.6.1\""));
    CHECK(vmaf_model_collection_load(&model, &collection, &cfg,
                                     "vmaf_v0.6.1") == -EINVAL);
    CHECK(!model && !collection);
    CHECK(strstr(vmaf_last_message(), "it holds a single model"));
    CHECK(vmaf_model_collection_load(&model, &collection, &cfg, "x") ==
          -EINVAL);
    CHECK(strstr(vmaf_last_message(), "no such built-in model collection"));
    CHECK(vmaf_model_load(NULL, &cfg, "x") == -EINVAL);
    CHECK(vmaf_model_load(&model, NULL, "x") == -EINVAL);
    CHECK(vmaf_model_load(&model, &cfg, NULL) == -EINVAL);
    CHECK(vmaf_model_load_from_path(&model, &cfg, NULL) == -EINVAL);
    CHECK(vmaf_model_collection_load(&model, NULL, &cfg, "x") == -EINVAL);
    CHECK(vmaf_model_collection_load_from_path(&model, &collection, &cfg,
                                               NULL) == -EINVAL);
}

static void test_files(void)
{
    VmafModelConfig cfg = {0};
    VmafModel *model = NULL;
    CHECK(vmaf_model_load_from_path(&model, &cfg, "/no/such.json") == -ENOENT);
    CHECK(strstr(vmaf_last_message(), "could not read model from path: "
                                      "\"/no/such.json\": "));
    CHECK(vmaf_model_load_from_path(&model, &cfg, "/tmp") == -EISDIR);
    CHECK(vmaf_model_load_from_path(&model, &cfg, "/dev/zero") == -EFBIG);
    CHECK(!model);

    char pkl[64];
    snprintf(pkl, sizeof pkl, "%s.pkl", path);
    FILE *file = fopen(pkl, "wb");
    CHECK(file && !fclose(file));
    CHECK(vmaf_model_load_from_path(&model, &cfg, pkl) == -EINVAL);
    CHECK(strstr(vmaf_last_message(), "support for pkl model files has been "
                                      "removed, use json"));
    unlink(pkl);
}

static int load_collection(VmafModel **model, VmafModelCollection **collection)
{
    VmafModelConfig cfg = {.name = "c"};
    *model = NULL;
    *collection = NULL;
    return vmaf_model_collection_load_from_path(model, collection, &cfg, path);
}

/* Members whose scores are -rho, one for each of the texts of rho. */
static char *collection_text(const char *const *rho, const char *type)
{
    static char text[16384];
    size_t at = 0;
    for (unsigned i = 0; rho[i]; i++)
        at += (size_t)snprintf(
            text + at, sizeof text - at,
            "%s\"%u\": {\"model_dict\": {\"norm_type\": \"none\", "
            "\"model_type\": \"%s\", \"feature_names\": [\"fake_other\"], "
            "\"score_clip\": [0, 100], \"model\": \"" SVM_HEAD
            "rho %s\\nSV\\n0 1:1\\n\"}}", i ? ", " : "{", i, type, rho[i]);
    snprintf(text + at, sizeof text - at, "}");
    return text;
}

static void test_one_name_twice(void)
{
    const char *text = model_text("");
    VmafModel *model[2];
    VmafContext *ctx = toys_context(0, 0);
    double score;
    put(text, strlen(text));
    CHECK(!load(&model[0], 0) && !load(&model[1], 0));
    CHECK(!vmaf_import_feature_score(ctx, "m", 7, 0));
    CHECK(!vmaf_import_feature_score(ctx, "fake_other", 1, 1));
    vmaf_clear_last_message();
    CHECK(!vmaf_score_at_index(ctx, model[0], &score, 0) && score == 7);
    CHECK(!vmaf_score_at_index(ctx, model[0], &score, 1) && score == 40);
    CHECK(!strcmp(vmaf_last_message(), ""));
    CHECK(!vmaf_score_at_index(ctx, model[1], &score, 1) && score == 40);
    CHECK(strstr(vmaf_last_message(), "two models are named \"m\""));
    vmaf_clear_last_message();
    CHECK(!vmaf_score_at_index(ctx, model[1], &score, 1));
    CHECK(!strcmp(vmaf_last_message(), ""));
    CHECK(!vmaf_close(ctx));
    vmaf_model_destroy(model[0]);
    vmaf_model_destroy(model[1]);
}

static const char *const five[] = {"-1", "-10", "-20", "-60", "-30", NULL};

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
    VmafModelCollectionScore score = {0}, again = {0};
    const char *text = collection_text(five, "BOOTSTRAP_LIBSVMNUSVR");
    put(text, strlen(text));
    CHECK(!load_collection(&model, &collection));
    VmafContext *ctx = toys_context(0, 0);
    CHECK(vmaf_score_at_index_model_collection(ctx, collection, &score, 0) ==
          -EINVAL);
    CHECK(strstr(vmaf_last_message(), "no feature 'fake_other' at index 0"));
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
        "fake_other", "c_0001", "c_0002", "c_0003", "c_0004", "c_bagging",
        "c_stddev", "c_ci_p95_lo", "c_ci_p95_hi"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(!strcmp(vmaf_feature_name_at(ctx, i), names[i]));
    double value;
    CHECK(!vmaf_feature_score_at_index(ctx, "c_0003", &value, 2));
    CHECK(value == 60 && !strcmp(vmaf_model_name(model), "c"));
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
    put(text, strlen(text));
    CHECK(load_collection(&model, &collection) == -EINVAL);
    CHECK(!model && !collection);
    CHECK(strstr(vmaf_last_message(), reason));
    CHECK(strstr(vmaf_last_message(), "could not read model collection from "
                                      "path: \""));
}

static void test_bad_collections(void)
{
    static const char *const one[] = {"1", NULL};
    VmafModel *model;
    VmafModelCollection *collection;
    VmafModelCollectionScore score;
    refuse_collection("{}", "must be an object with members");
    refuse_collection("[]", "must be an object with members");
    refuse_collection(model_text(""), "it holds a single model");
    refuse_collection(collection_text(one, "LIBSVMNUSVR"),
                      "needs members \"0\" and \"1\"");
    char *text = collection_text(five, "LIBSVMNUSVR");
    refuse(text, "it holds a model collection");
    strstr(text, "\"1\":")[1] = '7';
    refuse_collection(text, "needs members \"0\" and \"1\"");

    /* Members of different types, from member 1 on. */
    text = collection_text(five, "BOOTSTRAP_LIBSVMNUSVR");
    char *type = strstr(strstr(text, "\"2\":"), "BOOTSTRAP_");
    memcpy(type, "LIBSVMNUSVR\"          ", 22);
    refuse_collection(text, "model_type differs from that of member 1");

    text = collection_text(five, "LIBSVMNUSVR");
    put(text, strlen(text));
    CHECK(!load_collection(&model, &collection));
    VmafContext *ctx = toys_context(0, 0);
    CHECK(vmaf_score_at_index_model_collection(ctx, collection, &score, 0) ==
          -EINVAL);
    CHECK(strstr(vmaf_last_message(), "bootstrap model_type"));
    CHECK(!vmaf_close(ctx));
    vmaf_model_destroy(model);
    vmaf_model_collection_destroy(collection);
}

/* Whatever loads must score or fail; under sanitizers this finds the rest. */
static void try_text(const char *text, size_t len)
{
    VmafModel *model, *main_model;
    VmafModelCollection *collection;
    VmafModelCollectionScore set;
    double score;
    put(text, len);
    int err = load(&model, VMAF_MODEL_FLAG_ENABLE_TRANSFORM);
    CHECK(!err == !!model && (!err || err == -EINVAL));
    err = load_collection(&main_model, &collection);
    CHECK(!err == !!main_model && !err == !!collection);
    CHECK(!model || !main_model);
    VmafContext *ctx = toys_context(0, 0);
    for (unsigned i = 0; features[i]; i++)
        CHECK(!vmaf_import_feature_score(ctx, features[i], i, 0));
    if (model)
        vmaf_score_at_index(ctx, model, &score, 0);
    if (collection)
        vmaf_score_at_index_model_collection(ctx, collection, &set, 0);
    CHECK(!vmaf_close(ctx));
    vmaf_model_destroy(model);
    vmaf_model_destroy(main_model);
    vmaf_model_collection_destroy(collection);
}

static void test_truncated(const char *text)
{
    VmafModel *model;
    VmafModelCollection *collection;
    for (size_t len = 0; len < strlen(text); len++) {
        put(text, len);
        CHECK(load(&model, 0) == -EINVAL && !model);
        CHECK(load_collection(&model, &collection) == -EINVAL);
        CHECK(!model && !collection);
    }
}

static void test_mutations(const char *text, unsigned cnt)
{
    static const char bytes[] = "\"\\{}[],:0129.-+eE \n\r\tnulltrue\xff\xc3";
    const size_t len = strlen(text);
    char *copy = malloc(2 * len);
    uint32_t state = 1;
    CHECK(copy);
    for (unsigned i = 0; i < cnt; i++) {
        size_t now = len;
        memcpy(copy, text, len);
        for (unsigned k = 0; k <= i % 3; k++) {
            state = state * 1664525u + 1013904223u;
            const size_t at = (state >> 8) % now;
            state = state * 1664525u + 1013904223u;
            const size_t size = 1 + (state >> 28);
            const char byte = bytes[(state >> 8) % sizeof bytes];
            if (i % 4 < 2) {
                copy[at] = byte;
            } else if (at + size < now) {
                memmove(copy + at, copy + at + size, now - at - size);
                now -= size;
            }
        }
        try_text(copy, now);
    }
    free(copy);
}

int main(void)
{
    const int fd = mkstemp(path);
    CHECK(fd >= 0 && !close(fd));
    CHECK(!vmaf_register_extractor(&fake));
    CHECK(!vmaf_close(toys_context(0, 0))); /* sets the log level */
    test_json();
    test_nul_in_file();
    test_members();
    test_svm();
    test_transform();
    test_clip();
    test_chroma();
    test_names_and_overloads();
    test_builtin();
    test_files();
    test_one_name_twice();
    test_collection();
    test_bad_collections();

    char whole[8192];
    snprintf(whole, sizeof whole, "%s",
             model_text(CHROMA("1.5") ", \"score_clip\": [0, 100], "
                        "\"score_transform\": {\"p0\": 1, \"knots\": "
                        "[[0, 1], [2, 3]], \"out_gte_in\": \"true\"}, "
                        "\"feature_opts_dicts\": [{\"level\": 2}]"));
    test_truncated(whole);
    test_mutations(whole, 4000);
    const char *collection = collection_text(five, "BOOTSTRAP_LIBSVMNUSVR");
    char *kept = strdup(collection);
    CHECK(kept);
    test_truncated(kept);
    test_mutations(kept, 2000);
    free(kept);
    unlink(path);
    puts("model: ok");
    return 0;
}
