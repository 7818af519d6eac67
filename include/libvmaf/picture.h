/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Planar pictures with counted references.
 *
 * A picture is a struct that the caller keeps, and planes that the library
 * keeps as long as some struct refers to them. Allocate or fetch one, fill its
 * planes, hand it over with vmaf_read_pictures(); what is not handed over goes
 * by vmaf_picture_unref(). Copying the struct by assignment makes no new
 * reference: only one of the copies may be handed over or unreferenced.
 */
#ifndef LIBVMAF_PICTURE_H
#define LIBVMAF_PICTURE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum VmafPixelFormat {
    VMAF_PIX_FMT_UNKNOWN = 0,
    VMAF_PIX_FMT_YUV420P = 1,
    VMAF_PIX_FMT_YUV422P = 2,
    VMAF_PIX_FMT_YUV444P = 3,
    VMAF_PIX_FMT_YUV400P = 4,
};

typedef struct VmafRef VmafRef;

/*
 * Planes in the order Y, U, V. `w` and `h` are in samples, `stride` is in
 * bytes from one row to the next. Samples are bytes at 8 bits, else native
 * uint16_t with the value in the low `bpc` bits. Chroma sizes are halved
 * rounding down where the format halves them; 4:0:0 has sizes and strides of 0
 * and NULL for chroma. `ref` and `priv` belong to the library.
 */
typedef struct VmafPicture {
    enum VmafPixelFormat pix_fmt;
    unsigned bpc;
    unsigned w[3], h[3];
    ptrdiff_t stride[3];
    void *data[3];
    VmafRef *ref;
    void *priv;
} VmafPicture;

/*
 * Overwrite `*pic` with a new picture: planes filled with zeros, one
 * reference, which is the caller's. `bpc` is 8 to 16. Rows take a multiple of
 * 32 samples and the planes follow each other in one block; behind the last
 * there is room for a further row, for callers that round odd chroma up.
 * Thread-safe.
 *
 * -EINVAL: `pic` is NULL, the format is none of the four, or bit depth or size
 * is out of range. -ENOMEM. On failure `*pic` is as it was.
 */
int vmaf_picture_alloc(VmafPicture *pic, enum VmafPixelFormat pix_fmt,
                       unsigned bpc, unsigned w, unsigned h);

/*
 * Give up the caller's reference and zero the struct; the last one frees the
 * planes or returns them to their pool. References may be given up by any
 * thread, also after the context is closed.
 *
 * -EINVAL: `pic` is NULL or holds no reference, as after a first call.
 */
int vmaf_picture_unref(VmafPicture *pic);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
