/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Answers out of the collector: scores by index, pooled, as a log. None of
 * them waits for frames in work; what is not there yet is -EINVAL.
 */
#include <errno.h>
#include <stdint.h>

#include "pyvmaf/pyvmaf.h"
#include "context.h"
#include "text/feature_name.h"
#include "log.h"
#include "model/model.h"
#include "output/output.h"
#include "model/pooling.h"
#include "model/predict.h"

/* The stored name that a caller means: as published, or by alias. */
static const char *stored_name(VmafContext *ctx, const char *name)
{
    return collector_has(ctx->collector, name) ? name : feature_name_full(name);
}

static int check_range(unsigned low, unsigned high)
{
    if (low <= high)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "frames %u to %u: the first must not be above the last", low,
             high);
    return -EINVAL;
}

/* Before anything is predicted for a method that does not exist. */
static int check_method(enum VmafPoolingMethod method)
{
    if (method > VMAF_POOL_METHOD_UNKNOWN && method < VMAF_POOL_METHOD_NB)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR, "pooling method is %d, must be 1 to %d",
             (int)method, VMAF_POOL_METHOD_NB - 1);
    return -EINVAL;
}

int vmaf_feature_score_at_index(VmafContext *vmaf, const char *feature_name,
                                double *score, unsigned index)
{
    int err = context_check("vmaf_feature_score_at_index",
                            vmaf && feature_name && score);
    if (err)
        return err;
    const char *name = stored_name(vmaf, feature_name);
    err = collector_get(vmaf->collector, name, score, index);
    if (err)
        log_remember("no feature \"%s\" at index %u", feature_name, index);
    return err;
}

int vmaf_feature_score_pooled(VmafContext *vmaf, const char *feature_name,
                              enum VmafPoolingMethod pool_method, double *score,
                              unsigned index_low, unsigned index_high)
{
    int err = context_check("vmaf_feature_score_pooled",
                            vmaf && feature_name && score);
    if (!err)
        err = check_range(index_low, index_high);
    if (!err)
        err = check_method(pool_method);
    if (err)
        return err;
    const PoolingRange range = { vmaf->cfg.n_subsample, index_low, index_high };
    return pooling_pool(vmaf->collector, stored_name(vmaf, feature_name),
                        pool_method, &range, score);
}

int vmaf_score_at_index(VmafContext *vmaf, VmafModel *model, double *score,
                        unsigned index)
{
    int err = context_check("vmaf_score_at_index", vmaf && model && score);
    if (err)
        return err;
    pthread_mutex_lock(&vmaf->predict);
    err = predict_score(model, vmaf->collector, index, score);
    pthread_mutex_unlock(&vmaf->predict);
    return err;
}

int vmaf_score_at_index_model_collection(VmafContext *vmaf,
                                         VmafModelCollection *model_collection,
                                         VmafModelCollectionScore *score,
                                         unsigned index)
{
    int err = context_check("vmaf_score_at_index_model_collection",
                            vmaf && model_collection && score);
    if (err)
        return err;
    pthread_mutex_lock(&vmaf->predict);
    err = predict_collection(model_collection, vmaf->collector, index, score);
    pthread_mutex_unlock(&vmaf->predict);
    return err;
}

/* The next index that subsampling keeps, from `index` on; past `high` when
 * there is none. In 64 bits, for a `high` of UINT_MAX. */
static uint64_t on_grid(const VmafContext *ctx, uint64_t index)
{
    const uint64_t n = ctx->cfg.n_subsample;
    return (index + n - 1) / n * n;
}

int vmaf_score_pooled(VmafContext *vmaf, VmafModel *model,
                      enum VmafPoolingMethod pool_method, double *score,
                      unsigned index_low, unsigned index_high)
{
    int err = context_check("vmaf_score_pooled", vmaf && model && score);
    if (!err)
        err = check_range(index_low, index_high);
    if (!err)
        err = check_method(pool_method);
    uint64_t i = err ? 0 : on_grid(vmaf, index_low);
    for (; !err && i <= index_high; i = on_grid(vmaf, i + 1)) {
        double unused;
        err = vmaf_score_at_index(vmaf, model, &unused, (unsigned)i);
    }
    if (err)
        return err;
    const PoolingRange range = { vmaf->cfg.n_subsample, index_low, index_high };
    return pooling_pool(vmaf->collector, model->name, pool_method, &range,
                        score);
}

/* The series that predict_collection() stores, each pooled by itself. */
static int pool_results(Collector *collector,
                        const VmafModelCollection *collection,
                        enum VmafPoolingMethod method,
                        const PoolingRange *range,
                        VmafModelCollectionScore *score)
{
    double pooled[MODEL_COLLECTION_RESULT_CNT];
    for (unsigned i = 0; i < MODEL_COLLECTION_RESULT_CNT; i++) {
        const int err = pooling_pool(collector, collection->result_name[i],
                                     method, range, &pooled[i]);
        if (err)
            return err;
    }
    predict_fill_score(score, pooled);
    return 0;
}

int vmaf_score_pooled_model_collection(VmafContext *vmaf,
                                       VmafModelCollection *model_collection,
                                       enum VmafPoolingMethod pool_method,
                                       VmafModelCollectionScore *score,
                                       unsigned index_low, unsigned index_high)
{
    int err = context_check("vmaf_score_pooled_model_collection",
                            vmaf && model_collection && score);
    if (!err)
        err = check_range(index_low, index_high);
    if (!err)
        err = check_method(pool_method);
    uint64_t i = err ? 0 : on_grid(vmaf, index_low);
    for (; !err && i <= index_high; i = on_grid(vmaf, i + 1)) {
        VmafModelCollectionScore unused;
        err = vmaf_score_at_index_model_collection(vmaf, model_collection,
                                                   &unused, (unsigned)i);
    }
    if (err)
        return err;
    const PoolingRange range = { vmaf->cfg.n_subsample, index_low, index_high };
    return pool_results(vmaf->collector, model_collection, pool_method, &range,
                        score);
}

int vmaf_write_output(VmafContext *vmaf, const char *output_path,
                      enum VmafOutputFormat fmt)
{
    int err = context_check("vmaf_write_output", vmaf && output_path);
    if (!err)
        err = context_lock(vmaf, "vmaf_write_output");
    if (err)
        return err;
    const OutputInfo info = {
        .w = vmaf->retained.geometry.w,
        .h = vmaf->retained.geometry.h,
        .picture_cnt = vmaf->picture_cnt,
        .n_subsample = vmaf->cfg.n_subsample,
    };
    err = output_write(vmaf->collector, &info, output_path, fmt);
    context_unlock(vmaf);
    return err;
}

const char *pyvmaf_feature_name_at(VmafContext *vmaf, unsigned position)
{
    if (context_check("pyvmaf_feature_name_at", vmaf))
        return NULL;
    return collector_name_at(vmaf->collector, position);
}

unsigned pyvmaf_frame_count(VmafContext *vmaf)
{
    if (context_check("pyvmaf_frame_count", vmaf))
        return 0;
    return collector_frame_count(vmaf->collector);
}

unsigned pyvmaf_read_count(VmafContext *vmaf)
{
    if (context_check("pyvmaf_read_count", vmaf))
        return 0;
    return atomic_load(&vmaf->read_cnt);
}
