/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "toys.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

static atomic_int live;

int toys_live(void)
{
    return atomic_load(&live);
}

typedef struct Toy {
    bool debug;
    double gain;
    int level;
    const char *mode;
    unsigned next; /* toy_temporal */
} Toy;

static const PyvmafOption options[] = {
    { .name = "debug",
      .type = PYVMAF_OPTION_BOOL,
      .offset = offsetof(Toy, debug) },
    { .name = "toy_gain",
      .alias = "g",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = offsetof(Toy, gain),
      .default_number = 1,
      .min = 0,
      .max = 10,
      .flags = PYVMAF_OPTION_FEATURE_PARAM },
    { .name = "level",
      .type = PYVMAF_OPTION_INT,
      .offset = offsetof(Toy, level),
      .default_number = 2,
      .min = 0,
      .max = 3000000,
      .flags = PYVMAF_OPTION_FEATURE_PARAM },
    { .name = "mode",
      .alias = "m",
      .type = PYVMAF_OPTION_STRING,
      .offset = offsetof(Toy, mode),
      .default_text = "plain",
      .flags = PYVMAF_OPTION_FEATURE_PARAM },
    { .name = NULL },
};

static int init(void *state, const PyvmafExtractorInit *init)
{
    (void)state;
    CHECK(init->w == 64 && init->h == 64 && init->bpc == 8 && init->context);
    atomic_fetch_add(&live, 1);
    return 0;
}

static int finish(void *state)
{
    (void)state;
    atomic_fetch_sub(&live, 1);
    return 0;
}

static int init_fails(void *state, const PyvmafExtractorInit *init)
{
    (void)state;
    (void)init;
    pyvmaf_extractor_log(VMAF_LOG_LEVEL_ERROR, "toy_init never starts");
    return -ENOSPC;
}

static int extract(void *state, const PyvmafFrame *frame, PyvmafScores *scores)
{
    const Toy *toy = state;
    CHECK(!frame->earlier[0].ref && !frame->earlier[0].dist);
    int err = pyvmaf_scores_append(scores, "toy_value",
                                   frame->index * toy->gain, frame->index);
    if (!err && toy->debug)
        err =
            pyvmaf_scores_append(scores, "toy_debug", toy->level, frame->index);
    double back;
    if (!err && (pyvmaf_scores_get(scores, "toy_value", &back, frame->index) ||
                 back != frame->index * toy->gain))
        err = -EIO;
    return err;
}

static int extract_fails(void *state, const PyvmafFrame *frame,
                         PyvmafScores *scores)
{
    (void)state;
    if (frame->index >= 3) {
        pyvmaf_extractor_log(VMAF_LOG_LEVEL_ERROR, "toy_fail had enough");
        return -EIO;
    }
    return pyvmaf_scores_append(scores, "toy_fail", 1, frame->index);
}

static int extract_temporal(void *state, const PyvmafFrame *frame,
                            PyvmafScores *scores)
{
    Toy *toy = state;
    if (frame->index != toy->next)
        return -EINVAL;
    toy->next++;
    return pyvmaf_scores_append(scores, "toy_order", frame->index,
                                frame->index);
}

static int settle_temporal(void *state, const PyvmafSpan *span,
                           PyvmafScores *scores)
{
    const Toy *toy = state;
    if (!span->last)
        return 0;
    int err =
        pyvmaf_scores_append(scores, "toy_last", toy->next - 1, toy->next - 1);
    if (!err)
        err = pyvmaf_scores_aggregate(scores, "toy_total", toy->next);
    return err ? err : pyvmaf_scores_aggregate(scores, "toy_total", toy->next);
}

static double first_sample(const VmafPicture *pic)
{
    return pic ? *(const unsigned char *)pic->data[0] : -1.0;
}

static int extract_prev(void *state, const PyvmafFrame *frame,
                        PyvmafScores *scores)
{
    (void)state;
    const int err = pyvmaf_scores_append(
        scores, "toy_prev", first_sample(frame->earlier[0].ref), frame->index);
    return err ? err
               : pyvmaf_scores_append(scores, "toy_prev_prev",
                                      first_sample(frame->earlier[1].ref),
                                      frame->index);
}

static int extract_slow(void *state, const PyvmafFrame *frame,
                        PyvmafScores *scores)
{
    (void)state;
    const struct timespec pause = { 0, frame->index < 8
                                           ? 1000000L * (8 - frame->index)
                                           : 0 };
    nanosleep(&pause, NULL);
    int err = 0;
    if (frame->index != 1)
        err = pyvmaf_scores_append(scores, "toy_slow_a", 1, frame->index);
    return err ? err
               : pyvmaf_scores_append(scores, "toy_slow_b", 2, frame->index);
}

