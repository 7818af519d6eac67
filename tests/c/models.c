/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "models.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

char models_path[] = "/tmp/pyvmaf-model-XXXXXX";

static int extract_nothing(void *state, const PyvmafFrame *frame,
                           PyvmafScores *scores)
{
    (void)state, (void)frame, (void)scores;
    return 0;
}

const char *const models_features[] = { "fake_adm3", "fake_speed_chroma",
                                        "fake_other", NULL };
static const PyvmafOption options[] = {
    { .name = "level",
      .alias = "lv",
      .type = PYVMAF_OPTION_DOUBLE,
      .default_number = 1,
      .max = 100,
      .flags = PYVMAF_OPTION_FEATURE_PARAM },
    { .name = NULL },
};
static const PyvmafExtractor fake = { .name = "fake",
                                      .features = models_features,
                                      .options = options,
                                      .state_size = 16,
                                      .extract = extract_nothing };

void models_put(const char *text, size_t len)
{
    FILE *file = fopen(models_path, "wb");
    CHECK(file && fwrite(text, 1, len, file) == len && !fclose(file));
}

int models_load(VmafModel **model, uint64_t flags)
{
    VmafModelConfig cfg = { .name = "m", .flags = flags };
    *model = NULL;
    pyvmaf_clear_last_message();
    return vmaf_model_load_from_path(model, &cfg, models_path);
}

const char *models_text(const char *members)
{
    static char text[8192];
    snprintf(text, sizeof text,
             "{\"model_dict\": {\"norm_type\": \"none\", "
             "\"feature_names\": [\"fake_other\"], \"model\": \"%s\"%s%s}}",
             SVM_CONSTANT, *members ? ", " : "", members);
    return text;
}

void models_refuse(const char *text, const char *reason)
{
    VmafModel *model;
    models_put(text, strlen(text));
    CHECK(models_load(&model, 0) == -EINVAL && !model);
    if (!strstr(pyvmaf_last_message(), reason) ||
        !strstr(pyvmaf_last_message(), "could not read model from path: \"") ||
        !strstr(pyvmaf_last_message(), models_path)) {
        fprintf(stderr, "%s\n  gave \"%s\", not \"%s\"\n", text,
                pyvmaf_last_message(), reason);
        CHECK(0);
    }
}

double models_score(const char *text, uint64_t flags, double value)
{
    VmafModel *model;
    VmafContext *ctx = toys_context(0, 0);
    double score = NAN;
    models_put(text, strlen(text));
    CHECK(!models_load(&model, flags));
    for (unsigned i = 0; pyvmaf_model_feature_at(model, i); i++)
        CHECK(!vmaf_import_feature_score(ctx, pyvmaf_model_feature_at(model, i),
                                         value, 0));
    CHECK(!vmaf_score_at_index(ctx, model, &score, 0));
    CHECK(!vmaf_close(ctx));
    vmaf_model_destroy(model);
    return score;
}

int models_load_collection(VmafModel **model, VmafModelCollection **collection)
{
    VmafModelConfig cfg = { .name = "c" };
    *model = NULL;
    *collection = NULL;
    return vmaf_model_collection_load_from_path(model, collection, &cfg,
                                                models_path);
}

char *models_collection_text(const char *const *rho, const char *type)
{
    static char text[16384];
    size_t at = 0;
    for (unsigned i = 0; rho[i]; i++)
        at += (size_t)snprintf(
            text + at, sizeof text - at,
            "%s\"%u\": {\"model_dict\": {\"norm_type\": \"none\", "
            "\"model_type\": \"%s\", \"feature_names\": [\"fake_other\"], "
            "\"score_clip\": [0, 100], \"model\": \"" SVM_HEAD
            "rho %s\\nSV\\n0 1:1\\n\"}}",
            i ? ", " : "{", i, type, rho[i]);
    snprintf(text + at, sizeof text - at, "}");
    return text;
}

const char *const models_rhos[] = { "-1", "-10", "-20", "-60", "-30", NULL };

void models_begin(void)
{
    const int fd = mkstemp(models_path);
    CHECK(fd >= 0 && !close(fd));
    CHECK(!pyvmaf_register_extractor(&fake));
    CHECK(!vmaf_close(toys_context(0, 0))); /* sets the log level */
}

void models_end(void)
{
    unlink(models_path);
}
