/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Members of "model_dict" become fields of a VmafModel. What prediction relies
 * on is checked here, so that it cannot fail later: lengths, signs of knots,
 * partners of the chroma correction.
 */
#include "model_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/dictionary.h"
#include "text/number.h"

typedef struct ModelReader {
    VmafModel *model;
    uint64_t flags;
    Reason *reason;
} ModelReader;

static int model_json_fail(const ModelReader *r, const JsonValue *at,
                           const char *what, const char *detail)
{
    return reason_set(r->reason, "line %u column %u: %.120s%.80s", at->line,
                      at->column, what, detail);
}

/* The member, checked for its type; NULL when absent. */
static int model_json_optional(const ModelReader *r, const JsonValue *object,
                               const char *key, enum JsonType type,
                               const JsonValue **value)
{
    *value = json_member(object, key);
    if (!*value || (*value)->type == type)
        return 0;
    return reason_set(r->reason,
                      "line %u column %u: \"%s\" must be %s, not "
                      "%s",
                      (*value)->line, (*value)->column, key,
                      json_type_name(type), json_type_name((*value)->type));
}

static int model_json_required(const ModelReader *r, const JsonValue *object,
                               const char *key, enum JsonType type,
                               const JsonValue **value)
{
    const int err = model_json_optional(r, object, key, type, value);
    if (!err && !*value)
        return model_json_fail(r, object, "missing member: ", key);
    return err;
}

/* As optional, and null counts as absent. */
static int model_json_nullable(const ModelReader *r, const JsonValue *object,
                               const char *key, enum JsonType type,
                               const JsonValue **value)
{
    *value = json_member(object, key);
    if (!*value || (*value)->type == JSON_NULL) {
        *value = NULL;
        return 0;
    }
    return model_json_optional(r, object, key, type, value);
}

static int model_json_read_types(const ModelReader *r, const JsonValue *dict)
{
    static const char *const type_name[] = {
        [MODEL_TYPE_SVM_NUSVR] = "LIBSVMNUSVR",
        [MODEL_TYPE_BOOTSTRAP_SVM_NUSVR] = "BOOTSTRAP_LIBSVMNUSVR",
        [MODEL_TYPE_RESIDUE_BOOTSTRAP_SVM_NUSVR] =
            "RESIDUEBOOTSTRAP_LIBSVMNUSVR",
    };
    const JsonValue *v;
    int err = model_json_optional(r, dict, "model_type", JSON_STRING, &v);
    if (err)
        return err;
    for (int i = MODEL_TYPE_SVM_NUSVR;
         v && i <= MODEL_TYPE_RESIDUE_BOOTSTRAP_SVM_NUSVR; i++)
        if (!strcmp(v->text, type_name[i]))
            r->model->type = (enum ModelType)i;
    if (v && r->model->type == MODEL_TYPE_UNKNOWN)
        return model_json_fail(r, v, "unknown model_type: ", v->text);

    err = model_json_required(r, dict, "norm_type", JSON_STRING, &v);
    if (err)
        return err;
    if (!strcmp(v->text, "none"))
        r->model->norm = MODEL_NORM_NONE;
    else if (!strcmp(v->text, "linear_rescale"))
        r->model->norm = MODEL_NORM_LINEAR_RESCALE;
    else
        return model_json_fail(r, v, "unknown norm_type: ", v->text);
    return 0;
}

static int model_json_read_features(const ModelReader *r, const JsonValue *dict)
{
    VmafModel *const m = r->model;
    const JsonValue *names;
    const int err =
        model_json_required(r, dict, "feature_names", JSON_ARRAY, &names);
    if (err)
        return err;
    const unsigned cnt = json_count(names);
    if (!cnt || cnt > MODEL_FEATURE_MAX)
        return model_json_fail(r, names,
                               "\"feature_names\" must hold 1 to 64 "
                               "names",
                               "");
    m->feature = calloc(cnt, sizeof(*m->feature));
    if (!m->feature)
        return -ENOMEM;
    for (const JsonValue *v = names->first; v; v = v->next) {
        if (v->type != JSON_STRING)
            return model_json_fail(r, v,
                                   "a feature name must be a string, "
                                   "not ",
                                   json_type_name(v->type));
        ModelFeature *const f = &m->feature[m->feature_cnt];
        f->slope = 1;
        f->name = strdup(v->text);
        if (!f->name)
            return -ENOMEM;
        m->feature_cnt++;
    }
    return 0;
}

