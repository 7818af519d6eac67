/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float SSIM: structural similarity of luma under a Gaussian window, after a box
 * decimation that brings the shorter side near 256.
 *
 * The kernels decimate and compare; here row sums become means, which are what is
 * published.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "engine/extractor.h"
#include "engine/log.h"
#include "kernel/table.h"
#include "ssim_score.h"
#include "memory.h"

typedef struct FloatSsimState {
    bool enable_lcs, enable_db, clip_db;
    int scale;
    unsigned w, h, bpc;                /* of luma */
    unsigned factor, small_w, small_h; /* of what is compared */
    double cap;                        /* dB */
    SsimWork work;
    void *memory;      /* all that follows lies in it */
    float *ref, *dist; /* decimated planes, if any */
    size_t stride;
} FloatSsimState;

#define AT(field) offsetof(FloatSsimState, field)

static const PyvmafOption options[] = {
    SSIM_OPTION_ENABLE_LCS(FloatSsimState, ""),
    SSIM_OPTION_ENABLE_DB(FloatSsimState, "float_ssim"),
    SSIM_OPTION_CLIP_DB(FloatSsimState),
    { .name = "scale",
      .help = "decimation factor; 0: the shorter side divided by 256",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(scale),
      .min = 0,
      .max = 10 },
    { .name = NULL },
};

static const char *const features[] = { "float_ssim", NULL };
static const char *const extras[] = { "float_ssim_l", "float_ssim_c",
                                      "float_ssim_s", NULL };

static void lay_out(void *state, Workspace *ws)
{
    FloatSsimState *s = state;
    const unsigned rows = s->small_h - (SSIM_TAPS - 1);
    s->work.scratch = workspace_take(ws, s->work.scratch_size);
    s->work.row = workspace_take(ws, rows * sizeof(SsimRow));
    if (s->factor == 1)
        return;
    s->stride = workspace_align(s->small_w * sizeof(float));
    s->ref = workspace_take(ws, s->stride * s->small_h);
    s->dist = workspace_take(ws, s->stride * s->small_h);
}

/* An odd side gets one more position whatever the factor is. */
static unsigned decimated(unsigned n, unsigned factor)
{
    return factor > 1 ? n / factor + n % 2 : n;
}

static unsigned auto_factor(unsigned w, unsigned h)
{
    const unsigned factor = ((w < h ? w : h) + 128) / 256;
    return factor ? factor : 1;
}

static int float_ssim_init(void *state, const PyvmafExtractorInit *init)
{
    FloatSsimState *s = state;
    s->w = init->w;
    s->h = init->h;
    s->bpc = init->bpc;
    s->factor = s->scale ? (unsigned)s->scale : auto_factor(s->w, s->h);
    s->small_w = decimated(s->w, s->factor);
    s->small_h = decimated(s->h, s->factor);
    if (s->small_w < SSIM_TAPS || s->small_h < SSIM_TAPS) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "float_ssim: picture of %ux%u, decimated by %u to %ux%u; its "
                 "window needs %dx%d or more",
                 s->w, s->h, s->factor, s->small_w, s->small_h, SSIM_TAPS,
                 SSIM_TAPS);
        return -EINVAL;
    }
    s->cap = ssim_score_cap(s->clip_db, s->bpc, s->w, s->h);
    s->work.context = init->context;
    s->work.kernels = kernel_table(init->cpu_flags)->ssim;
    s->work.scratch_size = s->work.kernels->scratch_size(s->w);
    s->memory = memory_alloc(lay_out, s);
    return s->memory ? 0 : -ENOMEM;
}

static int float_ssim_close(void *state)
{
    FloatSsimState *s = state;
    free(s->memory);
    s->memory = NULL;
    return 0;
}

static void shrink(const FloatSsimState *s, const VmafPicture *picture,
                   float *dst)
{
    const SsimShrink call = {
        .src = picture->data[0],
        .dst = dst,
        .src_stride = picture->stride[0],
        .dst_stride = (ptrdiff_t)s->stride,
        .w = s->w,
        .h = s->h,
        .bpc = s->bpc,
        .factor = s->factor,
    };
    ssim_score_run(&s->work, s->work.kernels->shrink, &call, s->small_h);
}

static void measure(const FloatSsimState *s, const PyvmafFrame *frame,
                    double mean[SSIM_MEANS])
{
    SsimCompare call = {
        .ref = frame->ref->data[0],
        .dist = frame->dist->data[0],
        .ref_stride = frame->ref->stride[0],
        .dist_stride = frame->dist->stride[0],
        .w = s->small_w,
        .h = s->small_h,
        .bpc = s->bpc,
    };
    if (s->factor > 1) {
        shrink(s, frame->ref, s->ref);
        shrink(s, frame->dist, s->dist);
        call.ref = s->ref;
        call.dist = s->dist;
        call.ref_stride = call.dist_stride = (ptrdiff_t)s->stride;
        call.bpc = SSIM_BINARY32;
    }
    const unsigned parts = 1 << SSIM_L | 1 << SSIM_C | 1 << SSIM_S;
    ssim_score_means(&s->work, &call,
                     1 << SSIM_LCS | (s->enable_lcs ? parts : 0), mean);
}

static int float_ssim_extract(void *state, const PyvmafFrame *frame,
                              PyvmafScores *scores)
{
    const FloatSsimState *s = state;
    double mean[SSIM_MEANS];
    measure(s, frame, mean);
    if (s->enable_db)
        mean[SSIM_LCS] = ssim_score_decibels(mean[SSIM_LCS], s->cap);
    int err = pyvmaf_scores_put(scores, 0, mean[SSIM_LCS], frame->index);
    for (unsigned i = SSIM_L; i <= SSIM_S && s->enable_lcs; i++)
        err = extractor_first_error(
            err, pyvmaf_scores_put(scores, 1 + i, mean[i], frame->index));
    return err;
}

const PyvmafExtractor extractor_float_ssim = {
    .name = "float_ssim",
    .help = "structural similarity of luma at one scale",
    .features = features,
    .extras = extras,
    .options = options,
    .state_size = sizeof(FloatSsimState),
    .needs = { .unread_ref = PYVMAF_CHROMA, .unread_dist = PYVMAF_CHROMA },
    .init = float_ssim_init,
    .extract = float_ssim_extract,
    .close = float_ssim_close,
};
