/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The input is a program for a context: calls in any order, with arguments that
 * make sense or do not. Each is refused or done; pictures that were not taken
 * over are still the caller's.
 */
#include <errno.h>
#include <string.h>

#include "../c/toys.h"
#include "harness.h"
#include "pyvmaf/parts.h"

const char *const *fuzz_words;

typedef struct Machine {
    Input in;
    VmafContext *ctx;
    unsigned next; /* index of the next frame */
    VmafPicture held[2];
} Machine;

static VmafModel *model, *other;
static VmafModelCollection *set;

static void free_models(void)
{
    vmaf_model_destroy(model);
    vmaf_model_destroy(other);
    vmaf_model_collection_destroy(set);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    VmafModelConfig cfg = { .name = "m" }, cfg_set = { .name = "set" };
    (void)argc, (void)argv;
    CHECK(!vmaf_close(toys_context(0, 0))); /* sets the log level */
    toys_register();
    CHECK(!vmaf_model_load(&model, &cfg, "vmaf_v0.6.1"));
    CHECK(!vmaf_model_collection_load(&other, &set, &cfg_set, "vmaf_b_v0.6.3"));
    atexit(free_models);
    return 0;
}

static const char *pick_name(Machine *m)
{
    static const char *const name[] = { "vmaf",
                                        "m",
                                        "set_bagging",
                                        "integer_motion2",
                                        "motion",
                                        "psnr_y",
                                        "x",
                                        "VMAF_integer_feature_adm2_score",
                                        "toy_value",
                                        "a<&\"\\,\n",
                                        "" };
    return name[input_below(&m->in, sizeof name / sizeof *name)];
}

static void close_context(Machine *m)
{
    CHECK(!vmaf_close(m->ctx));
    const unsigned how = input_byte(&m->in);
    m->ctx = toys_context(how & 2, 1 + (how >> 2) % 3);
    m->next = 0;
}

static void use(Machine *m)
{
    static const char *const name[] = { "psnr",     "motion",       "vif",
                                        "adm",      "toy",          "toy_fail",
                                        "toy_init", "toy_temporal", "toy_prev",
                                        "toy_many", "toy_nosy",     "none" };
    static const char *const option[] = { "debug", "enable_apsnr", "toy_gain",
                                          "motion_force_zero", "x" };
    static const char *const value[] = { "true", "false", "2", "-1", "" };
    const unsigned i = input_below(&m->in, sizeof name / sizeof *name);
    const unsigned k = input_byte(&m->in);
    toys_use(m->ctx, name[i], k & 1 ? option[k / 2 % 5] : NULL,
             value[k / 10 % 5]);
}

static void use_model(Machine *m)
{
    if (input_byte(&m->in) & 1)
        vmaf_use_features_from_model(m->ctx, model);
    else
        vmaf_use_features_from_model_collection(m->ctx, set);
}

/* Frames follow each other unless the input wants otherwise. */
static unsigned pick_index(Machine *m)
{
    const unsigned how = input_byte(&m->in);
    return how < 200 ? m->next++ : input_number(&m->in);
}

/* Later ones may differ from the first, which the toys want as it is. */
static VmafPicture make_picture(Machine *m)
{
    const unsigned how = input_byte(&m->in);
    VmafPicture pic = { 0 };
    if (how >= 240 && pyvmaf_read_count(m->ctx))
        CHECK(!vmaf_picture_alloc(&pic, VMAF_PIX_FMT_YUV400P, 8 + how % 2 * 2,
                                  48, 40));
    else
        pic = toys_picture(how);
    return pic;
}

static void drop(VmafPicture *pic)
{
    if (pic->ref)
        CHECK(!vmaf_picture_unref(pic));
}

static void read_pair(Machine *m)
{
    const unsigned index = pick_index(m), how = input_byte(&m->in);
    VmafPicture ref = make_picture(m), dist = make_picture(m);
    VmafPicture *second = how % 16 == 1 ? &ref : how % 16 == 2 ? NULL : &dist;
    const int err = how >= 224
                        ? pyvmaf_read_halo(m->ctx, &ref, second, index)
                        : vmaf_read_pictures(m->ctx, &ref, second, index);
    CHECK(err <= 0 && !err == !ref.ref);
    drop(&ref);
    drop(&dist);
}

static void flush(Machine *m)
{
    CHECK(toys_flush(m->ctx) <= 0);
}

static void import(Machine *m)
{
    const char *name = pick_name(m);
    const unsigned index = input_number(&m->in);
    vmaf_import_feature_score(m->ctx, name, input_byte(&m->in) - 100., index);
}