static int model_json_read_option(const ModelReader *r, const JsonValue *v,
                                  VmafFeatureDictionary **opts)
{
    char number[40];
    const char *text = number;
    if (v->type == JSON_STRING)
        text = v->text;
    else if (v->type == JSON_BOOL)
        text = v->number != 0 ? "true" : "false";
    else if (v->type == JSON_NUMBER)
        number_print(number, sizeof(number), "%.17g", v->number);
    else
        return model_json_fail(r, v,
                               "a feature option must be a number, a "
                               "string, true or false, not ",
                               json_type_name(v->type));

    const char *const earlier = dictionary_get(*opts, v->key);
    if (!earlier && *opts && (*opts)->cnt == MODEL_OPTION_MAX)
        return reason_set(r->reason,
                          "line %u column %u: a feature may have at most %d "
                          "options",
                          v->line, v->column, MODEL_OPTION_MAX);
    char *const kept = earlier ? strdup(earlier) : NULL;
    if (earlier && !kept)
        return -ENOMEM;
    int err = dictionary_set_normalised(opts, v->key, text);
    if (!err && kept && strcmp(kept, dictionary_get(*opts, v->key)))
        err = model_json_fail(r, v, "a second value for the option ", v->key);
    free(kept);
    return err;
}

/* Entries past the last feature are checked for their type, then ignored. */
static int model_json_read_options(const ModelReader *r, const JsonValue *dict)
{
    const JsonValue *list;
    int err =
        model_json_optional(r, dict, "feature_opts_dicts", JSON_ARRAY, &list);
    if (err || !list)
        return err;
    unsigned i = 0;
    for (const JsonValue *v = list->first; v; v = v->next, i++) {
        if (v->type != JSON_OBJECT)
            return model_json_fail(r, v,
                                   "options of a feature must be an "
                                   "object, not ",
                                   json_type_name(v->type));
        if (i >= r->model->feature_cnt)
            continue;
        for (const JsonValue *o = v->first; o && !err; o = o->next)
            err = model_json_read_option(r, o, &r->model->feature[i].opts);
        if (err)
            return err;
    }
    return 0;
}

/* An array with one number for the score, then one for each feature. */
static int model_json_read_scale(const ModelReader *r, const JsonValue *dict,
                                 const char *key, double *score,
                                 size_t feature_field)
{
    const JsonValue *list;
    const int err = model_json_required(r, dict, key, JSON_ARRAY, &list);
    if (err)
        return err;
    const unsigned cnt = json_count(list), want = r->model->feature_cnt + 1;
    if (cnt != want)
        return reason_set(r->reason,
                          "line %u column %u: \"%s\" must hold %u "
                          "numbers (the score, then each feature), not %u",
                          list->line, list->column, key, want, cnt);
    char *feature = (char *)r->model->feature;
    for (const JsonValue *v = list->first; v; v = v->next) {
        if (v->type != JSON_NUMBER)
            return model_json_fail(r, v, "expected a number, not ",
                                   json_type_name(v->type));
        if (v == list->first) {
            *score = v->number;
            continue;
        }
        memcpy(feature + feature_field, &v->number, sizeof(double));
        feature += sizeof(ModelFeature);
    }
    if (!strcmp(key, "slopes") && *score == 0)
        return model_json_fail(r, list,
                               "the first slope divides the score "
                               "and must not be 0",
                               "");
    return 0;
}

