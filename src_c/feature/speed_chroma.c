/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* speed_chroma: how much the detail of U and V differs. */
#include <errno.h>

#include "engine/log.h"
#include "speed.h"

#define NAME "speed_chroma"

typedef struct ChromaState {
    SpeedOptions options;
    int weight_var_mode;
    Speed speed;
} ChromaState;

static const PyvmafOption options[] = {
    SPEED_OPTIONS(ChromaState),
    { .name = "speed_weight_var_mode",
      .alias = "wvm",
      .help = "whose variance weighs a block, 0 to 6; see docs/exactness.md",
      .type = PYVMAF_OPTION_INT,
      .offset = offsetof(ChromaState, weight_var_mode),
      .min = 0,
      .max = 6,
      .flags = PYVMAF_OPTION_FEATURE_PARAM },
    { .name = NULL },
};

static const char *const features[] = {
    "Speed_chroma_feature_speed_chroma_u_score",
    "Speed_chroma_feature_speed_chroma_v_score",
    "Speed_chroma_feature_speed_chroma_uv_score",
    NULL,
};

static int chroma_configure(void *state, PyvmafNeeds *needs)
{
    (void)needs;
    return speed_configure(NAME, &((ChromaState *)state)->options);
}

static int chroma_init(void *state, const PyvmafExtractorInit *init)
{
    ChromaState *s = state;
    const bool half_w = init->pix_fmt != VMAF_PIX_FMT_YUV444P;
    const bool half_h = init->pix_fmt == VMAF_PIX_FMT_YUV420P;
    const unsigned size[2] = { init->w >> half_w, init->h >> half_h };
    if (init->pix_fmt == VMAF_PIX_FMT_YUV400P) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 NAME ": 4:0:0 has no chroma; it scores 4:2:0, 4:2:2 and "
                      "4:4:4");
        return -EINVAL;
    }
    return speed_init(&s->speed, NAME, &s->options, init, size);
}

/* A plane that has no model does not speak for the other. */
static float both(const SpeedScore *u, const SpeedScore *v)
{
    if (u->singular != v->singular)
        return u->singular ? v->value : u->value;
    return (float)((double)(u->value + v->value) / 2);
}

static int publish(const ChromaState *s, const Speed *speed,
                   PyvmafScores *scores, unsigned index)
{
    const double limit = s->options.max_val;
    int err = 0;
    SpeedScore uv[2];
    for (unsigned i = 0; i < 2; i++)
        uv[i] = speed_score(speed, i, &s->options, s->weight_var_mode);
    const float value[] = { uv[0].value, uv[1].value, both(&uv[0], &uv[1]) };
    for (unsigned i = 0; i < 3; i++) {
        /* Not a number is published as the limit. */
        const double score = (double)value[i];
        err = extractor_first_error(
            err,
            pyvmaf_scores_put(scores, i, score < limit ? score : limit, index));
    }
    return err;
}

/* The first lane's instance works for all: what it has of the reference stays. */
static void chroma_extract_lanes(PyvmafLane *lane, unsigned cnt)
{
    Speed *speed = &((ChromaState *)lane->state)->speed;
    for (unsigned i = 0; i < cnt; i++) {
        const PyvmafFrame *frame = lane[i].frame;
        const SpeedPair pair[] = {
            { .ref = frame->ref, .dist = frame->dist, .plane = 1 },
            { .ref = frame->ref, .dist = frame->dist, .plane = 2 },
        };
        speed_analyse(speed, pair, 2, i > 0);
        for (unsigned v = 0; v < lane[i].cnt; v++) {
            const PyvmafShare *share = &lane[i].share[v];
            lane[i].err = extractor_first_error(
                lane[i].err,
                publish(share->settings, speed, share->scores, frame->index));
        }
    }
}

/* The floor, the weights and the limit come after the blocks. */
static bool chroma_compatible(const void *settings, const void *other)
{
    const ChromaState *s = settings, *o = other;
    return speed_compatible(&s->options, &o->options);
}

static int chroma_close(void *state)
{
    ChromaState *s = state;
    speed_close(&s->speed);
    return 0;
}

const PyvmafExtractor extractor_speed_chroma = {
    .name = NAME,
    .help = "difference of local detail (SpEED) in both chroma planes",
    .features = features,
    .options = options,
    .state_size = sizeof(ChromaState),
    .needs = { .unread_ref = PYVMAF_LUMA, .unread_dist = PYVMAF_LUMA },
    .configure = chroma_configure,
    .init = chroma_init,
    .close = chroma_close,
    .compatible = chroma_compatible,
    .extract_lanes = chroma_extract_lanes,
};
