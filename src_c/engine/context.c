/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A context from vmaf_init() to vmaf_close(): what it is told before frames. */
#include "context.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu.h"
#include "frame.h"
#include "text/dictionary.h"
#include "text/feature_name.h"
#include "log.h"
#include "model/model.h"
#include "model/predict.h"
#include "pyvmaf/pyvmaf.h"
#include "text/option.h"
#include "picture.h"
#include "picture_block.h"

/* More threads than any machine has: a sign of a wrong unit or a negative. */
#define MAX_THREADS 4096

int context_check(const char *call, bool arguments_given)
{
    if (arguments_given)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR, "%s(): NULL argument", call);
    return -EINVAL;
}

static _Thread_local VmafContext *working_for;

VmafContext *context_work_for(VmafContext *ctx)
{
    VmafContext *before = working_for;
    working_for = ctx;
    return before;
}

int context_check_outside(VmafContext *ctx, const char *call)
{
    if (working_for != ctx)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "%s() must not be called by an extractor at work", call);
    return -EDEADLK;
}

int context_lock(VmafContext *ctx, const char *call)
{
    const int err = context_check_outside(ctx, call);
    if (!err)
        pthread_mutex_lock(&ctx->api);
    return err;
}

void context_unlock(VmafContext *ctx)
{
    pthread_mutex_unlock(&ctx->api);
}

/* Initialise every lock or none. */
static int init_locks(VmafContext *ctx)
{
    pthread_mutex_t *const mutex[] = { &ctx->api, &ctx->predict,
                                       &ctx->failure.lock, &ctx->unsettled.lock,
                                       &ctx->halo.lock };
    const unsigned cnt = sizeof mutex / sizeof *mutex;
    unsigned made = 0;
    int err = 0;
    while (made < cnt && !(err = -pthread_mutex_init(mutex[made], NULL)))
        made++;
    if (!err)
        err = settled_init(&ctx->settled);
    if (!err && (err = retained_init(&ctx->retained)))
        settled_free(&ctx->settled);
    while (err && made)
        pthread_mutex_destroy(mutex[--made]);
    return err;
}

static void free_context(VmafContext *ctx)
{
    retained_wait(&ctx->retained, NULL);
    worker_destroy(ctx->workers);
    retained_drop(&ctx->retained);
    for (unsigned i = 0; i < ctx->reg_cnt; i++)
        registration_destroy(ctx->reg[i]);
    free(ctx->reg);
    retained_free(&ctx->retained);
    predict_unbind(ctx->binding);
    collector_destroy(ctx->collector);
    free(ctx->failure.message);
    free(ctx->unsettled.message);
    frameset_free(&ctx->halo.frames);
    frameset_free(&ctx->restored);
    settled_free(&ctx->settled);
    pthread_mutex_destroy(&ctx->api);
    pthread_mutex_destroy(&ctx->predict);
    pthread_mutex_destroy(&ctx->failure.lock);
    pthread_mutex_destroy(&ctx->unsettled.lock);
    pthread_mutex_destroy(&ctx->halo.lock);
    picture_block_drop();
    free(ctx);
}

int vmaf_init(VmafContext **vmaf, VmafConfiguration cfg)
{
    int err = context_check("vmaf_init", vmaf);
    if (err)
        return err;
    *vmaf = NULL;
    log_set_level(cfg.log_level, isatty(STDERR_FILENO));
    if (cfg.n_threads > MAX_THREADS) {
        log_line(VMAF_LOG_LEVEL_ERROR, "n_threads is %u, must be 0 to %d",
                 cfg.n_threads, MAX_THREADS);
        return -EINVAL;
    }
    VmafContext *ctx = calloc(1, sizeof *ctx);
    if (!ctx)
        return -ENOMEM;
    err = init_locks(ctx);
    if (err) {
        free(ctx);
        return err;
    }
    picture_block_keep();
    ctx->cfg = cfg;
    atomic_init(&ctx->first_failed, UINT_MAX);
    atomic_init(&ctx->abandoned, false);
    if (!cfg.n_subsample)
        ctx->cfg.n_subsample = 1;
    ctx->geometry.cpu_flags = cpu_flags(cfg.cpumask);
    ctx->geometry.n_threads = cfg.n_threads;
    ctx->geometry.context = ctx;
    /* As libvmaf does, whoever is registered: who comes later looks back too. */
    ctx->retained.ref_cnt = 2;
    ctx->collector = collector_create();
    err = ctx->collector ? 0 : -ENOMEM;
    if (!err && cfg.n_threads)
        err = worker_create(&ctx->workers, cfg.n_threads, frame_run_job);
    if (err) {
        log_line(VMAF_LOG_LEVEL_ERROR, "cannot start with %u threads: %s",
                 cfg.n_threads,
                 err == -EAGAIN ? "the limit of memory or of processes is "
                                  "reached (ulimit -v, ulimit -u); use fewer"
                                : strerror(-err));
        free_context(ctx);
        return err;
    }
    *vmaf = ctx;
    return 0;
}

