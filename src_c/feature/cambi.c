/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CAMBI: how visible banding is in the distorted picture, and on demand in the
 * reference and by how much more in the distorted one.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cambi_score.h"
#include "cambi_steps.h"
#include "engine/extractor.h"
#include "engine/log.h"
#include "kernel/table.h"
#include "smaller.h"

#define MIN_SIZE 216  /* of one side of the working size */
#define MAX_WINDOW 65 /* the kernel's */
#define DEFAULT_TOPK 0.6

typedef struct CambiState {
    double max_val, topk, cambi_topk, tvi_threshold, vis_lum_threshold;
    int enc_width, enc_height, enc_bitdepth, src_width, src_height;
    int window_size, max_log_contrast, high_res_speedup;
    bool full_ref;
    const char *heatmaps_path, *eotf, *cambi_eotf;
    CambiSteps steps;
    CambiScorer *dist, *ref; /* ref: with full_ref only */
    CambiHeatmap *heatmap;   /* with heatmaps_path only */
} CambiState;

#define AT(field) offsetof(CambiState, field)
#define PARAM PYVMAF_OPTION_FEATURE_PARAM

static const PyvmafOption options[] = {
    { .name = "cambi_max_val",
      .alias = "cmxv",
      .help = "upper clip",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(max_val),
      .default_number = 1000,
      .min = 0,
      .max = 1000,
      .flags = PARAM },
    { .name = "enc_width",
      .alias = "encw",
      .help = "width of the encode, to which the distorted picture is brought",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(enc_width),
      .min = 180,
      .max = 7680,
      .flags = PARAM },
    { .name = "enc_height",
      .alias = "ench",
      .help = "height of the encode",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(enc_height),
      .min = 150,
      .max = 7680,
      .flags = PARAM },
    { .name = "enc_bitdepth",
      .alias = "encbd",
      .help = "bit depth of the encode; below 10, 2x2 samples are averaged",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(enc_bitdepth),
      .min = 6,
      .max = 16,
      .flags = PARAM },
    { .name = "src_width",
      .alias = "srcw",
      .help = "width to which the reference is brought",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(src_width),
      .min = 320,
      .max = 7680,
      .flags = PARAM },
    { .name = "src_height",
      .alias = "srch",
      .help = "height to which the reference is brought",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(src_height),
      .min = 200,
      .max = 4320,
      .flags = PARAM },
    { .name = "window_size",
      .alias = "ws",
      .help = "side of the window at 3840x2160, in pixels",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(window_size),
      .default_number = 65,
      .min = 15,
      .max = 127,
      .flags = PARAM },
    { .name = "topk",
      .help = "fraction of the pixels that is pooled; 0.6: cambi_topk is taken",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(topk),
      .default_number = DEFAULT_TOPK,
      .min = 0.0001,
      .max = 1,
      .flags = PARAM },
    { .name = "cambi_topk",
      .alias = "ctpk",
      .help = "fraction of the pixels that is pooled",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(cambi_topk),
      .default_number = DEFAULT_TOPK,
      .min = 0.0001,
      .max = 1,
      .flags = PARAM },
    { .name = "tvi_threshold",
      .alias = "tvit",
      .help = "relative step of luminance that is visible",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(tvi_threshold),
      .default_number = 0.019,
      .min = 0.0001,
      .max = 1,
      .flags = PARAM },
    { .name = "cambi_vis_lum_threshold",
      .alias = "vlt",
      .help = "luminance in cd/m2 below which banding is ignored",
      .type = PYVMAF_OPTION_DOUBLE,
      .offset = AT(vis_lum_threshold),
      .min = 0,
      .max = 300,
      .flags = PARAM },
    { .name = "max_log_contrast",
      .alias = "mlc",
      .help = "steps of up to two to this power are looked at",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(max_log_contrast),
      .default_number = 2,
      .min = 0,
      .max = 5,
      .flags = PARAM },
    { .name = "heatmaps_path",
      .help = "folder that the heat maps go to",
      .type = PYVMAF_OPTION_STRING,
      .offset = AT(heatmaps_path) },
    { .name = "full_ref",
      .help = "also score the reference, and the difference",
      .type = PYVMAF_OPTION_BOOL,
      .offset = AT(full_ref) },
    { .name = "eotf",
      .help = "bt1886 or pq",
      .type = PYVMAF_OPTION_STRING,
      .offset = AT(eotf),
      .default_text = "bt1886",
      .flags = PARAM },
    { .name = "cambi_eotf",
      .alias = "ceot",
      .help = "bt1886 or pq; bt1886: eotf is taken",
      .type = PYVMAF_OPTION_STRING,
      .offset = AT(cambi_eotf),
      .default_text = "bt1886",
      .flags = PARAM },
    { .name = "cambi_high_res_speedup",
      .alias = "hrs",
      .help = "halve encodes of as many pixels as 1080p, 1440p or 2160p has: "
              "1080, 1440, 2160; 0: never",
      .type = PYVMAF_OPTION_INT,
      .offset = AT(high_res_speedup),
      .min = 0,
      .max = 2160,
      .flags = PARAM },
    { .name = NULL },
};

