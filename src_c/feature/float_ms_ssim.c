/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float MS-SSIM: structural similarity of luma at five levels, each half the size
 * of the one before, as a product of weighted means.
 *
 * pow() and log10() are the C library's; the stored numbers are glibc's.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "engine/extractor.h"
#include "kernel/table.h"
#include "ssim_score.h"
#include "memory.h"

#define LEVELS 5
/* Halved four times and rounded down, a side must still hold the window. */
#define MIN_SIZE (SSIM_TAPS << (LEVELS - 1))

/* Exponents of the means of each level, in binary32. */
static const float luminance_weight[LEVELS] = { 0.f, 0.f, 0.f, 0.f, 0.1333f };
static const float weight[LEVELS] = { 0.0448f, 0.2856f, 0.3001f, 0.2363f,
                                      0.1333f };

/* A plane of levels 1 to 4, with the rows that hold faint values. */
typedef struct Level {
    float *plane;
    uint8_t *faint;
} Level;

typedef struct FloatMsSsimState {
    bool enable_lcs, enable_db, clip_db;
    unsigned w[LEVELS], h[LEVELS], bpc;
    double cap; /* dB */
    SsimWork work;
    void *memory;                    /* all that follows lies in it */
    Level ref[LEVELS], dist[LEVELS]; /* [0] is unused: the pictures are */
    size_t stride[LEVELS];
} FloatMsSsimState;

static const PyvmafOption options[] = {
    SSIM_OPTION_ENABLE_LCS(FloatMsSsimState, " of each level"),
    SSIM_OPTION_ENABLE_DB(FloatMsSsimState, "float_ms_ssim"),
    SSIM_OPTION_CLIP_DB(FloatMsSsimState),
    { .name = NULL },
};

static const char *const features[] = { "float_ms_ssim", NULL };

#define PARTS(kind)                                                            \
    "float_ms_ssim_" kind "_scale0", "float_ms_ssim_" kind "_scale1",          \
        "float_ms_ssim_" kind "_scale2", "float_ms_ssim_" kind "_scale3",      \
        "float_ms_ssim_" kind "_scale4"

static const char *const extras[] = { PARTS("l"), PARTS("c"), PARTS("s"),
                                      NULL };

static void lay_out(void *state, Workspace *ws)
{
    FloatMsSsimState *s = state;
    const unsigned rows = s->h[0] - (SSIM_TAPS - 1);
    s->work.scratch = workspace_take(ws, s->work.scratch_size);
    s->work.row = workspace_take(ws, rows * sizeof(SsimRow));
    for (unsigned i = 1; i < LEVELS; i++) {
        Level *side[] = { &s->ref[i], &s->dist[i] };
        s->stride[i] = workspace_align(s->w[i] * sizeof(float));
        for (unsigned k = 0; k < 2; k++) {
            side[k]->plane = workspace_take(ws, s->stride[i] * s->h[i]);
            side[k]->faint = workspace_take(ws, s->h[i]);
        }
    }
}