static void log_accepted(const Registration *reg)
{
    const VmafFeatureDictionary *opts = reg->opts;
    log_line(VMAF_LOG_LEVEL_DEBUG, "feature extractor \"%s\", %zu options",
             reg->extractor->name, opts ? opts->cnt : 0);
    for (size_t i = 0; opts && i < opts->cnt; i++)
        log_line(VMAF_LOG_LEVEL_DEBUG, "%s: %s", opts->entry[i].key,
                 opts->entry[i].val);
}

/* Room for one more. The array may be walked by a thread that waits for settled
 * frames. */
static int reserve_registration(VmafContext *ctx)
{
    int err = 0;
    pthread_mutex_lock(&ctx->settled.lock);
    if (ctx->reg_cnt == ctx->reg_capacity) {
        const unsigned capacity = 2 * ctx->reg_capacity + 4;
        Registration **grown = realloc(ctx->reg, capacity * sizeof *grown);
        err = grown ? 0 : -ENOMEM;
        if (grown) {
            ctx->reg = grown;
            ctx->reg_capacity = capacity;
        }
    }
    pthread_mutex_unlock(&ctx->settled.lock);
    return err;
}

static void append_registration(VmafContext *ctx, Registration *reg)
{
    pthread_mutex_lock(&ctx->settled.lock);
    ctx->reg[ctx->reg_cnt++] = reg;
    pthread_mutex_unlock(&ctx->settled.lock);
}

static void join_group(VmafContext *ctx, Registration *reg)
{
    for (unsigned i = 0; i < ctx->reg_cnt; i++) {
        if (registration_join(ctx->reg[i], reg))
            return;
    }
}

static int add_registration(VmafContext *ctx, const PyvmafExtractor *extractor,
                            VmafFeatureDictionary *opts)
{
    const RegistrationHome home = { ctx->collector, &ctx->halo };
    Registration *reg;
    int err = reserve_registration(ctx);
    if (!err)
        err = registration_create(&reg, extractor, opts, &home, ctx->reg_cnt);
    if (err)
        return err;
    join_group(ctx, reg);
    append_registration(ctx, reg);
    retained_want(&ctx->retained, &reg->needs);
    ctx->reads_ref |= PYVMAF_PLANES & ~reg->needs.unread_ref;
    ctx->reads_dist |= PYVMAF_PLANES & ~reg->needs.unread_dist;
    log_accepted(reg);
    return 0;
}

/* Takes `opts` on success only. */
static int use_extractor(VmafContext *ctx, const PyvmafExtractor *extractor,
                         VmafFeatureDictionary *opts)
{
    char suffix[FEATURE_NAME_SIZE];
    int err = registration_check(extractor, opts);
    if (!err)
        err = feature_name_suffix(suffix, extractor, opts);
    if (err)
        return err;
    for (unsigned i = 0; i < ctx->reg_cnt; i++) {
        if (!registration_is(ctx->reg[i], extractor, suffix))
            continue;
        registration_warn_dropped(ctx->reg[i], opts);
        vmaf_feature_dictionary_free(&opts);
        return 0;
    }
    option_warn_unknown(extractor, opts);
    return add_registration(ctx, extractor, opts);
}

/* Logs the reason. Whoever asks for lpips has read that pyvmaf has it. */
static int unknown_extractor(const char *name)
{
    if (!strcmp(name, "lpips"))
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "no feature extractor \"lpips\" in this process: it runs in "
                 "Python, and is there once pyvmaf was imported, for who calls "
                 "the library that pyvmaf.get_library() names");
    else
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "no feature extractor \"%s\"; the nearest name is \"%s\"",
                 name, extractor_nearest(name));
    return -EINVAL;
}

int vmaf_use_feature(VmafContext *vmaf, const char *feature_name,
                     VmafFeatureDictionary *opts_dict)
{
    int err = context_check("vmaf_use_feature", vmaf && feature_name);
    if (err)
        return err;
    const PyvmafExtractor *extractor = extractor_find(feature_name);
    if (!extractor)
        return unknown_extractor(feature_name);
    err = context_lock(vmaf, "vmaf_use_feature");
    if (err)
        return err;
    err = use_extractor(vmaf, extractor, opts_dict);
    context_unlock(vmaf);
    return err;
}

