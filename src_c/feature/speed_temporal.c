/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* speed_temporal: how much the detail of luma's change from the frame before
 * differs. */
#include <errno.h>

#include "engine/log.h"
#include "speed.h"

#define NAME "speed_temporal"

typedef struct TemporalState {
    SpeedOptions options;
    bool use_ref_diff;
    Speed speed;
} TemporalState;

static const PyvmafOption options[] = {
    SPEED_OPTIONS(TemporalState),
    { .name = "speed_use_ref_diff",
      .alias = "urd",
      .help = "take the distorted change against the current reference",
      .type = PYVMAF_OPTION_BOOL,
      .offset = offsetof(TemporalState, use_ref_diff),
      .flags = PYVMAF_OPTION_FEATURE_PARAM },
    { .name = NULL },
};

static const char *const features[] = {
    "Speed_temporal_feature_speed_temporal_score",
    NULL,
};

static int temporal_configure(void *state, PyvmafNeeds *needs)
{
    (void)needs;
    return speed_configure(NAME, &((TemporalState *)state)->options);
}

static int temporal_init(void *state, const PyvmafExtractorInit *init)
{
    TemporalState *s = state;
    const unsigned size[2] = { init->w, init->h };
    return speed_init(&s->speed, NAME, &s->options, init, size);
}

static int check_earlier(const PyvmafFrame *frame)
{
    const PyvmafEarlier *earlier = &frame->earlier[0];
    if (earlier->ref && earlier->index == frame->index - 1)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             NAME ": frame %u has no frame %u before it; frames are "
                  "numbered 0, 1, 2, ..., or a range has a frame of "
                  "pyvmaf_read_halo() before it",
             frame->index, frame->index - 1);
    return -EINVAL;
}

static void analyse(TemporalState *s, const PyvmafFrame *frame, bool ref_known)
{
    const PyvmafEarlier *earlier = &frame->earlier[0];
    const SpeedPair pair = {
        .ref = earlier->ref,
        .minus_ref = frame->ref,
        .dist = earlier->dist,
        .minus_dist = s->use_ref_diff ? frame->ref : frame->dist,
    };
    speed_analyse(&s->speed, &pair, 1, ref_known);
}

static int publish(const Speed *speed, const PyvmafShare *share, unsigned index)
{
    const TemporalState *settings = share->settings;
    const SpeedScore score = index
                                 ? speed_score(speed, 0, &settings->options, 0)
                                 : (SpeedScore){ 0 };
    return pyvmaf_scores_put(share->scores, 0, (double)score.value, index);
}

/* The first lane's instance works for all: what it has of the reference stays. */
static void temporal_extract_lanes(PyvmafLane *lane, unsigned cnt)
{
    TemporalState *s = lane->state;
    const unsigned index = lane->frame->index;
    if (lane->frame->halo)
        return;
    const int err = index ? check_earlier(lane->frame) : 0;
    for (unsigned i = 0; i < cnt; i++) {
        lane[i].err = err;
        if (index && !err)
            analyse(s, lane[i].frame, i > 0);
        for (unsigned v = 0; v < lane[i].cnt && !err; v++)
            lane[i].err = extractor_first_error(
                lane[i].err, publish(&s->speed, &lane[i].share[v], index));
    }
}

/* The floor comes after the blocks. */
static bool temporal_compatible(const void *settings, const void *other)
{
    const TemporalState *s = settings, *o = other;
    return s->use_ref_diff == o->use_ref_diff &&
           speed_compatible(&s->options, &o->options);
}

static int temporal_close(void *state)
{
    TemporalState *s = state;
    speed_close(&s->speed);
    return 0;
}

const PyvmafExtractor extractor_speed_temporal = {
    .name = NAME,
    .help = "difference of local detail (SpEED) in luma's change over time",
    .features = features,
    .options = options,
    .state_size = sizeof(TemporalState),
    .needs = { .every_frame = true,
               .earlier_ref = 1,
               .earlier_dist = 1,
               .look_back = 1,
               .unread_ref = PYVMAF_CHROMA,
               .unread_dist = PYVMAF_CHROMA },
    .configure = temporal_configure,
    .init = temporal_init,
    .close = temporal_close,
    .compatible = temporal_compatible,
    .extract_lanes = temporal_extract_lanes,
};