static void ask(Machine *m)
{
    double score[64];
    VmafModelCollectionScore scores;
    const unsigned low = input_number(&m->in);
    const unsigned high = low + input_below(&m->in, 64),
                   step = input_byte(&m->in);
    const enum VmafPoolingMethod method =
        (enum VmafPoolingMethod)input_below(&m->in, 7);
    vmaf_score_at_index(m->ctx, model, score, low);
    vmaf_score_at_index_model_collection(m->ctx, set, &scores, low);
    vmaf_feature_score_at_index(m->ctx, pick_name(m), score, low);
    vmaf_score_pooled(m->ctx, model, method, score, low, high);
    vmaf_score_pooled_model_collection(m->ctx, set, method, &scores, low, high);
    vmaf_feature_score_pooled(m->ctx, pick_name(m), method, score, low, high);
    pyvmaf_feature_scores(m->ctx, pick_name(m), low, high, step, score);
    pyvmaf_model_scores(m->ctx, model, low, high, step, score);
}

static void look(Machine *m)
{
    unsigned before, after;
    PyvmafColumn column;
    double value[32];
    unsigned char written[32];
    CHECK(!pyvmaf_halo(m->ctx, &before, &after));
    for (unsigned i = 0; pyvmaf_feature_name_at(m->ctx, i); i++)
        CHECK(*pyvmaf_feature_alias(pyvmaf_feature_name_at(m->ctx, i)) ||
              !*pyvmaf_feature_name_at(m->ctx, i));
    const unsigned begin = input_number(&m->in);
    for (unsigned i = 0; !pyvmaf_column_at(m->ctx, i, &column); i++)
        pyvmaf_column_scores(m->ctx, &column, i & 1, begin,
                             begin + input_below(&m->in, 33), value, written);
    pyvmaf_failed_frame(m->ctx);
    CHECK(pyvmaf_read_count(m->ctx) <= 1u << 20);
}

static void write_log(Machine *m)
{
    vmaf_write_output(m->ctx, "/dev/null",
                      (enum VmafOutputFormat)input_below(&m->in, 6));
}

static void settle(Machine *m)
{
    unsigned index;
    pyvmaf_next_settled(m->ctx, &index);
    pyvmaf_wait_settled(m->ctx, &index, input_below(&m->in, 2));
    pyvmaf_wait_idle(m->ctx, 1);
    pyvmaf_wait_room(m->ctx, 1);
}

static void pool(Machine *m)
{
    VmafPictureConfiguration cfg = {
        .pic_params = { 64, 64, 8, VMAF_PIX_FMT_YUV420P }, .pic_cnt = 2
    };
    const unsigned how = input_byte(&m->in);
    if (how & 1)
        vmaf_preallocate_pictures(m->ctx, cfg);
    for (unsigned i = 0; i < 2; i++) {
        drop(&m->held[i]);
        if (how & (2u << i) && pyvmaf_fetch_picture(m->ctx, &m->held[i], 1))
            m->held[i] = (VmafPicture){ 0 };
    }
    if (how & 8 && m->held[0].ref && m->held[1].ref) {
        memset(m->held[0].data[0], 1, 64);
        vmaf_read_pictures(m->ctx, &m->held[0], &m->held[1], m->next++);
    }
    if (how & 16 && m->held[0].ref && !m->held[1].ref)
        CHECK(!pyvmaf_picture_ref(&m->held[1], &m->held[0]));
}

static void restore(Machine *m)
{
    const double value[4] = { 1, 2, 3, 4 };
    const unsigned char written[4] = { 1, 1, 0, 1 };
    const unsigned how = input_byte(&m->in);
    PyvmafRestoredColumn column = { { pick_name(m), input_below(&m->in, 4),
                                      how & 1, false, NULL },
                                    how & 2,
                                    value,
                                    written };
    const unsigned begin = how & 16 ? input_number(&m->in) : m->next;
    PyvmafRestored part = {
        VMAF_PIX_FMT_YUV420P, 8,       64,      64,      begin,
        begin + 1 + how % 4,  how & 4, how & 8, &column, 1
    };
    if (!pyvmaf_restore(m->ctx, &part))
        m->next = part.end;
    pyvmaf_restore_aggregate(m->ctx, input_below(&m->in, 4), "apsnr_y", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const call[])(Machine *) = {
        read_pair, read_pair, read_pair, use,           use_model,
        flush,     import,    ask,       look,          write_log,
        settle,    pool,      restore,   close_context,
    };
    Machine m = { .in = { data, size < 400 ? size : 400 } };
    m.ctx = toys_context(input_byte(&m.in) % 3, input_byte(&m.in) % 4);
    while (m.in.left)
        call[input_below(&m.in, sizeof call / sizeof *call)](&m);
    drop(&m.held[0]);
    drop(&m.held[1]);
    CHECK(!vmaf_close(m.ctx));
    CHECK(!toys_live());
    return 0;
}
