/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Planar pictures: geometry, allocation, wrapping, counted references. */
#include "picture.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pyvmaf/pyvmaf.h"
#include "log.h"
#include "picture_block.h"

/* Rows are multiples of so many samples, as in libvmaf. */
#define ROW_SAMPLES 32

static size_t sample_size(const VmafPicture *pic)
{
    return pic->bpc > 8 ? 2 : 1;
}

static unsigned plane_cnt(enum VmafPixelFormat pix_fmt)
{
    return pix_fmt == VMAF_PIX_FMT_YUV400P ? 1 : 3;
}

/* Everything of `pic` but strides and planes. */
static int set_geometry(VmafPicture *pic, enum VmafPixelFormat pix_fmt,
                        unsigned bpc, unsigned w, unsigned h)
{
    if (pix_fmt < VMAF_PIX_FMT_YUV420P || pix_fmt > VMAF_PIX_FMT_YUV400P) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "pixel format is %d, must be 1 (4:2:0) to 4 (4:0:0)",
                 (int)pix_fmt);
        return -EINVAL;
    }
    if (bpc < 8 || bpc > 16) {
        log_line(VMAF_LOG_LEVEL_ERROR, "bit depth is %u, must be 8 to 16", bpc);
        return -EINVAL;
    }
    if (w > INT_MAX - ROW_SAMPLES || h > INT_MAX) {
        log_line(VMAF_LOG_LEVEL_ERROR, "picture size %ux%u is too large", w, h);
        return -EINVAL;
    }
    const bool chroma = plane_cnt(pix_fmt) == 3;
    const unsigned sx = pix_fmt != VMAF_PIX_FMT_YUV444P;
    const unsigned sy = pix_fmt == VMAF_PIX_FMT_YUV420P;
    memset(pic, 0, sizeof *pic);
    pic->pix_fmt = pix_fmt;
    pic->bpc = bpc;
    pic->w[0] = w;
    pic->h[0] = h;
    pic->w[1] = pic->w[2] = chroma ? w >> sx : 0;
    pic->h[1] = pic->h[2] = chroma ? h >> sy : 0;
    return 0;
}

static void release_owned(VmafRef *ref)
{
    picture_block_give(ref->block);
    free(ref);
}

static void release_wrapped(VmafRef *ref)
{
    if (ref->user_release)
        ref->user_release(ref->cookie);
    free(ref);
}

static VmafRef *new_ref(void (*release)(VmafRef *ref))
{
    VmafRef *ref = calloc(1, sizeof *ref);
    if (!ref)
        return NULL;
    atomic_init(&ref->cnt, 1);
    ref->release = release;
    return ref;
}

/* Strides and the bytes of all planes; 0 when that many cannot be counted.
 * Callers that round chroma of odd pictures up write a row and a sample past
 * the last plane: the slack takes both. */
static size_t set_strides(VmafPicture *pic)
{
    size_t total = 0;
    for (unsigned p = 0; p < 3; p++) {
        const size_t samples =
            ((size_t)pic->w[p] + ROW_SAMPLES - 1) / ROW_SAMPLES * ROW_SAMPLES;
        size_t bytes;
        pic->stride[p] = (ptrdiff_t)(samples * sample_size(pic));
        if (__builtin_mul_overflow((size_t)pic->stride[p], pic->h[p], &bytes) ||
            __builtin_add_overflow(total, bytes, &total))
            return 0;
    }
    const size_t slack = (size_t)pic->stride[0] + PICTURE_BLOCK_ALIGN;
    return total > PTRDIFF_MAX - slack ? 0 : total + slack;
}

int picture_size(size_t *size, enum VmafPixelFormat pix_fmt, unsigned bpc,
                 unsigned w, unsigned h)
{
    VmafPicture pic;
    const int err = set_geometry(&pic, pix_fmt, bpc, w, h);
    if (err)
        return err;
    *size = set_strides(&pic);
    if (!*size)
        *size = SIZE_MAX;
    return 0;
}

int vmaf_picture_alloc(VmafPicture *pic, enum VmafPixelFormat pix_fmt,
                       unsigned bpc, unsigned w, unsigned h)
{
    if (!pic) {
        log_line(VMAF_LOG_LEVEL_ERROR, "vmaf_picture_alloc(): NULL picture");
        return -EINVAL;
    }
    VmafPicture made;
    const int err = set_geometry(&made, pix_fmt, bpc, w, h);
    if (err)
        return err;
    const size_t size = set_strides(&made);
    VmafRef *ref = new_ref(release_owned);
    void *block = ref && size ? picture_block_take(size) : NULL;
    if (!block) {
        free(ref);
        log_line(VMAF_LOG_LEVEL_ERROR, "no memory for a %ux%u picture", w, h);
        return -ENOMEM;
    }
    ref->block = block;
    made.ref = ref;
    uint8_t *plane = block;
    for (unsigned p = 0; p < plane_cnt(pix_fmt); p++) {
        made.data[p] = plane;
        plane += (size_t)made.stride[p] * made.h[p];
    }
    *pic = made;
    return 0;
}

