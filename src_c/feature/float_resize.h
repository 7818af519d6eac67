/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Planes of another size, as the float extractors resample them: of VIF's
 * prescale, and of the second scale of motion. */
#ifndef FEATURE_FLOAT_RESIZE_H
#define FEATURE_FLOAT_RESIZE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

/* A bilinear resize takes no wider rows. */
#define FLOAT_RESIZE_MAX_BILINEAR 7680

enum FloatResizeMethod {
    FLOAT_RESIZE_NEAREST,
    FLOAT_RESIZE_BILINEAR,
    FLOAT_RESIZE_BICUBIC,
    FLOAT_RESIZE_LANCZOS4,
    FLOAT_RESIZE_METHODS,
};

extern const char *const float_resize_names[FLOAT_RESIZE_METHODS];

typedef struct FloatResize {
    const void *from; /* bytes, uint16_t or float, see `bits` */
    ptrdiff_t stride; /* bytes */
    unsigned bits; /* of a sample: 8, up to 16, or 32: grey levels less 128 */
    unsigned w, h;
    unsigned to_w, to_h;
    enum FloatResizeMethod method;
    float *to; /* grey levels less 128; rows without padding */
} FloatResize;

/* A KernelFn of a FloatResize; no sums, no scratch. */
void float_resize(const void *call, const Rows *rows, int64_t *sums);

/* The size of `n` samples times `factor`. */
unsigned float_resize_size(unsigned n, double factor);

/* Grey levels less 128: exact at every depth. */
static inline float float_resize_sample(const FloatResize *r, unsigned x,
                                        unsigned y)
{
    const char *row = (const char *)r->from + (ptrdiff_t)y * r->stride;
    if (r->bits == 32)
        return ((const float *)row)[x];
    if (r->bits == 8)
        return (float)((const uint8_t *)row)[x] - 128.f;
    const float unit = 1.f / (float)(1u << (r->bits - 8));
    return (float)((const uint16_t *)row)[x] * unit - 128.f;
}

#endif
