/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Counted references behind VmafPicture. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "libvmaf/picture.h"

/* The last vmaf_picture_unref() calls release(), which then owns the memory of
 * the reference itself. */
struct VmafRef {
    atomic_uint cnt;
    void (*release)(VmafRef *ref);
    void *block;                  /* the planes, when they are ours */
    void (*user_release)(void *); /* pyvmaf_picture_wrap() */
    void *cookie;                 /* of user_release, or the pool */
    bool has_edge;                /* chroma of odd sizes goes on, rounded up */
};

/* The bytes of a picture, or the most that can be counted. Logs -EINVAL. */
int picture_size(size_t *size, enum VmafPixelFormat pix_fmt, unsigned bpc,
                 unsigned w, unsigned h);
/* Another reference to the same planes. */
VmafPicture picture_share(const VmafPicture *pic);
/* A new picture with the same samples. 0 or -ENOMEM. */
int picture_copy(VmafPicture *copy, const VmafPicture *pic);

#endif
