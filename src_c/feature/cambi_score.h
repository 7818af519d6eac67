/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The CAMBI score of one picture: five scales, each pooled to a mean. */
#ifndef CAMBI_SCORE_H
#define CAMBI_SCORE_H

#include "cambi_heatmap.h"
#include "kernel/cambi/cambi.h"
#include "libvmaf/libvmaf.h"

typedef struct CambiSetup {
    const VmafContext *context; /* whose idle workers may help, or NULL */
    const CambiKernels *kernels;
    unsigned picture_w, picture_h, bpc;
    unsigned w, h;   /* working size */
    bool average;    /* the encode had fewer than 10 bits */
    bool halve;      /* start from half the working size */
    unsigned window; /* odd */
    double topk;     /* fraction of the pixels that is pooled */
    const CambiSteps *steps;
} CambiSetup;

typedef struct CambiScorer CambiScorer;

/* NULL: no memory. */
CambiScorer *cambi_score_open(const CambiSetup *setup);
void cambi_score_close(CambiScorer *scorer);

/* A picture to score; the heat maps, if any, get its contrasts. */
typedef struct CambiFrame {
    const VmafPicture *picture;
    const char *side;
    CambiHeatmap *heatmap; /* or NULL */
    unsigned index;
    bool samples_checked; /* none has more bits than the picture */
} CambiFrame;

/* -EINVAL: a sample has more bits than the picture. -ENOMEM. */
int cambi_score(CambiScorer *scorer, const CambiFrame *frame, double *score);

#endif
