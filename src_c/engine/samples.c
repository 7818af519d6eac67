/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The kernels' integer bounds hold for samples of the declared depth; beyond it
 * sums wrap, each instruction set's in its own way. One pass over the planes of
 * 9- to 15-bit pictures finds out; at 8 and 16 bits there is nothing to find.
 */
#include "samples.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "pyvmaf/pyvmaf.h"
#include "log.h"

/* The bits that any sample of the row has: a loop that compilers vectorise. */
static uint16_t samples_union(const uint16_t *row, size_t cnt)
{
    uint16_t all = 0;
    for (size_t x = 0; x < cnt; x++)
        all |= row[x];
    return all;
}

/* Samples and rows of a plane, with the edge that files have. */
static void samples_extent(const VmafPicture *pic, unsigned plane, size_t *w,
                           size_t *h)
{
    const int edge = plane && pyvmaf_picture_has_edge(pic);
    const unsigned sx = pic->pix_fmt != VMAF_PIX_FMT_YUV444P;
    const unsigned sy = pic->pix_fmt == VMAF_PIX_FMT_YUV420P;
    *w = edge ? (pic->w[0] + sx) >> sx : pic->w[plane];
    *h = edge ? (pic->h[0] + sy) >> sy : pic->h[plane];
}

static int samples_refuse(const VmafPicture *pic, const char *side,
                          unsigned index, unsigned plane, size_t y)
{
    const uint16_t *row = (const uint16_t *)((const char *)pic->data[plane] +
                                             (ptrdiff_t)y * pic->stride[plane]);
    size_t x = 0;
    while (!(row[x] >> pic->bpc))
        x++;
    log_line(VMAF_LOG_LEVEL_ERROR,
             "%s picture at index %u: sample %u in plane %u, row %zu, column "
             "%zu has more than the declared %u bits; check the depth, and "
             "that samples lie in the low bits",
             side, index, row[x], plane, y, x, pic->bpc);
    return -EINVAL;
}

int samples_check_plane(const VmafPicture *pic, const char *side,
                        unsigned index, unsigned plane)
{
    if (pic->bpc <= 8 || pic->bpc >= 16 || !pic->data[plane])
        return 0;
    size_t w, h;
    samples_extent(pic, plane, &w, &h);
    const char *row = pic->data[plane];
    for (size_t y = 0; y < h; y++, row += pic->stride[plane]) {
        if (samples_union((const uint16_t *)row, w) >> pic->bpc)
            return samples_refuse(pic, side, index, plane, y);
    }
    return 0;
}

int samples_check(const VmafPicture *pic, const char *side, unsigned index,
                  unsigned planes)
{
    int err = 0;
    for (unsigned plane = 0; plane < 3 && !err; plane++)
        if (planes >> plane & 1)
            err = samples_check_plane(pic, side, index, plane);
    return err;
}
