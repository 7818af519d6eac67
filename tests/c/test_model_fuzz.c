/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Model files cut short or altered: each loads and scores, or fails. */
#include <errno.h>
#include <string.h>

#include "models.h"

/* Whatever loads must score or fail; under sanitizers this finds the rest. */
static void try_text(const char *text, size_t len)
{
    VmafModel *model, *main_model;
    VmafModelCollection *collection;
    VmafModelCollectionScore set;
    double score;
    models_put(text, len);
    int err = models_load(&model, VMAF_MODEL_FLAG_ENABLE_TRANSFORM);
    CHECK(!err == !!model && (!err || err == -EINVAL));
    err = models_load_collection(&main_model, &collection);
    CHECK(!err == !!main_model && !err == !!collection);
    CHECK(!model || !main_model);
    VmafContext *ctx = toys_context(0, 0);
    for (unsigned i = 0; models_features[i]; i++)
        CHECK(!vmaf_import_feature_score(ctx, models_features[i], i, 0));
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
        models_put(text, len);
        CHECK(models_load(&model, 0) == -EINVAL && !model);
        CHECK(models_load_collection(&model, &collection) == -EINVAL);
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
    models_begin();
    char whole[8192];
    snprintf(whole, sizeof whole, "%s",
             models_text(
                 CHROMA("1.5") ", \"score_clip\": [0, 100], "
                               "\"score_transform\": {\"p0\": 1, \"knots\": "
                               "[[0, 1], [2, 3]], \"out_gte_in\": \"true\"}, "
                               "\"feature_opts_dicts\": [{\"level\": 2}]"));
    test_truncated(whole);
    test_mutations(whole, 4000);
    char *kept =
        strdup(models_collection_text(models_rhos, "BOOTSTRAP_LIBSVMNUSVR"));
    CHECK(kept);
    test_truncated(kept);
    test_mutations(kept, 2000);
    free(kept);
    models_end();
    puts("model_fuzz: ok");
    return 0;
}
