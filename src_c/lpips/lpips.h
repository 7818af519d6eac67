/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The arithmetic of the lpips extractor that is not a network: samples to the
 * network's input, and the network's features to a distance. The extractor is
 * pyvmaf/lpips; ONNX Runtime sits between the two.
 */
#ifndef LPIPS_H
#define LPIPS_H

#include <stddef.h>

/* How a picture becomes the network's input. */
typedef struct LpipsConversion {
    unsigned w, h;         /* of luma, at least 1 */
    unsigned bpc;          /* 8: bytes; 9 to 16: words */
    unsigned sub_x, sub_y; /* log2 of the chroma subsampling */
    int native;            /* skip rounding to 8 bits and to RGB bytes */
    int bilinear;          /* interpolate chroma; 0: repeat the sample */
    float site_x, site_y;  /* first chroma sample, in luma samples: 0 or 0.5 */
    /* Of the samples as converted, so of `bpc` bits when native and of 8 bits
     * otherwise: normalised = (sample - offset) * scale. */
    float luma_offset, luma_scale, chroma_offset, chroma_scale;
    float red_v, green_u, green_v, blue_u;
    float table[3][256];    /* network input for an R, G, B byte */
    float gain[3], bias[3]; /* native: for R, G, B in 0 to 1 */
} LpipsConversion;

/*
 * Write the planes R, G, B of `how->w` x `how->h` floats to `out`. Strides are
 * in bytes. -ENOMEM when the row buffers cannot be allocated.
 */
int lpips_convert(const LpipsConversion *how, const void *const planes[3],
                  const ptrdiff_t strides[3], float *out);

/*
 * The sum, over the positions `first` to `last - 1`, of the weighted squared
 * distance between the unit vectors of two feature maps. `ref` and `dist` hold
 * `channels` planes of `positions` floats. A zero vector has no direction and
 * makes the sum NaN, as it does in the network's own graph.
 */
double lpips_distance(const float *ref, const float *dist, const float *weight,
                      unsigned channels, size_t positions, size_t first,
                      size_t last);

#endif
