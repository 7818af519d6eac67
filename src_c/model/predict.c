/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Every sum and product below is binary64, in the order written: the order is
 * part of the definition of a score. exp() and sqrt() are the C library's.
 */
#include "predict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "engine/log.h"
#include "binding.h"

/* What a prediction reads and where it goes. */
typedef struct Prediction {
    const PredictTarget *target;
    const VmafModel *model;
    const ModelBinding *binding;
    unsigned index;
} Prediction;

static int predict_fetch(const Prediction *p, unsigned i, double *value)
{
    const CollectorColumn *const column = p->binding->read[i];
    if (!column) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "vmaf_predict_score_at_index(): no "
                 "feature extractor providing feature '%s'",
                 p->model->feature[i].name);
        return -EINVAL;
    }
    if (collector_get(p->target->collector, column, value, p->index)) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "vmaf_predict_score_at_index(): no "
                 "feature '%s' at index %u",
                 collector_name(column), p->index);
        return -EINVAL;
    }
    return 0;
}

/* A picture without chroma distortion says nothing through a chroma feature of
 * 0; a value that follows luma takes its place. */
static void predict_correct_chroma(const VmafModel *model, double *x)
{
    const ModelChroma *const c = &model->chroma;
    const ModelFeature *const guide = &model->feature[c->guide];
    const ModelFeature *const target = &model->feature[c->target];
    const double luma = (x[c->guide] - guide->intercept) / guide->slope;
    const double chroma = (x[c->target] - target->intercept) / target->slope;
    if (chroma == 0)
        x[c->target] = target->slope * (-c->parameter * luma + c->parameter) +
                       target->intercept;
}

/* The score before transform and clip. Without normalisation slopes are 1 and
 * intercepts 0, which changes no value but -0. */
static int predict_raw(const Prediction *p, double *score)
{
    const VmafModel *const model = p->model;
    double x[MODEL_FEATURE_MAX] = { 0 };
    const bool rescale = model->norm == MODEL_NORM_LINEAR_RESCALE;
    for (unsigned i = 0; i < model->feature_cnt; i++) {
        const ModelFeature *const f = &model->feature[i];
        const int err = predict_fetch(p, i, &x[i]);
        if (err)
            return err;
        if (rescale)
            x[i] = f->slope * x[i] + f->intercept;
    }
    if (model->chroma.parameter != 0)
        predict_correct_chroma(model, x);
    *score = svm_predict(model->svm, x);
    if (rescale)
        *score = (*score - model->intercept) / model->slope;
    return 0;
}

static double predict_line(const ModelKnot *k, double t)
{
    double slope, offset;
    if (k[0].y == k[1].y)
        return k[0].y;
    if (k[0].x == 0) {
        offset = k[0].y;
        slope = (k[1].y - offset) / k[1].x;
    } else {
        slope = (k[1].y - k[0].y) / (k[1].x - k[0].x);
        offset = k[0].y - k[0].x * slope;
    }
    return slope * t + offset;
}

/* Piecewise linear; the outer pieces go on beyond their ends, and the later of
 * two pieces decides where they meet. */
static double predict_map_knots(const ModelTransform *transform, double t)
{
    if (transform->knot_cnt < 2)
        return t;
    const unsigned last = transform->knot_cnt - 2;
    double mapped = 0;
    for (unsigned j = 0; j <= last; j++) {
        const ModelKnot *const k = &transform->knot[j];
        const bool inside = k[0].x <= t && t <= k[1].x;
        if (inside || (j == 0 && t < k[0].x) || (j == last && t > k[1].x))
            mapped = predict_line(k, t);
    }
    return mapped;
}

static double predict_transform(const ModelTransform *transform, double y)
{
    double t = 0;
    if (transform->has_p0)
        t += transform->p0;
    if (transform->has_p1)
        t += transform->p1 * y;
    if (transform->has_p2)
        t += transform->p2 * y * y;
    if (!transform->has_p0 && !transform->has_p1 && !transform->has_p2)
        t = y;
    t = predict_map_knots(transform, t);
    if (transform->out_lte_in && t > y)
        t = y;
    if (transform->out_gte_in && t < y)
        t = y;
    return t;
}

static double predict_finish(const VmafModel *model, double y)
{
    if (model->transform.enabled)
        y = predict_transform(&model->transform, y);
    if (model->clip_enabled && y < model->clip_min)
        y = model->clip_min;
    if (model->clip_enabled && y > model->clip_max)
        y = model->clip_max;
    return y;
}

/* A model's column stands behind those of its features: if one of them is made
 * where neighbours are known, so is this. */
static CollectorWriter predict_writer(const Prediction *p)
{
    CollectorWriter writer = { .now = true };
    for (unsigned i = 0; p->model && i < p->model->feature_cnt; i++) {
        if (collector_phase(p->target->collector, p->binding->read[i]) ==
            COLLECTOR_FLUSH)
            writer.phase = COLLECTOR_AFTER;
    }
    return writer;
}

/* Store a score, or take the one that is stored: asking twice gives the same
 * answer. */
static int predict_store(const Prediction *p, CollectorColumn *column,
                         double *score)
{
    Collector *const collector = p->target->collector;
    if (!collector_get(collector, column, score, p->index))
        return 0;
    return collector_write(collector, column, *score, p->index,
                           predict_writer(p));
}

