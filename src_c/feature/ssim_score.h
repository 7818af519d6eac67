/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What float_ssim and float_ms_ssim have in common: means of terms, decibels. */
#ifndef FEATURE_SSIM_SCORE_H
#define FEATURE_SSIM_SCORE_H

#include <stddef.h>

#include "engine/extractor.h"
#include "kernel/ssim/ssim.h"

/* Rows of both option tables. */
#define SSIM_OPTION_ENABLE_LCS(state, of)                                      \
    { .name = "enable_lcs",                                                    \
      .help = "also publish luminance, contrast and structure" of,             \
      .type = PYVMAF_OPTION_BOOL,                                              \
      .offset = offsetof(state, enable_lcs) }

#define SSIM_OPTION_ENABLE_DB(state, score)                                    \
    { .name = "enable_db",                                                     \
      .help = "publish " score " in dB",                                       \
      .type = PYVMAF_OPTION_BOOL,                                              \
      .offset = offsetof(state, enable_db) }

#define SSIM_OPTION_CLIP_DB(state)                                             \
    { .name = "clip_db",                                                       \
      .help = "limit the dB by what one wrong sample would give",              \
      .type = PYVMAF_OPTION_BOOL,                                              \
      .offset = offsetof(state, clip_db) }

enum { SSIM_L, SSIM_C, SSIM_S, SSIM_LCS, SSIM_MEANS };

/* What the kernels of one instance work with. */
typedef struct SsimWork {
    const VmafContext *context;
    const SsimKernels *kernels;
    void *scratch;
    size_t scratch_size;
    SsimRow *row; /* as many as the window has positions down the planes */
} SsimWork;

/* Means over all positions of the window, each rounded to binary32, as the
 * definition's sums in order give them. `wanted` has a bit (1 << SSIM_...) for
 * each; others are 1. Of `call` the planes and their format are read. */
void ssim_score_means(const SsimWork *work, const SsimCompare *call,
                      unsigned wanted, double mean[SSIM_MEANS]);

/* Run one of the other kernels on `rows` rows. */
void ssim_score_run(const SsimWork *work, KernelFn kernel, const void *call,
                    unsigned rows);

/* The highest decibels: those of a squared error of half a step in the whole
 * picture, rounded up; infinite without `clip`. */
double ssim_score_cap(bool clip, unsigned bpc, unsigned w, unsigned h);

/* A score in decibels, at most `cap`; that also for a score of 1 and for what is
 * not a number. */
double ssim_score_decibels(double score, double cap);

#endif
