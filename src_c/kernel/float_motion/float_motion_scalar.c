/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float motion in plain loops, a sample at a time: the judge of the template.
 */
#include "float_motion.h"

/* For every set: the template's rings hold four rows more than the window, and
 * its rows end in whole vectors on both sides. */
size_t float_motion_scratch_size(unsigned w)
{
    const size_t row = (size_t)w + 4 * 16 + 256;
    return 32 * row * sizeof(float);
}

static unsigned mirror(int i, unsigned n)
{
    if (i < 0)
        i = -i;
    return i < (int)n ? (unsigned)i : 2 * n - 2 - (unsigned)i;
}

/* Grey levels less 128: exact at every depth. */
static float sample(const FloatMotionPlane *plane, unsigned x, unsigned y,
                    unsigned bits)
{
    const char *row = (const char *)plane->samples + (ptrdiff_t)y * plane->stride;
    if (bits == 32)
        return ((const float *)row)[x];
    if (bits == 8)
        return (float)((const uint8_t *)row)[x] - 128.f;
    return (float)((const uint16_t *)row)[x] / (float)(1 << (bits - 8)) - 128.f;
}

/* Row `y` of the blur of a plane; `column` is a row of scratch. */
static void blur_row(const FloatMotion *m, const FloatMotionPlane *plane,
                     unsigned y, float *column, float *out)
{
    const int radius = (int)m->tap_cnt / 2;
    for (unsigned x = 0; x < m->w; x++) {
        column[x] = 0.f;
        for (int i = 0; i < (int)m->tap_cnt; i++)
            column[x] += m->tap[i] * sample(plane, x,
                                            mirror((int)y + i - radius, m->h),
                                            m->bits);
    }
    for (unsigned x = 0; x < m->w; x++) {
        out[x] = 0.f;
        for (int i = 0; i < (int)m->tap_cnt; i++)
            out[x] += m->tap[i] * column[mirror((int)x + i - radius, m->w)];
    }
}

/* A window of one sample leaves the plane as it is. */
static void smooth_row(const FloatMotion *m, const FloatMotionPlane *plane,
                       unsigned y, float *column, float *out)
{
    if (m->tap_cnt > 1)
        blur_row(m, plane, y, column, out);
    else
        for (unsigned x = 0; x < m->w; x++)
            out[x] = sample(plane, x, y, m->bits);
}

static void difference(const void *call, const Rows *rows, int64_t *sums)
{
    const FloatMotion *m = call;
    float *column = rows->scratch, *earlier = column + m->w;
    float *current = earlier + m->w;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        smooth_row(m, &m->earlier, y, column, earlier);
        smooth_row(m, &m->current, y, column, current);
        m->row[y] = 0.f;
        for (unsigned x = 0; x < m->w; x++) {
            const float d = earlier[x] - current[x];
            m->row[y] += d < 0.f ? -d : d;
        }
    }
}

static void blur(const void *call, const Rows *rows, int64_t *sums)
{
    const FloatMotion *m = call;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++)
        smooth_row(m, &m->current, y, rows->scratch,
                   m->blur + (size_t)y * m->w);
}

const FloatMotionKernels float_motion_kernels_scalar = {
    .difference = difference,
    .blur = blur,
};
