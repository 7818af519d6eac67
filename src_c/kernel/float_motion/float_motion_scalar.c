/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Float motion in plain loops, a sample at a time: the judge of the template.
 */
#include "float_motion.h"

#include "kernel/workspace.h"

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
    const char *row =
        (const char *)plane->samples + (ptrdiff_t)y * plane->stride;
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
            column[x] +=
                m->tap[i] *
                sample(plane, x, mirror((int)y + i - radius, m->h), m->bits);
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

typedef struct Work {
    float *column, *earlier, *current; /* a row each */
} Work;

static void lay_out(Work *k, Workspace *ws, unsigned w)
{
    k->column = workspace_take(ws, w * sizeof(float));
    k->earlier = workspace_take(ws, w * sizeof(float));
    k->current = workspace_take(ws, w * sizeof(float));
}

static size_t scratch_size(unsigned w)
{
    Workspace ws = { NULL, 0 };
    lay_out(&(Work){ 0 }, &ws, w);
    return ws.used;
}

static void difference(const void *call, const Rows *rows, int64_t *sums)
{
    const FloatMotion *m = call;
    Work k;
    (void)sums;
    lay_out(&k, &(Workspace){ rows->scratch, 0 }, m->w);
    for (unsigned y = rows->begin; y < rows->end; y++) {
        smooth_row(m, &m->earlier, y, k.column, k.earlier);
        smooth_row(m, &m->current, y, k.column, k.current);
        m->row[y] = 0.f;
        for (unsigned x = 0; x < m->w; x++) {
            const float d = k.earlier[x] - k.current[x];
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
    .scratch_size = scratch_size,
};
