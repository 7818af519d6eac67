/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What speed_chroma and speed_temporal share: options, one instance's memory,
 * and the way from pairs of planes to a score for each pair.
 */
#ifndef FEATURE_SPEED_H
#define FEATURE_SPEED_H

#include "engine/extractor.h"
#include "kernel/speed/speed.h"

#define SPEED_MAX_PAIRS (SPEED_MAX_PLANES / 2)

typedef struct SpeedOptions {
    double kernelscale, prescale, sigma_nn, nn_floor, max_val;
    const char *prescale_method;
} SpeedOptions;

/* Rows of an option table; `State` has a field `options`. */
#define SPEED_AT(State, field) (offsetof(State, options.field))
#define SPEED_NUMBER(State, field, short_name, text, normal, low, high)        \
    { .name = "speed_" #field,                                                 \
      .alias = short_name,                                                     \
      .help = text,                                                            \
      .type = PYVMAF_OPTION_DOUBLE,                                            \
      .offset = SPEED_AT(State, field),                                        \
      .default_number = normal,                                                \
      .min = low,                                                              \
      .max = high,                                                             \
      .flags = PYVMAF_OPTION_FEATURE_PARAM }
#define SPEED_OPTIONS(State)                                                   \
    SPEED_NUMBER(State, kernelscale, "ks", "size of the low pass, relative",   \
                 1, 0.1, 4),                                                   \
        SPEED_NUMBER(State, prescale, "ps",                                    \
                     "factor by which planes are resized", 1, 0.1, 4),         \
        { .name = "speed_prescale_method",                                     \
          .alias = "psm",                                                      \
          .help =                                                              \
              "how planes are resized: nearest, bilinear, bicubic, lanczos4",  \
          .type = PYVMAF_OPTION_STRING,                                        \
          .offset = SPEED_AT(State, prescale_method),                          \
          .default_text = "nearest",                                           \
          .flags = PYVMAF_OPTION_FEATURE_PARAM },                              \
        SPEED_NUMBER(State, sigma_nn, "snn", "variance of the neural noise",   \
                     0.29, 0.1, 2),                                            \
        SPEED_NUMBER(State, nn_floor, "nnf",                                   \
                     "detail below this share of the noise does not count", 0, \
                     0, 1),                                                    \
        SPEED_NUMBER(State, max_val, "mxv", "upper clip of chroma scores",     \
                     1000, 0, 1000)

/* One instance. */
typedef struct Speed {
    const VmafContext *context;
    const SpeedKernels *kernels;
    SpeedDecimate decimate;
    SpeedModel model;
    /* Of each plane, the reference's and the distorted one's in turn. */
    float *low[SPEED_MAX_PLANES];
    SpeedBlocks blocks[SPEED_MAX_PLANES];
    bool singular[SPEED_MAX_PLANES];
    unsigned block_cnt;
    void *memory, *scratch;
    size_t scratch_size;
} Speed;

/* A plane of both sides; what is subtracted from them may be NULL. */
typedef struct SpeedPair {
    const VmafPicture *ref, *dist, *minus_ref, *minus_dist;
    unsigned plane;
} SpeedPair;

typedef struct SpeedScore {
    float value;
    bool singular; /* one of the sides has no inverse covariance */
} SpeedScore;

/* Refuse option values; -EINVAL and a line that starts with `extractor`. */
int speed_configure(const char *extractor, const SpeedOptions *options);

/* For planes of that size, width and height. */
int speed_init(Speed *s, const char *extractor, const SpeedOptions *options,
               const PyvmafExtractorInit *init, const unsigned size[2]);
void speed_close(Speed *s);

/* Whether both make the same blocks of the same planes. */
bool speed_compatible(const SpeedOptions *options, const SpeedOptions *other);

/* The blocks of each pair of planes, at most SPEED_MAX_PAIRS; `ref_known`: those
 * of the references are still there from the call before. */
void speed_analyse(Speed *s, const SpeedPair *pair, unsigned cnt,
                   bool ref_known);

/* speed_score.c: the score of the n-th pair that was analysed. */
SpeedScore speed_score(const Speed *s, unsigned n, const SpeedOptions *options,
                       int weight_mode);

#endif