static int model_json_read_scales(const ModelReader *r, const JsonValue *dict)
{
    VmafModel *const m = r->model;
    m->slope = 1;
    if (m->norm == MODEL_NORM_NONE)
        return 0;
    const int err = model_json_read_scale(r, dict, "slopes", &m->slope,
                                          offsetof(ModelFeature, slope));
    if (err)
        return err;
    return model_json_read_scale(r, dict, "intercepts", &m->intercept,
                                 offsetof(ModelFeature, intercept));
}

static int model_json_read_svm(const ModelReader *r, const JsonValue *dict)
{
    Reason inner;
    const JsonValue *v;
    int err = model_json_required(r, dict, "model", JSON_STRING, &v);
    if (err)
        return err;
    err = svm_parse(&r->model->svm, v->text, r->model->feature_cnt, &inner);
    return err == -EINVAL ? model_json_fail(r, v, inner.text, "") : err;
}

static int model_json_read_clip(const ModelReader *r, const JsonValue *dict)
{
    if (r->flags & VMAF_MODEL_FLAG_DISABLE_CLIP)
        return 0;
    const JsonValue *v;
    const int err = model_json_nullable(r, dict, "score_clip", JSON_ARRAY, &v);
    if (err || !v)
        return err;
    const JsonValue *const min = v->first, *const max = min ? min->next : NULL;
    if (!max || min->type != JSON_NUMBER || max->type != JSON_NUMBER)
        return model_json_fail(r, v,
                               "\"score_clip\" must start with two "
                               "numbers",
                               "");
    r->model->clip_enabled = true;
    r->model->clip_min = min->number;
    r->model->clip_max = max->number;
    return 0;
}

static int model_json_read_knots(const ModelReader *r, const JsonValue *object)
{
    ModelTransform *const t = &r->model->transform;
    const JsonValue *list;
    const int err = model_json_nullable(r, object, "knots", JSON_ARRAY, &list);
    if (err || !list)
        return err;
    t->knot = calloc(json_count(list) + 1, sizeof(*t->knot));
    if (!t->knot)
        return -ENOMEM;
    for (const JsonValue *v = list->first; v; v = v->next) {
        const JsonValue *const x = v->first, *const y = x ? x->next : NULL;
        if (v->type != JSON_ARRAY || !y || y->next || x->type != JSON_NUMBER ||
            y->type != JSON_NUMBER)
            return model_json_fail(r, v, "a knot must be two numbers, [x, y]",
                                   "");
        ModelKnot *const k = &t->knot[t->knot_cnt++];
        *k = (ModelKnot){ x->number, y->number };
        if (t->knot_cnt > 1 && (k[0].x <= k[-1].x || k[0].y < k[-1].y))
            return model_json_fail(r, v,
                                   "from knot to knot x must grow and y "
                                   "must not fall",
                                   "");
    }
    return 0;
}

/* The text "true" is what the known files have; a JSON true means the same. */
static int model_json_read_switch(const ModelReader *r, const JsonValue *object,
                                  const char *key, bool *on)
{
    const JsonValue *const v = json_member(object, key);
    if (v && v->type == JSON_BOOL)
        *on = v->number != 0;
    else if (v && v->type == JSON_STRING)
        *on = !strcmp(v->text, "true");
    else if (v)
        return model_json_fail(r, v, key, " must be \"true\" or true");
    return 0;
}

static int model_json_read_coefficient(const ModelReader *r,
                                       const JsonValue *object, const char *key,
                                       bool *has, double *p)
{
    const JsonValue *v;
    const int err = model_json_nullable(r, object, key, JSON_NUMBER, &v);
    *has = !err && v;
    if (*has)
        *p = v->number;
    return err;
}

