/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Strips of columns: how wide they are. */
#ifndef KERNEL_VIF_STRIP_H
#define KERNEL_VIF_STRIP_H

/* A ring of this size shares a second-level cache of 512 KB with the rest. */
#define VIF_RING_BYTES (384 * 1024)
#define VIF_MAX_STRIP 2048

/* Samples a strip, even, when a column of the ring has `lanes` of 4 bytes. */
static inline unsigned vif_strip_width(unsigned lanes)
{
    unsigned width = VIF_RING_BYTES / (lanes * 4) & ~63u;
    return width < VIF_MAX_STRIP ? width : VIF_MAX_STRIP;
}

#endif