static int use_model_feature(VmafContext *ctx, const ModelFeature *feature)
{
    const PyvmafExtractor *extractor = extractor_find_by_feature(feature->name);
    if (!extractor) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "could not initialize feature extractor \"%s\"",
                 feature->name);
        log_remember("could not initialize feature extractor \"%s\": no "
                     "extractor provides that feature",
                     feature->name);
        return -EINVAL;
    }
    VmafFeatureDictionary *opts = NULL;
    int err = dictionary_copy(feature->opts, &opts);
    if (!err)
        err = use_extractor(ctx, extractor, opts);
    if (err)
        vmaf_feature_dictionary_free(&opts);
    return err;
}

int vmaf_use_features_from_model(VmafContext *vmaf, VmafModel *model)
{
    int err = context_check("vmaf_use_features_from_model", vmaf && model);
    if (err)
        return err;
    err = context_lock(vmaf, "vmaf_use_features_from_model");
    if (err)
        return err;
    for (unsigned i = 0; i < model->feature_cnt && !err; i++)
        err = use_model_feature(vmaf, &model->feature[i]);
    context_unlock(vmaf);
    return err;
}

int vmaf_use_features_from_model_collection(
    VmafContext *vmaf, VmafModelCollection *model_collection)
{
    int err = context_check("vmaf_use_features_from_model_collection",
                            vmaf && model_collection);
    for (unsigned i = 0; !err && i < model_collection->cnt; i++)
        err = vmaf_use_features_from_model(vmaf, model_collection->model[i]);
    return err;
}

int vmaf_import_feature_score(VmafContext *vmaf, const char *feature_name,
                              double value, unsigned index)
{
    const int err =
        context_check("vmaf_import_feature_score", vmaf && feature_name);
    if (err)
        return err;
    CollectorColumn *column =
        collector_column(vmaf->collector, feature_name, 0);
    if (!column)
        return -ENOMEM;
    return collector_write(vmaf->collector, column, value, index,
                           (CollectorWriter){ .now = true });
}

int vmaf_preallocate_pictures(VmafContext *vmaf, VmafPictureConfiguration cfg)
{
    int err = context_check("vmaf_preallocate_pictures", vmaf);
    if (err)
        return err;
    if (!cfg.pic_params.w || !cfg.pic_params.h || !cfg.pic_cnt) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "a pool of %u pictures of %ux%u: none may be 0", cfg.pic_cnt,
                 cfg.pic_params.w, cfg.pic_params.h);
        return -EINVAL;
    }
    err = context_lock(vmaf, "vmaf_preallocate_pictures");
    if (err)
        return err;
    retained_wait(&vmaf->retained, NULL);
    err = retained_replace_pool(&vmaf->retained, cfg);
    context_unlock(vmaf);
    return err;
}

/* libvmaf's pool for callers with threads that did not ask for one: it exists
 * after the first frame. Ours is made when somebody fetches. */
static VmafPictureConfiguration default_pool(const VmafContext *ctx)
{
    const PyvmafExtractorInit *geometry = &ctx->geometry;
    return (VmafPictureConfiguration){
        .pic_params = { .w = geometry->w,
                        .h = geometry->h,
                        .bpc = geometry->bpc,
                        .pix_fmt = geometry->pix_fmt },
        .pic_cnt = 2 * ctx->cfg.n_threads + 2,
    };
}

static int fetch(VmafContext *ctx, VmafPicture *pic,
                 const unsigned *milliseconds)
{
    PicturePool *pool;
    /* The geometry may be read once it is there. */
    const bool has_default = ctx->workers && atomic_load(&ctx->has_geometry);
    VmafPictureConfiguration cfg = { 0 };
    if (has_default)
        cfg = default_pool(ctx);
    const int err =
        retained_pool(&ctx->retained, has_default ? &cfg : NULL, &pool);
    if (!err)
        return picture_pool_take(pool, pic, milliseconds);
    if (err == -EINVAL && !has_default)
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "there is no picture pool: call vmaf_preallocate_pictures()");
    return err;
}

int vmaf_fetch_preallocated_picture(VmafContext *vmaf, VmafPicture *pic)
{
    const int err =
        context_check("vmaf_fetch_preallocated_picture", vmaf && pic);
    return err ? err : fetch(vmaf, pic, NULL);
}

int pyvmaf_fetch_picture(VmafContext *vmaf, VmafPicture *pic,
                         unsigned milliseconds)
{
    const int err = context_check("pyvmaf_fetch_picture", vmaf && pic);
    return err ? err : fetch(vmaf, pic, &milliseconds);
}

int pyvmaf_abandon(VmafContext *vmaf)
{
    const int err = context_check("pyvmaf_abandon", vmaf);
    if (!err) {
        atomic_store(&vmaf->abandoned, true);
        settled_abandon(&vmaf->settled);
    }
    return err;
}

int vmaf_close(VmafContext *vmaf)
{
    int err = context_check("vmaf_close", vmaf);
    if (!err)
        err = context_check_outside(vmaf, "vmaf_close");
    if (!err)
        free_context(vmaf);
    return err;
}
