/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Are a picture's samples within its declared depth? */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "libvmaf/picture.h"

/* -EINVAL, and a line that names the side, the index, the sample and where it
 * is, when one of these planes (enum PyvmafPlanes) has a sample of more bits than
 * `pic->bpc`. */
int samples_check(const VmafPicture *pic, const char *side, unsigned index,
                  unsigned planes);
/* The same of one plane. */
int samples_check_plane(const VmafPicture *pic, const char *side,
                        unsigned index, unsigned plane);

#endif
