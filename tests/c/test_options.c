/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Dictionaries, options, published names, the registry, locale and log. */
#include <errno.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "toys.h"

static void check_value(const char *text, const char *want)
{
    /* What a value became is seen in the decoration of a name. */
    VmafContext *ctx = toys_context(0, 0);
    char name[64];
    CHECK(!toys_use(ctx, "toy", "mode", text));
    CHECK(!toys_read(ctx, 0));
    snprintf(name, sizeof name, "toy_value_m_%s", want);
    CHECK(toys_score(ctx, name, 0) == 0);
    CHECK(!vmaf_close(ctx));
}

static void test_dictionary(void)
{
    VmafFeatureDictionary *dict = NULL;
    CHECK(vmaf_feature_dictionary_set(NULL, "k", "v") == -EINVAL);
    CHECK(vmaf_feature_dictionary_set(&dict, NULL, "v") == -EINVAL);
    CHECK(vmaf_feature_dictionary_set(&dict, "k", NULL) == -EINVAL && !dict);
    CHECK(!vmaf_feature_dictionary_set(&dict, "k", "v") && dict);
    CHECK(!vmaf_feature_dictionary_free(&dict) && !dict);
    CHECK(!vmaf_feature_dictionary_free(&dict));
    CHECK(vmaf_feature_dictionary_free(NULL) == -EINVAL);
    check_value("1.2345678", "1.23457");
    check_value("0x870", "2160");
    check_value(" 3.00", "3");
    check_value("3.00 ", "3");
    check_value("3 x", "3 x");
    check_value("1e400", "inf");
    check_value("1e-50", "0");
    check_value("1234567", "1234567");
    check_value("", "");
}

static void test_options(void)
{
    static const struct {
        const char *key, *value, *name; /* NULL: refused */
    } row[] = {
        { "toy_gain", "1.0", "toy_value" },
        { "toy_gain", "2.50", "toy_value_g_2.5" },
        { "toy_gain", "0", "toy_value_g_0" },
        { "toy_gain", "10", "toy_value_g_10" },
        { "toy_gain", "3x", "toy_value_g_3" },
        { "toy_gain", "-0", NULL },
        { "toy_gain", "x", NULL },
        { "toy_gain", "", NULL },
        { "toy_gain", "nan", NULL },
        { "toy_gain", "inf", NULL },
        { "toy_gain", "10.1", NULL },
        { "level", "2", "toy_value" },
        { "level", "2160.7", "toy_value_level_2160" },
        { "level", "1080p", "toy_value_level_1080" },
        { "level", "1234567", "toy_value_level_1234567" },
        { "level", "0", "toy_value_level_0" },
        { "level", "p", NULL },
        { "level", "-1", NULL },
        { "level", "99999999999999999999", NULL },
        { "debug", "1", NULL },
        { "debug", "TRUE", NULL },
        { "debug", "", NULL },
        { "debug", "true", "toy_value" },
        { "unheard_of", "1", "toy_value" },
        { "mode", "plain", "toy_value" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        VmafContext *ctx = toys_context(0, 0);
        pyvmaf_clear_last_message();
        const int err = toys_use(ctx, "toy", row[i].key, row[i].value);
        CHECK(err == (row[i].name ? 0 : -EINVAL));
        if (err || !strcmp(row[i].key, "unheard_of"))
            CHECK(strstr(pyvmaf_last_message(), row[i].key) &&
                  strstr(pyvmaf_last_message(), "\"toy\""));
        if (!err) {
            CHECK(!toys_read(ctx, 0));
            CHECK(!strcmp(pyvmaf_feature_name_at(ctx, 0), row[i].name));
        }
        CHECK(!vmaf_close(ctx));
    }
}

static void test_names_in_order_of_options(void)
{
    VmafFeatureDictionary *opts = NULL;
    VmafContext *ctx = toys_context(0, 0);
    CHECK(!vmaf_feature_dictionary_set(&opts, "toy_gain", "3"));
    CHECK(!vmaf_feature_dictionary_set(&opts, "mode", "a"));
    CHECK(!vmaf_feature_dictionary_set(&opts, "mode", "b"));
    CHECK(!vmaf_feature_dictionary_set(&opts, "level", "7"));
    CHECK(!vmaf_use_feature(ctx, "toy", opts));
    CHECK(!toys_read(ctx, 2));
    CHECK(toys_score(ctx, "toy_value_level_7_m_b_g_3", 2) == 6);
    CHECK(!vmaf_close(ctx));
}

static void test_registry(void)
{
    static const PyvmafExtractor nameless = { .name = "" };
    static const PyvmafExtractor idle = { .name = "idle" };
    CHECK(pyvmaf_register_extractor(NULL) == -EINVAL);
    CHECK(pyvmaf_register_extractor(&nameless) == -EINVAL);
    CHECK(pyvmaf_register_extractor(&idle) == -EINVAL);
    unsigned cnt = 0;
    const PyvmafExtractor *toy = NULL;
    for (; pyvmaf_extractor_at(cnt); cnt++) {
        if (!strcmp(pyvmaf_extractor_at(cnt)->name, "toy"))
            toy = pyvmaf_extractor_at(cnt);
    }
    CHECK(toy && pyvmaf_register_extractor(toy) == -EEXIST);
    CHECK(pyvmaf_unregister_extractor("null") == -ENOENT);
    CHECK(pyvmaf_unregister_extractor(NULL) == -ENOENT);
    static PyvmafExtractor copy;
    copy = *toy;
    copy.name = "toy_copy";
    CHECK(!pyvmaf_register_extractor(&copy));
    VmafContext *ctx = toys_context(0, 0);
    CHECK(!vmaf_use_feature(ctx, "toy_copy", NULL));
    CHECK(!vmaf_use_feature(ctx, "toy_copy", NULL)); /* the same once more */
    CHECK(pyvmaf_extractor_users(&copy) == 1);
    CHECK(!pyvmaf_unregister_extractor("toy_copy"));
    CHECK(!pyvmaf_register_extractor(&copy)); /* and back, while in use */
    CHECK(!pyvmaf_unregister_extractor("toy_copy"));
    CHECK(pyvmaf_extractor_users(&copy) == 1);
    CHECK(pyvmaf_unregister_extractor("toy_copy") == -ENOENT);
    CHECK(!toys_read(ctx, 1));
    CHECK(toys_score(ctx, "toy_value", 1) == 1);
    CHECK(vmaf_use_feature(ctx, "toy_cpy", NULL) == -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "toy_cpy"));
    CHECK(!vmaf_close(ctx));
    CHECK(!pyvmaf_extractor_users(&copy) && !pyvmaf_extractor_users(NULL));
}