int predict_score(const PredictTarget *target, const VmafModel *model,
                  unsigned index, double *score)
{
    double y;
    const ModelBinding *binding;
    int err = binding_of_model(target, model, &binding);
    if (err)
        return err;
    const Prediction p = { target, model, binding, index };
    CollectorColumn *const column = binding->write[0];
    if (collector_get(target->collector, column, &y, index)) {
        err = predict_raw(&p, &y);
        if (err)
            return err;
        y = predict_finish(model, y);
        err = predict_store(&p, column, &y);
        if (err)
            return err;
    }
    collector_claim(target->collector, column, model);
    *score = y;
    return 0;
}

static int predict_compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double predict_percentile(const double *sorted, unsigned cnt,
                                 double percent)
{
    const double position = percent * (cnt - 1) / 100;
    const double low = floor(position), high = ceil(position);
    if (low == high)
        return sorted[(unsigned)low];
    return sorted[(unsigned)low] * (high - position) +
           sorted[(unsigned)high] * (position - low);
}

/* Bagging, spread and 95 % interval of the members' raw scores, each mapped
 * through the transform and clip of the first member. Sorts `raw`. */
static void predict_summarise(const VmafModelCollection *collection,
                              double *raw, double *result)
{
    const VmafModel *const first = collection->model[0];
    const unsigned cnt = collection->cnt;
    double sum = 0, squares = 0;
    for (unsigned k = 0; k < cnt; k++)
        sum += raw[k];
    const double mean = sum / cnt;
    for (unsigned k = 0; k < cnt; k++)
        squares += (raw[k] - mean) * (raw[k] - mean);
    const double deviation = sqrt(squares / cnt);

    qsort(raw, cnt, sizeof(*raw), predict_compare);
    /* How the mapping stretches around the mean, by a central difference. */
    const double slope = (predict_finish(first, mean + 0.01) -
                          predict_finish(first, mean - 0.01)) /
                         0.02;
    result[MODEL_COLLECTION_BAGGING] = predict_finish(first, mean);
    result[MODEL_COLLECTION_STDDEV] = deviation * slope;
    result[MODEL_COLLECTION_CI_P95_LO] =
        predict_finish(first, predict_percentile(raw, cnt, 2.5));
    result[MODEL_COLLECTION_CI_P95_HI] =
        predict_finish(first, predict_percentile(raw, cnt, 97.5));
}

static int predict_members(const PredictTarget *target,
                           const VmafModelCollection *collection,
                           unsigned index, double *raw)
{
    for (unsigned k = 0; k < collection->cnt; k++) {
        const VmafModel *const member = collection->model[k];
        const ModelBinding *binding;
        int err = binding_of_model(target, member, &binding);
        if (err)
            return err;
        const Prediction p = { target, member, binding, index };
        err = predict_raw(&p, &raw[k]);
        if (err)
            return err;
        double score = predict_finish(member, raw[k]);
        err = predict_store(&p, binding->write[0], &score);
        if (err)
            return err;
    }
    return 0;
}

static int predict_compute(const PredictTarget *target,
                           const VmafModelCollection *collection,
                           unsigned index, double *result)
{
    double *const raw = calloc(collection->cnt, sizeof(*raw));
    if (!raw)
        return -ENOMEM;
    const int err = predict_members(target, collection, index, raw);
    if (!err)
        predict_summarise(collection, raw, result);
    free(raw);
    return err;
}

void predict_fill_score(VmafModelCollectionScore *score,
                        const double result[MODEL_COLLECTION_RESULT_CNT])
{
    score->type = VMAF_MODEL_COLLECTION_SCORE_BOOTSTRAP;
    score->bootstrap.bagging_score = result[MODEL_COLLECTION_BAGGING];
    score->bootstrap.stddev = result[MODEL_COLLECTION_STDDEV];
    score->bootstrap.ci.p95.lo = result[MODEL_COLLECTION_CI_P95_LO];
    score->bootstrap.ci.p95.hi = result[MODEL_COLLECTION_CI_P95_HI];
}

static int check_collection(const VmafModelCollection *collection)
{
    if (collection->type != MODEL_TYPE_BOOTSTRAP_SVM_NUSVR &&
        collection->type != MODEL_TYPE_RESIDUE_BOOTSTRAP_SVM_NUSVR) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "model collection \"%s\": only members "
                 "of a bootstrap model_type can be scored",
                 collection->name);
        return -EINVAL;
    }
    return 0;
}

int predict_collection(const PredictTarget *target,
                       const VmafModelCollection *collection, unsigned index,
                       VmafModelCollectionScore *score)
{
    double result[MODEL_COLLECTION_RESULT_CNT];
    Collector *const collector = target->collector;
    int err = check_collection(collection);
    if (err)
        return err;
    const ModelBinding *binding, *member;
    err = binding_of_collection(target, collection, &binding);
    /* Its columns stand behind those of the members. */
    if (!err)
        err = binding_of_model(target, collection->model[0], &member);
    if (err)
        return err;
    bool missing = false;
    for (unsigned i = 0; i < MODEL_COLLECTION_RESULT_CNT; i++)
        missing |=
            collector_get(collector, binding->write[i], &result[i], index) != 0;
    if (missing)
        err = predict_compute(target, collection, index, result);
    const Prediction p = { target, collection->model[0], member, index };
    for (unsigned i = 0; i < MODEL_COLLECTION_RESULT_CNT && missing && !err;
         i++)
        err = predict_store(&p, binding->write[i], &result[i]);
    if (err)
        return err;
    collector_claim(collector, binding->write[MODEL_COLLECTION_BAGGING],
                    collection);
    predict_fill_score(score, result);
    return 0;
}