static int model_json_read_transform(const ModelReader *r,
                                     const JsonValue *dict)
{
    ModelTransform *const t = &r->model->transform;
    const JsonValue *object, *v;
    int err =
        model_json_optional(r, dict, "score_transform", JSON_OBJECT, &object);
    if (err || !object)
        return err;
    err = model_json_optional(r, object, "enabled", JSON_BOOL, &v);
    t->enabled = !err && v && v->number != 0;
    if (r->flags & VMAF_MODEL_FLAG_ENABLE_TRANSFORM)
        t->enabled = true;
    if (r->flags & VMAF_MODEL_FLAG_DISABLE_TRANSFORM)
        t->enabled = false;

    if (!err)
        err = model_json_read_coefficient(r, object, "p0", &t->has_p0, &t->p0);
    if (!err)
        err = model_json_read_coefficient(r, object, "p1", &t->has_p1, &t->p1);
    if (!err)
        err = model_json_read_coefficient(r, object, "p2", &t->has_p2, &t->p2);
    if (!err)
        err = model_json_read_knots(r, object);
    if (!err)
        err = model_json_read_switch(r, object, "out_lte_in", &t->out_lte_in);
    if (!err)
        err = model_json_read_switch(r, object, "out_gte_in", &t->out_gte_in);
    return err;
}

/* The one feature whose name contains `part`. */
static int model_json_find_feature(const ModelReader *r, const JsonValue *at,
                                   const char *part, unsigned *position)
{
    unsigned found = 0;
    for (unsigned i = 0; i < r->model->feature_cnt; i++) {
        if (!strstr(r->model->feature[i].name, part))
            continue;
        *position = i;
        found++;
    }
    if (found != 1)
        return reason_set(r->reason,
                          "line %u column %u: chroma correction "
                          "needs one feature named *%s*, not %u",
                          at->line, at->column, part, found);
    if (r->model->feature[*position].slope == 0)
        return model_json_fail(r, at,
                               "chroma correction divides by the slope "
                               "of a feature, which must not be 0: ",
                               part);
    return 0;
}

static int model_json_read_chroma(const ModelReader *r, const JsonValue *dict)
{
    ModelChroma *const c = &r->model->chroma;
    const JsonValue *v;
    int err = model_json_optional(r, dict, "chroma_correction_parameter",
                                  JSON_NUMBER, &v);
    /* 0 means no correction: it would replace a chroma feature of 0 by 0. */
    if (err || !v || v->number == 0)
        return err;
    err = model_json_find_feature(r, v, "adm3", &c->guide);
    if (!err)
        err = model_json_find_feature(r, v, "speed_chroma", &c->target);
    c->parameter = v->number;
    return err;
}

int model_json_read(VmafModel **model, const JsonValue *json, const char *name,
                    uint64_t flags, Reason *reason)
{
    /* In this order: features first, everything else refers to them. */
    static int (*const read[])(const ModelReader *, const JsonValue *) = {
        model_json_read_types,     model_json_read_features,
        model_json_read_options,   model_json_read_scales,
        model_json_read_svm,       model_json_read_clip,
        model_json_read_transform, model_json_read_chroma,
    };
    int err = -ENOMEM;
    VmafModel *const m = calloc(1, sizeof(*m));
    if (!m)
        return err;
    m->id = model_next_id();
    const ModelReader r = { .model = m, .flags = flags, .reason = reason };
    const JsonValue *dict;
    m->name = strdup(name);
    if (!m->name)
        goto fail;

    if (json->type == JSON_OBJECT)
        err = model_json_required(&r, json, "model_dict", JSON_OBJECT, &dict);
    else
        err = model_json_fail(&r, json, "a model must be an object, not ",
                              json_type_name(json->type));
    for (unsigned i = 0; i < sizeof(read) / sizeof(read[0]) && !err; i++)
        err = read[i](&r, dict);
    if (err)
        goto fail;
    *model = m;
    return 0;

fail:
    vmaf_model_destroy(m);
    return err;
}

bool model_json_is_collection(const JsonValue *root)
{
    return !json_member(root, "model_dict") && json_member(root, "0");
}
