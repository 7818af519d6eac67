/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What float_ssim and float_ms_ssim have in common: means of terms, decibels. */
#ifndef FEATURE_SSIM_SCORE_H
#define FEATURE_SSIM_SCORE_H

#include "engine/extractor.h"
#include "kernel/ssim/ssim.h"

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