static void test_duplicates(unsigned threads)
{
    VmafContext *ctx = toys_context(threads, 0);
    CHECK(!toys_use(ctx, "toy", NULL, NULL));
    pyvmaf_clear_last_message();
    CHECK(!toys_use(ctx, "toy", "toy_gain", "1"));
    CHECK(!pyvmaf_last_message()[0]);
    CHECK(!toys_use(ctx, "toy", "debug", "true"));
    CHECK(strstr(pyvmaf_last_message(), "debug=true"));
    CHECK(toys_use(ctx, "toy", "debug", "maybe") == -EINVAL);
    CHECK(!toys_use(ctx, "toy", "toy_gain", "2"));
    CHECK(!toys_read(ctx, 0) && !toys_flush(ctx));
    CHECK(!strcmp(pyvmaf_feature_name_at(ctx, 0), "toy_value"));
    CHECK(!strcmp(pyvmaf_feature_name_at(ctx, 1), "toy_value_g_2"));
    CHECK(!pyvmaf_feature_name_at(ctx, 2));
    CHECK(!vmaf_close(ctx));
}

static void test_model_from_imports(void)
{
    static const char *const name[] = {
        "VMAF_integer_feature_adm2_score",
        "VMAF_integer_feature_motion2_score",
        "VMAF_integer_feature_vif_scale0_score",
        "VMAF_integer_feature_vif_scale1_score",
        "VMAF_integer_feature_vif_scale2_score",
        "VMAF_integer_feature_vif_scale3_score",
    };
    VmafModel *model = NULL;
    VmafModelConfig cfg = { "m", 0 };
    VmafContext *ctx = toys_context(0, 0);
    double score, again;
    CHECK(!vmaf_model_load(&model, &cfg, "vmaf_v0.6.1"));
    CHECK(vmaf_score_at_index(ctx, model, &score, 0) == -EINVAL);
    for (unsigned i = 0; i < 6; i++)
        CHECK(!vmaf_import_feature_score(ctx, name[i], i == 1 ? 4 : 0.9, 0));
    CHECK(!vmaf_score_at_index(ctx, model, &score, 0));
    CHECK(score > 50 && score <= 100);
    CHECK(toys_score(ctx, "m", 0) == score);
    CHECK(!vmaf_score_pooled(ctx, model, VMAF_POOL_METHOD_MEAN, &again, 0, 0));
    CHECK(again == score);
    CHECK(vmaf_score_pooled(ctx, model, VMAF_POOL_METHOD_MEAN, &again, 0, 1) ==
          -EINVAL);
    vmaf_model_destroy(model);
    CHECK(!vmaf_close(ctx));
}

static void test_log(void)
{
    static const char *const want[] = {
        "",
        "",
        "libvmaf WARNING feature \"x\" cannot be overwritten at index 0\n",
    };
    for (unsigned level = 0; level < 3; level++) {
        FILE *file = tmpfile();
        char text[256] = "";
        const int terminal = dup(2);
        CHECK(file && dup2(fileno(file), 2) == 2);
        const VmafConfiguration cfg = { .log_level = (enum VmafLogLevel)level };
        VmafContext *ctx;
        CHECK(!vmaf_init(&ctx, cfg));
        CHECK(!vmaf_import_feature_score(ctx, "x", 1, 0));
        CHECK(vmaf_import_feature_score(ctx, "x", 1, 0) == -EINVAL);
        CHECK(!vmaf_close(ctx));
        CHECK(dup2(terminal, 2) == 2 && !close(terminal));
        rewind(file);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        CHECK(!strcmp(text, want[level]));
        CHECK(!strcmp(pyvmaf_last_message(),
                      "feature \"x\" cannot be overwritten at index 0"));
    }
    vmaf_close(toys_context(0, 0)); /* quiet again */
}

/* A comma as the decimal separator changes nothing. */
static void test_locale(void)
{
    static const char *const name[] = { "de_DE.UTF-8", "de_DE.utf8",
                                        "fr_FR.UTF-8", "fr_FR.utf8",
                                        "de_DE",       NULL };
    unsigned i = 0;
    while (name[i] && !setlocale(LC_ALL, name[i]))
        i++;
    if (!name[i]) {
        puts("options: locale skipped, this machine has none with a comma");
        return;
    }
    check_value("2.50", "2.5");
    test_model_from_imports();
    CHECK(!strcmp(localeconv()->decimal_point, ","));
    setlocale(LC_ALL, "C");
}

int main(void)
{
    alarm(300); /* a hang is a failure */
    toys_register();
    test_dictionary();
    test_options();
    test_names_in_order_of_options();
    test_registry();
    test_model_from_imports();
    test_locale();
    test_log();
    test_duplicates(0);
    test_duplicates(2);
    puts("options: ok");
    return 0;
}
