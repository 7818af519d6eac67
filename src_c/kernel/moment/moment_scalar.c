/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Sums of samples and squares in plain loops. */
#include "moment.h"

static int32_t sample(const void *plane, ptrdiff_t stride, unsigned bpc,
                      unsigned y, unsigned x)
{
    const void *row = (const char *)plane + (ptrdiff_t)y * stride;
    return bpc == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

/* Below 2^32, as |v| is below 2^16. */
static float square(int32_t v)
{
    return (float)v * (float)v;
}

void moment_moments_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const Moment *c = call;
    for (unsigned y = rows->begin; y < rows->end; y++)
        for (unsigned x = 0; x < c->w; x++) {
            const int32_t v = sample(c->src, c->stride, c->bpc, y, x);
            sums[0] += v;
            sums[1] += (int64_t)square(v);
        }
}

static int32_t difference(const Moment *c, unsigned y, unsigned x)
{
    return sample(c->src, c->stride, c->bpc, y, x) -
           sample(c->other, c->other_stride, c->bpc, y, x);
}

void moment_errors_scalar(const void *call, const Rows *rows, int64_t *sums)
{
    const Moment *c = call;
    for (unsigned y = rows->begin; y < rows->end; y++)
        for (unsigned x = 0; x < c->w; x++)
            sums[0] += (int64_t)square(difference(c, y, x));
}

double moment_squares_in_order(const Moment *c, unsigned h)
{
    double sum = 0.;
    for (unsigned y = 0; y < h; y++)
        for (unsigned x = 0; x < c->w; x++)
            sum += (double)square(
                c->other ? difference(c, y, x)
                         : sample(c->src, c->stride, c->bpc, y, x));
    return sum;
}

const MomentKernels moment_kernels_scalar = {
    .moments = moment_moments_scalar,
    .errors = moment_errors_scalar,
};