static const char *const features[] = { "Cambi_feature_cambi_score", NULL };
static const char *const extras[] = { "cambi_source", "cambi_full_reference",
                                      NULL };

typedef struct Size {
    unsigned w, h;
} Size;

/* Sizes and windows of both pictures. */
typedef struct Working {
    Size enc, src;
    bool halve;
    unsigned enc_window, src_window;
} Working;

static Size given_or(int w, int h, Size picture)
{
    return w && h ? (Size){ (unsigned)w, (unsigned)h } : picture;
}

static int check_size(const char *which, Size size)
{
    if (size.w >= MIN_SIZE || size.h >= MIN_SIZE)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "cambi: %s of %ux%u; one side must be %d or more", which, size.w,
             size.h, MIN_SIZE);
    return -EINVAL;
}

/* Neither may be the larger one in one direction and the smaller one in the
 * other. */
static int check_shapes(Size enc, Size src)
{
    if (!(src.w > enc.w && src.h < enc.h) && !(src.w < enc.w && src.h > enc.h))
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "cambi: source of %ux%u and encode of %ux%u; one must be the "
             "larger in both directions",
             src.w, src.h, enc.w, enc.h);
    return -EINVAL;
}

static bool is_halved(int speedup, Size enc)
{
    static const struct {
        int option;
        unsigned pixels;
    } least[] = {
        { 1080, 1920 * 1080 },
        { 1440, 2560 * 1440 },
        { 2160, 3840 * 2160 },
    };
    for (size_t i = 0; i < sizeof least / sizeof *least; i++)
        if (speedup == least[i].option)
            return (uint64_t)enc.w * enc.h >= least[i].pixels;
    return false;
}

/* In proportion to the size; 375 is (3840 + 2160) / 16. */
static unsigned window(int window_size, Size size, bool halve)
{
    unsigned side = (unsigned)window_size * (size.w + size.h) / 375 >> 4;
    if (halve)
        side = (side + 1) >> 1;
    return side | 1;
}

static int check_window(unsigned side, Size size)
{
    if (side <= MAX_WINDOW)
        return 0;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "cambi: %ux%u needs a window of %u, %d is the most; set "
             "window_size lower or cambi_high_res_speedup",
             size.w, size.h, side, MAX_WINDOW);
    return -EINVAL;
}

static int find_working(const CambiState *s, Size picture, Working *work)
{
    Size enc = given_or(s->enc_width, s->enc_height, picture);
    const Size src = given_or(s->src_width, s->src_height, picture);
    if (enc.w > picture.w || enc.h > picture.h)
        enc = picture;
    int err = check_size("encode", enc);
    if (!err)
        err = check_size("source", src);
    if (!err)
        err = check_shapes(enc, src);
    *work = (Working){ .enc = enc, .src = src };
    work->halve = is_halved(s->high_res_speedup, enc);
    work->enc_window = window(s->window_size, enc, work->halve);
    work->src_window = window(s->window_size, src, work->halve);
    if (!err)
        err = check_window(work->enc_window, enc);
    if (!err)
        err = check_window(work->src_window, src);
    return err;
}

static int find_eotf(const char *option, const char *name, enum CambiEotf *eotf)
{
    if (!strcmp(name, "bt1886") || !strcmp(name, "pq")) {
        *eotf = !strcmp(name, "pq") ? CAMBI_PQ : CAMBI_BT1886;
        return 0;
    }
    log_line(VMAF_LOG_LEVEL_ERROR, "cambi: %s is \"%s\", must be bt1886 or pq",
             option, name);
    return -EINVAL;
}

/* What no picture can make right. The encode's size can be: where the picture is
 * smaller, that is taken. */
static int check_options(const CambiState *s)
{
    const Size src = given_or(s->src_width, s->src_height, (Size){ 0, 0 });
    const bool halve = s->high_res_speedup != 0;
    const int err = check_window(window(s->window_size, src, halve), src);
    if (!err && s->heatmaps_path)
        return cambi_heatmap_check(s->heatmaps_path);
    return err;
}

/* cambi_eotf wins over eotf unless it has the default value. */
static int cambi_configure(void *state, PyvmafNeeds *needs)
{
    CambiState *s = state;
    enum CambiEotf first, second;
    if (s->full_ref)
        needs->unread_ref = PYVMAF_CHROMA;
    int err = find_eotf("eotf", s->eotf, &second);
    if (!err)
        err = find_eotf("cambi_eotf", s->cambi_eotf, &first);
    if (!err)
        err = check_options(s);
    if (err)
        return err;
    s->steps = cambi_steps(&(CambiVisibility){
        .eotf = first != CAMBI_BT1886 ? first : second,
        .threshold = s->tvi_threshold,
        .min_luminance = s->vis_lum_threshold,
        .steps = 1u << s->max_log_contrast,
    });
    return 0;
}