static int extract_many(void *state, const PyvmafFrame *frame,
                        PyvmafScores *scores)
{
    (void)state;
    int err = 0;
    for (unsigned i = 0; i < 300 && !err; i++) {
        char name[32];
        snprintf(name, sizeof name, "toy_many_%u", i);
        err = pyvmaf_scores_append(scores, name, i, frame->index);
    }
    return err;
}

/* Asks its own context for things it must not have. */
static int init_nosy(void *state, const PyvmafExtractorInit *init)
{
    *(const VmafContext **)state = init->context;
    return 0;
}

static int extract_nosy(void *state, const PyvmafFrame *frame,
                        PyvmafScores *scores)
{
    VmafContext *ctx = *(VmafContext **)state;
    (void)scores;
    CHECK(vmaf_use_feature(ctx, "null", NULL) == -EDEADLK);
    CHECK(vmaf_read_pictures(ctx, NULL, NULL, 0) == -EDEADLK);
    CHECK(vmaf_close(ctx) == -EDEADLK);
    return vmaf_import_feature_score(ctx, "nosy", 1, frame->index);
}

static const char *const value_features[] = { "toy_value", "toy_debug", NULL };
static const char *const fail_features[] = { "toy_fail", NULL };

static const PyvmafExtractor toys[] = {
    { .name = "toy",
      .features = value_features,
      .options = options,
      .state_size = sizeof(Toy),
      .init = init,
      .extract = extract,
      .close = finish },
    { .name = "toy_fail",
      .features = fail_features,
      .state_size = sizeof(Toy),
      .init = init,
      .extract = extract_fails,
      .close = finish },
    { .name = "toy_init",
      .init = init_fails,
      .extract = extract,
      .close = finish },
    { .name = "toy_temporal",
      .needs = { .every_frame = true, .in_order = true },
      .state_size = sizeof(Toy),
      .init = init,
      .extract = extract_temporal,
      .settle = settle_temporal,
      .close = finish },
    { .name = "toy_prev",
      .needs = { .every_frame = true, .earlier_ref = 2 },
      .extract = extract_prev },
    { .name = "toy_slow", .extract = extract_slow },
    { .name = "toy_nosy",
      .state_size = sizeof(void *),
      .init = init_nosy,
      .extract = extract_nosy },
    { .name = "toy_many", .extract = extract_many },
};

void toys_register(void)
{
    for (size_t i = 0; i < sizeof toys / sizeof *toys; i++)
        CHECK(!pyvmaf_register_extractor(&toys[i]));
}

VmafContext *toys_context(unsigned n_threads, unsigned n_subsample)
{
    VmafConfiguration cfg = { 0 };
    cfg.n_threads = n_threads;
    cfg.n_subsample = n_subsample;
    VmafContext *ctx = NULL;
    CHECK(!vmaf_init(&ctx, cfg));
    return ctx;
}

VmafPicture toys_picture(unsigned value)
{
    VmafPicture pic;
    CHECK(!vmaf_picture_alloc(&pic, VMAF_PIX_FMT_YUV420P, 8, 64, 64));
    memset(pic.data[0], (int)value, 64 * 64);
    return pic;
}

int toys_read(VmafContext *ctx, unsigned index)
{
    VmafPicture ref = toys_picture(index), dist = toys_picture(index);
    const int err = vmaf_read_pictures(ctx, &ref, &dist, index);
    if (err) {
        CHECK(ref.ref && dist.ref);
        CHECK(!vmaf_picture_unref(&ref));
        CHECK(!vmaf_picture_unref(&dist));
    } else {
        CHECK(!ref.ref && !dist.ref && !ref.data[0] && !dist.w[0]);
    }
    return err;
}

int toys_flush(VmafContext *ctx)
{
    return vmaf_read_pictures(ctx, NULL, NULL, 0);
}

int toys_use(VmafContext *ctx, const char *name, const char *key,
             const char *value)
{
    VmafFeatureDictionary *opts = NULL;
    if (key)
        CHECK(!vmaf_feature_dictionary_set(&opts, key, value));
    const int err = vmaf_use_feature(ctx, name, opts);
    if (err)
        vmaf_feature_dictionary_free(&opts);
    return err;
}

double toys_score(VmafContext *ctx, const char *name, unsigned index)
{
    double score;
    CHECK(!vmaf_feature_score_at_index(ctx, name, &score, index));
    return score;
}
