/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Strips of columns: how wide they are. */
#ifndef KERNEL_VIF_STRIP_H
#define KERNEL_VIF_STRIP_H

#define VIF_MAX_STRIP 2048

/* Samples per strip of a `w` wide plane, when a column of the ring has `lanes`
 * of 4 bytes. Strips are equally wide, and their ring leaves a quarter of this
 * machine's second-level cache to the rest. */
unsigned vif_strip_width(unsigned w, unsigned lanes);

#endif