/* The greatest contrast of a window becomes the greatest word. */
static int open_heatmap(CambiState *s, const PyvmafExtractorInit *init,
                        const Working *work)
{
    const unsigned most = (unsigned)cambi_weights()[s->steps.cnt - 1] *
                          work->enc_window * work->enc_window / 4;
    return cambi_heatmap_open(&s->heatmap,
                              &(CambiHeatmapSetup){
                                  .context = init->context,
                                  .folder = s->heatmaps_path,
                                  .w = work->enc.w,
                                  .h = work->enc.h,
                                  .gain = most ? 65535. / most : 0.,
                              });
}

static int open_scorers(CambiState *s, const PyvmafExtractorInit *init,
                        const Working *work)
{
    const unsigned bits =
        s->enc_bitdepth ? (unsigned)s->enc_bitdepth : init->bpc;
    CambiSetup setup = {
        .context = init->context,
        .kernels = kernel_table(init->cpu_flags)->cambi,
        .picture_w = init->w,
        .picture_h = init->h,
        .bpc = init->bpc,
        .w = work->enc.w,
        .h = work->enc.h,
        .average = bits < 10,
        .halve = work->halve,
        .window = work->enc_window,
        .topk = s->topk != DEFAULT_TOPK ? s->topk : s->cambi_topk,
        .steps = &s->steps,
    };
    s->dist = cambi_score_open(&setup);
    if (!s->dist)
        return -ENOMEM;
    if (!s->full_ref)
        return 0;
    setup.w = work->src.w;
    setup.h = work->src.h;
    setup.window = work->src_window;
    s->ref = cambi_score_open(&setup);
    return s->ref ? 0 : -ENOMEM;
}

static int cambi_close(void *state)
{
    CambiState *s = state;
    cambi_score_close(s->dist);
    cambi_score_close(s->ref);
    cambi_heatmap_close(s->heatmap);
    return 0;
}

static int cambi_init(void *state, const PyvmafExtractorInit *init)
{
    CambiState *s = state;
    Working work;
    int err = find_working(s, (Size){ init->w, init->h }, &work);
    if (!err)
        err = open_scorers(s, init, &work);
    if (!err && s->heatmaps_path)
        err = open_heatmap(s, init, &work);
    if (err)
        cambi_close(s);
    return err;
}

/* Of the distorted picture and of the reference, or why there is none. */
typedef struct Scores {
    double dist, ref;
    int dist_err, ref_err;
} Scores;

static int publish(const PyvmafShare *share, const Scores *found,
                   unsigned index)
{
    const CambiState *s = share->settings;
    const double more = found->dist - found->ref;
    const double value[] = { found->dist, found->ref, more > 0. ? more : 0. };
    const unsigned wanted = s->full_ref && !found->ref_err ? 3 : 1;
    int err = 0;
    if (found->dist_err)
        return found->dist_err;
    for (unsigned i = 0; i < wanted; i++)
        err = extractor_first_error(
            err, pyvmaf_scores_put(share->scores, i,
                                   smaller(value[i], s->max_val), index));
    return extractor_first_error(err, s->full_ref ? found->ref_err : 0);
}

/* The first lane's instance works for all: its memory stays in the caches, and
 * the reference is scored once. */
static void cambi_extract_lanes(PyvmafLane *lane, unsigned cnt)
{
    CambiState *s = lane->state;
    const unsigned index = lane->frame->index;
    CambiFrame of = { .index = index };
    Scores found = { 0 };
    if (s->full_ref) {
        of.picture = lane->frame->ref;
        of.side = "reference";
        of.samples_checked = lane->frame->samples_checked;
        found.ref_err = cambi_score(s->ref, &of, &found.ref);
    }
    of.side = "distorted";
    of.heatmap = s->heatmap;
    for (unsigned i = 0; i < cnt; i++) {
        of.picture = lane[i].frame->dist;
        of.samples_checked = lane[i].frame->samples_checked;
        found.dist_err = cambi_score(s->dist, &of, &found.dist);
        for (unsigned v = 0; v < lane[i].cnt; v++)
            lane[i].err = extractor_first_error(
                lane[i].err, publish(&lane[i].share[v], &found, index));
    }
}

/* The limit comes after the scores; heat maps are the stream's own. */
static bool cambi_compatible(const void *settings, const void *other)
{
    const CambiState *s = settings, *o = other;
    return !s->heatmaps_path && !o->heatmaps_path &&
           s->full_ref == o->full_ref && s->topk == o->topk &&
           s->cambi_topk == o->cambi_topk && s->enc_width == o->enc_width &&
           s->enc_height == o->enc_height &&
           s->enc_bitdepth == o->enc_bitdepth && s->src_width == o->src_width &&
           s->src_height == o->src_height && s->window_size == o->window_size &&
           s->high_res_speedup == o->high_res_speedup &&
           !memcmp(&s->steps, &o->steps, sizeof s->steps);
}

const PyvmafExtractor extractor_cambi = {
    .name = "cambi",
    .help = "visible banding of the distorted picture",
    .features = features,
    .extras = extras,
    .options = options,
    .state_size = sizeof(CambiState),
    .needs = { .unread_ref = PYVMAF_PLANES, .unread_dist = PYVMAF_CHROMA },
    .configure = cambi_configure,
    .init = cambi_init,
    .close = cambi_close,
    .compatible = cambi_compatible,
    .extract_lanes = cambi_extract_lanes,
};
