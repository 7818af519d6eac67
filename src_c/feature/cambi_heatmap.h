/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CAMBI's heat maps: a file per scale with the contrasts of each frame, as
 * 16-bit words in the machine's byte order.
 *
 * Instances that work for one context share the files. Each frame has its place
 * in them, so frames may be written in any order.
 */
#ifndef CAMBI_HEATMAP_H
#define CAMBI_HEATMAP_H

#include <stddef.h>

#include "libvmaf/libvmaf.h"

typedef struct CambiHeatmap CambiHeatmap;

typedef struct CambiHeatmapSetup {
    const VmafContext *context; /* instances of another have other files */
    const char *folder;         /* made when it is not there */
    unsigned w, h;              /* in the names of the files, of scale 0 */
    double gain;                /* of a word over a contrast */
} CambiHeatmapSetup;

/* Make the folder; 0 when files can be made there, or -errno, which is logged. */
int cambi_heatmap_check(const char *folder);

/* Empties the files when it is the first of its context. 0 or -errno, which is
 * logged. */
int cambi_heatmap_open(CambiHeatmap **heatmap, const CambiHeatmapSetup *setup);
void cambi_heatmap_close(CambiHeatmap *heatmap);

/* The n contrasts of a frame at one scale. 0 or -errno, which is logged. */
typedef struct CambiHeat {
    unsigned scale, index;
    const float *map;
    size_t n;
} CambiHeat;
int cambi_heatmap_write(CambiHeatmap *heatmap, const CambiHeat *heat);

#endif
