/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Strips of columns: how wide, and the scratch memory one takes at most. */
#ifndef KERNEL_VIF_STRIP_H
#define KERNEL_VIF_STRIP_H

#include <stddef.h>

/* A ring of this size shares a second-level cache of 512 KB with the rest. */
#define VIF_RING_BYTES (384 * 1024)
#define VIF_MAX_STRIP 2048

/* Samples a strip, even, when a column of the ring has `lanes` of 4 bytes. */
static inline unsigned vif_strip_width(unsigned lanes)
{
    unsigned width = VIF_RING_BYTES / (lanes * 4) & ~63u;
    return width < VIF_MAX_STRIP ? width : VIF_MAX_STRIP;
}

/* Upper bound for rows of `w` samples: a strip is padded by less than two times
 * 64 columns and two radii of 8, a column has 10 * 8 lanes of 4 bytes in the
 * ring, and 32 + 2 + 4 values of 2 bytes elsewhere; the block of moments and
 * alignment take the rest. */
static inline size_t vif_strip_bytes(unsigned w)
{
    size_t columns = (w < VIF_MAX_STRIP ? w : VIF_MAX_STRIP) + 2 * 64 + 2 * 8;
    return columns * (10 * 8 * 4 + 38 * 2) + 32768;
}

#endif