static int float_ms_ssim_init(void *state, const PyvmafExtractorInit *init)
{
    FloatMsSsimState *s = state;
    const int err = extractor_check_size(init, MIN_SIZE, "float_ms_ssim",
                                         "five levels need");
    if (err)
        return err;
    s->w[0] = init->w;
    s->h[0] = init->h;
    for (unsigned i = 1; i < LEVELS; i++) {
        s->w[i] = (s->w[i - 1] + 1) / 2;
        s->h[i] = (s->h[i - 1] + 1) / 2;
    }
    s->bpc = init->bpc;
    s->cap = ssim_score_cap(s->clip_db, init->bpc, init->w, init->h);
    s->work.context = init->context;
    s->work.kernels = kernel_table(init->cpu_flags)->ssim;
    s->work.scratch_size = s->work.kernels->scratch_size(init->w);
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int float_ms_ssim_close(void *state)
{
    FloatMsSsimState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

/* The planes of level i. */
static SsimCompare level_call(const FloatMsSsimState *s,
                              const PyvmafFrame *frame, unsigned i)
{
    SsimCompare call = {
        .ref = s->ref[i].plane,
        .dist = s->dist[i].plane,
        .ref_stride = (ptrdiff_t)s->stride[i],
        .dist_stride = (ptrdiff_t)s->stride[i],
        .w = s->w[i],
        .h = s->h[i],
        .bpc = SSIM_BINARY32,
    };
    if (i == 0) {
        call.ref = frame->ref->data[0];
        call.dist = frame->dist->data[0];
        call.ref_stride = frame->ref->stride[0];
        call.dist_stride = frame->dist->stride[0];
        call.bpc = s->bpc;
    }
    return call;
}

/* One side's plane of level i from that of the level before. */
static void halve(const FloatMsSsimState *s, const Level *level, unsigned i,
                  const void *src, ptrdiff_t src_stride)
{
    const SsimHalve call = {
        .src = src,
        .src_faint = i > 1 ? level[i - 1].faint : NULL,
        .dst = level[i].plane,
        .dst_faint = level[i].faint,
        .src_stride = src_stride,
        .dst_stride = (ptrdiff_t)s->stride[i],
        .w = s->w[i - 1],
        .h = s->h[i - 1],
        .bpc = i > 1 ? SSIM_BINARY32 : s->bpc,
    };
    ssim_score_run(&s->work, s->work.kernels->halve, &call, s->h[i]);
}

/* Means of every level; those that nobody needs are 1. */
static void measure(const FloatMsSsimState *s, const PyvmafFrame *frame,
                    double mean[LEVELS][SSIM_MEANS])
{
    for (unsigned i = 0; i < LEVELS; i++) {
        const SsimCompare call = level_call(s, frame, i);
        const bool luminance = s->enable_lcs || luminance_weight[i] != 0.f;
        ssim_score_means(&s->work, &call,
                         1 << SSIM_C | 1 << SSIM_S | luminance << SSIM_L,
                         mean[i]);
        if (i + 1 == LEVELS)
            break;
        halve(s, s->ref, i + 1, call.ref, call.ref_stride);
        halve(s, s->dist, i + 1, call.dist, call.dist_stride);
    }
}

/* A negative mean of structure makes it not a number. */
static double product(double mean[LEVELS][SSIM_MEANS])
{
    double score = 1.;
    for (unsigned i = 0; i < LEVELS; i++) {
        const double l = pow(mean[i][SSIM_L], (double)luminance_weight[i]);
        const double c = pow(mean[i][SSIM_C], (double)weight[i]);
        const double s = pow(mean[i][SSIM_S], (double)weight[i]);
        score *= l * c * s;
    }
    return score;
}

/* All of l, then of c, then of s. */
static int put_parts(double mean[LEVELS][SSIM_MEANS], PyvmafScores *scores,
                     unsigned index)
{
    int err = 0;
    for (unsigned i = 0; i < 3 * LEVELS; i++)
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, 1 + i, mean[i % LEVELS][i / LEVELS],
                                   index));
    return err;
}

static int float_ms_ssim_extract(void *state, const PyvmafFrame *frame,
                                 PyvmafScores *scores)
{
    const FloatMsSsimState *s = state;
    double mean[LEVELS][SSIM_MEANS];
    measure(s, frame, mean);
    double score = product(mean);
    if (s->enable_db)
        score = ssim_score_decibels(score, s->cap);
    int err = pyvmaf_scores_put(scores, 0, score, frame->index);
    if (s->enable_lcs)
        err = extractor_first_error(err, put_parts(mean, scores, frame->index));
    return err;
}

const PyvmafExtractor extractor_float_ms_ssim = {
    .name = "float_ms_ssim",
    .help = "structural similarity of luma at five scales",
    .features = features,
    .extras = extras,
    .options = options,
    .state_size = sizeof(FloatMsSsimState),
    .needs = { .unread_ref = PYVMAF_CHROMA, .unread_dist = PYVMAF_CHROMA },
    .init = float_ms_ssim_init,
    .extract = float_ms_ssim_extract,
    .close = float_ms_ssim_close,
};