static int check_plane(const VmafPicture *pic, unsigned p, const void *data,
                       ptrdiff_t stride)
{
    const size_t size = sample_size(pic);
    const size_t row = pic->w[p] * size;
    if (!data || stride < 0 || (size_t)stride < row || (uintptr_t)data % size ||
        (size_t)stride % size) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "plane %u: data is %s, stride is %td bytes; a row has %zu "
                 "bytes and samples must be aligned to %zu",
                 p, data ? "given" : "NULL", stride, row, size);
        return -EINVAL;
    }
    return 0;
}

int pyvmaf_picture_wrap(VmafPicture *pic, enum VmafPixelFormat pix_fmt,
                        unsigned bpc, unsigned w, unsigned h,
                        void *const data[3], const ptrdiff_t stride[3],
                        void (*release)(void *cookie), void *cookie)
{
    if (!pic || !data || !stride) {
        log_line(VMAF_LOG_LEVEL_ERROR, "pyvmaf_picture_wrap(): NULL argument");
        return -EINVAL;
    }
    VmafPicture made;
    int err = set_geometry(&made, pix_fmt, bpc, w, h);
    for (unsigned p = 0; !err && p < plane_cnt(pix_fmt); p++) {
        err = check_plane(&made, p, data[p], stride[p]);
        made.data[p] = data[p];
        made.stride[p] = stride[p];
    }
    if (err)
        return err;
    made.ref = new_ref(release_wrapped);
    if (!made.ref)
        return -ENOMEM;
    made.ref->user_release = release;
    made.ref->cookie = cookie;
    *pic = made;
    return 0;
}

VmafPicture picture_share(const VmafPicture *pic)
{
    if (pic->ref)
        atomic_fetch_add(&pic->ref->cnt, 1);
    return *pic;
}

int pyvmaf_picture_ref(VmafPicture *dst, const VmafPicture *src)
{
    if (!dst || !src || !src->ref) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "pyvmaf_picture_ref(): there is no picture to refer to");
        return -EINVAL;
    }
    *dst = picture_share(src);
    return 0;
}

int pyvmaf_picture_set_edge(VmafPicture *pic)
{
    if (!pic || !pic->ref) {
        log_line(VMAF_LOG_LEVEL_ERROR, "pyvmaf_picture_set_edge(): no picture");
        return -EINVAL;
    }
    const unsigned sx = pic->pix_fmt != VMAF_PIX_FMT_YUV444P;
    const size_t row = ((pic->w[0] + sx) >> sx) * sample_size(pic);
    for (unsigned p = 1; p < plane_cnt(pic->pix_fmt); p++) {
        if ((size_t)pic->stride[p] < row) {
            log_line(VMAF_LOG_LEVEL_ERROR,
                     "plane %u: stride is %td bytes; a row with its edge has "
                     "%zu",
                     p, pic->stride[p], row);
            return -EINVAL;
        }
    }
    pic->ref->has_edge = true;
    return 0;
}

int pyvmaf_picture_has_edge(const VmafPicture *pic)
{
    return pic && pic->ref && pic->ref->has_edge;
}

int picture_copy(VmafPicture *copy, const VmafPicture *pic)
{
    VmafPicture made;
    const int err =
        vmaf_picture_alloc(&made, pic->pix_fmt, pic->bpc, pic->w[0], pic->h[0]);
    if (err)
        return err;
    for (unsigned p = 0; p < 3; p++) {
        const uint8_t *from = pic->data[p];
        uint8_t *to = made.data[p];
        for (unsigned y = 0; y < pic->h[p]; y++) {
            memcpy(to, from, pic->w[p] * sample_size(pic));
            to += made.stride[p];
            from += pic->stride[p];
        }
    }
    *copy = made;
    return 0;
}

int vmaf_picture_unref(VmafPicture *pic)
{
    if (!pic || !pic->ref) {
        log_remember("vmaf_picture_unref(): %s",
                     pic ? "the picture holds no reference" : "NULL picture");
        return -EINVAL;
    }
    VmafRef *ref = pic->ref;
    memset(pic, 0, sizeof *pic);
    if (atomic_fetch_sub(&ref->cnt, 1) == 1)
        ref->release(ref);
    return 0;
}
