/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Answers out of the collector: scores by index, pooled, as a log. None of
 * them waits for frames in work; what is not there yet is -EINVAL.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>

#include "pyvmaf/pyvmaf.h"
#include "context.h"
#include "text/feature_name.h"
#include "log.h"
#include "model/model.h"
#include "output/output.h"
#include "model/pooling.h"
#include "model/predict.h"

/* The column that a caller means: by the published name, or by its alias. */
static CollectorColumn *column_of(VmafContext *ctx, const char *name)
{
    CollectorColumn *column = collector_find(ctx->collector, name);
    return column ? column
                  : collector_find(ctx->collector, feature_name_full(name));
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

/* Before anything is predicted for a range or a method that does not exist. */
static int check_pooling(enum VmafPoolingMethod method, unsigned low,
                         unsigned high)
{
    const int err = check_range(low, high);
    if (err ||
        (method > VMAF_POOL_METHOD_UNKNOWN && method < VMAF_POOL_METHOD_NB))
        return err;
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
    err = collector_get(vmaf->collector, column_of(vmaf, feature_name), score,
                        index);
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
        err = check_pooling(pool_method, index_low, index_high);
    if (err)
        return err;
    const PoolingRange range = { vmaf->cfg.n_subsample, index_low, index_high };
    const PoolingColumn column = { feature_name,
                                   column_of(vmaf, feature_name) };
    return pooling_pool(vmaf->collector, &column, pool_method, &range, score);
}

int vmaf_score_at_index(VmafContext *vmaf, VmafModel *model, double *score,
                        unsigned index)
{
    int err = context_check("vmaf_score_at_index", vmaf && model && score);
    if (err)
        return err;
    const PredictTarget target = { vmaf->collector, &vmaf->binding };
    pthread_mutex_lock(&vmaf->predict);
    err = predict_score(&target, model, index, score);
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
    const PredictTarget target = { vmaf->collector, &vmaf->binding };
    pthread_mutex_lock(&vmaf->predict);
    err = predict_collection(&target, model_collection, index, score);
    pthread_mutex_unlock(&vmaf->predict);
    return err;
}

int vmaf_score_pooled(VmafContext *vmaf, VmafModel *model,
                      enum VmafPoolingMethod pool_method, double *score,
                      unsigned index_low, unsigned index_high)
{
    int err = context_check("vmaf_score_pooled", vmaf && model && score);
    if (!err)
        err = check_pooling(pool_method, index_low, index_high);
    uint64_t i = err ? 0 : pooling_on_grid(vmaf->cfg.n_subsample, index_low);
    for (; !err && i <= index_high;
         i = pooling_on_grid(vmaf->cfg.n_subsample, i + 1)) {
        double unused;
        err = vmaf_score_at_index(vmaf, model, &unused, (unsigned)i);
    }
    if (err)
        return err;
    const PoolingRange range = { vmaf->cfg.n_subsample, index_low, index_high };
    const PoolingColumn column = { model->name, collector_find(vmaf->collector,
                                                               model->name) };
    return pooling_pool(vmaf->collector, &column, pool_method, &range, score);
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
        const char *name = collection->result_name[i];
        const PoolingColumn column = { name, collector_find(collector, name) };
        const int err =
            pooling_pool(collector, &column, method, range, &pooled[i]);
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
        err = check_pooling(pool_method, index_low, index_high);
    uint64_t i = err ? 0 : pooling_on_grid(vmaf->cfg.n_subsample, index_low);
    for (; !err && i <= index_high;
         i = pooling_on_grid(vmaf->cfg.n_subsample, i + 1)) {
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

static int check_frames(const char *call, unsigned low, unsigned high,
                        unsigned step)
{
    if (step)
        return check_range(low, high);
    log_line(VMAF_LOG_LEVEL_ERROR, "%s(): step is 0, must be 1 or more", call);
    return -EINVAL;
}

int pyvmaf_feature_scores(VmafContext *vmaf, const char *feature_name,
                          unsigned low, unsigned high, unsigned step,
                          double *out)
{
    int err =
        context_check("pyvmaf_feature_scores", vmaf && feature_name && out);
    if (!err)
        err = check_frames("pyvmaf_feature_scores", low, high, step);
    if (err)
        return err;
    const unsigned range[3] = { low, high, step };
    collector_read(vmaf->collector, column_of(vmaf, feature_name), range, out);
    return 0;
}

int pyvmaf_model_scores(VmafContext *vmaf, VmafModel *model, unsigned low,
                        unsigned high, unsigned step, double *out)
{
    int err = context_check("pyvmaf_model_scores", vmaf && model && out);
    if (!err)
        err = check_frames("pyvmaf_model_scores", low, high, step);
    if (err)
        return err;
    const PredictTarget target = { vmaf->collector, &vmaf->binding };
    /* 64 bits: the last step does not wrap. */
    for (uint64_t i = low; i <= high; i += step, out++) {
        pthread_mutex_lock(&vmaf->predict);
        if (predict_score(&target, model, (unsigned)i, out))
            *out = NAN;
        pthread_mutex_unlock(&vmaf->predict);
    }
    return 0;
}

/* Does not wait for a frame at work. */
int vmaf_write_output(VmafContext *vmaf, const char *output_path,
                      enum VmafOutputFormat fmt)
{
    int err = context_check("vmaf_write_output", vmaf && output_path);
    if (!err)
        err = context_check_outside(vmaf, "vmaf_write_output");
    if (err)
        return err;
    const bool has_geometry = atomic_load(&vmaf->has_geometry);
    const OutputInfo info = {
        .w = has_geometry ? vmaf->geometry.w : 0,
        .h = has_geometry ? vmaf->geometry.h : 0,
        .first_index = atomic_load(&vmaf->first_index),
        .picture_cnt = atomic_load(&vmaf->picture_cnt),
        .n_subsample = vmaf->cfg.n_subsample,
    };
    return output_write(vmaf->collector, &info, output_path, fmt);
}

const char *pyvmaf_feature_name_at(VmafContext *vmaf, unsigned position)
{
    if (context_check("pyvmaf_feature_name_at", vmaf))
        return NULL;
    const CollectorColumn *column =
        collector_column_at(vmaf->collector, position);
    return column ? collector_name(column) : NULL;
}

unsigned pyvmaf_frame_count(VmafContext *vmaf)
{
    if (context_check("pyvmaf_frame_count", vmaf))
        return 0;
    return collector_frame_count(vmaf->collector);
}

unsigned pyvmaf_failed_frame(VmafContext *vmaf)
{
    if (context_check("pyvmaf_failed_frame", vmaf))
        return UINT_MAX;
    return atomic_load(&vmaf->first_failed);
}

unsigned pyvmaf_read_count(VmafContext *vmaf)
{
    if (context_check("pyvmaf_read_count", vmaf))
        return 0;
    return atomic_load(&vmaf->read_cnt);
}
