/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Colours of 8-bit video by chroma pair.
 *
 * A natural frame has a few thousand different pairs of Cb and Cr, each with at
 * most 256 levels of luma, and much the same ones as the frame before. So Lab of
 * all levels of a pair is computed once and looked up from then on.
 */
#ifndef CIEDE_PAIRS_H
#define CIEDE_PAIRS_H

#include "kernel/ciede/ciede.h"
#include "libvmaf/picture.h"

/* Pairs held at most, 4 KB each, and those of a frame: with more, looking up is
 * slower than computing, and little would be left of the frame before. */
#define CIEDE_PAIRS_HELD 8192
#define CIEDE_PAIRS_OF_FRAME 6144

typedef struct CiedePairs CiedePairs;

/* NULL: no memory. */
CiedePairs *ciede_pairs_create(void);
void ciede_pairs_destroy(CiedePairs *pairs);

/* The table for CiedeDelta.pairs, with all pairs of both pictures; NULL when
 * that is too much for now, and colours are to be computed. */
const CiedeColour *const *ciede_pairs_of(CiedePairs *pairs, KernelFn shades,
                                         const VmafPicture *ref,
                                         const VmafPicture *dist,
                                         void *scratch);

#endif
