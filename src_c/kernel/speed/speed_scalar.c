/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The plain SpEED kernels: the definition, one value at a time. */
#include <math.h>
#include <string.h>

#include "speed.h"
#include "speed_eigen.h"
#include "speed_layout.h"

enum { N = SPEED_CELLS };

typedef float Matrix[N][N];

/* Sample of the source, scaled to 8 bits and less its middle. */
static float source(const SpeedDecimate *d, const SpeedPlane *p, int y, int x)
{
    const uint8_t *a = (const uint8_t *)p->plane + y * p->stride;
    const uint8_t *b = (const uint8_t *)p->minus + y * p->minus_stride;
    const float scale = (float)(1 << (d->bpc - 8));
    if (d->bpc == 8)
        return (float)a[x] - (p->minus ? (float)b[x] : 128.f);
    float v = (float)((const uint16_t *)a)[x] / scale;
    return v - (p->minus ? (float)((const uint16_t *)b)[x] / scale : 128.f);
}

/* Resized sample behind tap `ky` of thin row `i` and `kx` of column `j`. */
static float resized(const SpeedDecimate *d, const SpeedPlane *p,
                     const unsigned at[4])
{
    const SpeedAxis *rows = &d->rows, *columns = &d->columns;
    float sum = 0, total = 0;
    for (unsigned v = 0; v < rows->reach; v++)
        for (unsigned u = 0; u < columns->reach; u++) {
            size_t y = v * rows->stride + at[0] * rows->cnt + at[1];
            size_t x = u * columns->stride + at[2] * columns->cnt + at[3];
            float weight = columns->weight[x] * rows->weight[y];
            sum += weight * source(d, p, rows->at[y], columns->at[x]);
            total += weight;
        }
    return d->normalise ? sum / total : sum;
}

static void decimate(const void *call, const Rows *range, int64_t *sums)
{
    const SpeedDecimate *d = call;
    (void)sums;
    for (unsigned row = range->begin; row < range->end; row++) {
        const SpeedPlane *p = &d->plane[row / d->rows.cnt];
        const unsigned i = row % d->rows.cnt;
        for (unsigned j = 0; j < d->columns.cnt; j++) {
            float across = 0;
            for (unsigned kx = 0; kx < d->taps; kx++) {
                float down = 0;
                for (unsigned ky = 0; ky < d->taps; ky++)
                    down += d->tap[ky] *
                            resized(d, p, (unsigned[]){ ky, i, kx, j });
                across += d->tap[kx] * down;
            }
            p->low[i * d->low_stride + j] = across;
        }
    }
}

static int mirror(int at, int size)
{
    return at < 0 ? -at : at >= size ? 2 * size - 2 - at : at;
}

/* The plane less its local mean, `w` to a row. */
static void remove_mean(const SpeedModel *m, const float *low, float *out)
{
    const int w = (int)m->w, h = (int)m->h, n = (int)m->mean_taps;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            float across = 0;
            for (int kx = 0; kx < n; kx++) {
                const int u = mirror(x - n / 2 + kx, w);
                float down = 0;
                for (int ky = 0; ky < n; ky++) {
                    const int v = mirror(y - n / 2 + ky, h);
                    down += m->mean_tap[ky] * low[v * (int)m->low_stride + u];
                }
                across += m->mean_tap[kx] * down;
            }
            out[y * w + x] = low[y * (int)m->low_stride + x] - across;
        }
}

/* The plane with the position of a block's sample in the first block. */
static const float *shifted(const SpeedModel *m, const float *plane, int cell)
{
    return plane + cell / SPEED_SIDE * (int)m->w + cell % SPEED_SIDE;
}

/* Of all blocks, overlapping ones too, within the whole blocks of the plane. */
static void covariance(const SpeedModel *m, const float *plane, Matrix c)
{
    const int w = (int)(m->w - m->w % SPEED_SIDE) - (SPEED_SIDE - 1);
    const int h = (int)(m->h - m->h % SPEED_SIDE) - (SPEED_SIDE - 1);
    float mean[N];
    for (int e = 0; e < N; e++) {
        const float *p = shifted(m, plane, e);
        float sum = 0;
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                sum += p[y * (int)m->w + x];
        mean[e] = sum / (float)(w * h);
    }
    for (int e = 0; e < N; e++)
        for (int f = 0; f <= e; f++) {
            const float *p = shifted(m, plane, e), *q = shifted(m, plane, f);
            double sum = 0;
            for (int y = 0; y < h; y++)
                for (int x = 0; x < w; x++)
                    sum += ((double)p[y * (int)m->w + x] - (double)mean[e]) *
                           ((double)q[y * (int)m->w + x] - (double)mean[f]);
            c[e][f] = c[f][e] = (float)(sum / (double)(w * h));
        }
}

/* Householder's reflector of column `i`: v, and its factor. The column's own
 * first element below the diagonal becomes what the reflection leaves. */
static float reflector(Matrix a, int i, float v[N])
{
    float norm = 0, factor = 0;
    for (int r = i + 2; r < N; r++)
        norm += a[r][i] * a[r][i];
    norm = sqrtf(norm);
    if (norm != 0) {
        const float alpha = a[i + 1][i];
        const float h = sqrtf(alpha * alpha + norm * norm);
        const float beta = alpha >= 0 ? -h : h, z = alpha - beta;
        factor = (beta - alpha) / beta;
        if (z != 0) {
            for (int r = i + 1; r < N; r++)
                a[r][i] /= z;
            a[i + 1][i] = beta;
        }
    }
    for (int r = i + 1; r < N; r++)
        v[r] = a[r][i];
    return factor;
}

/* Diagonal and sub-diagonal of a similar matrix that has nothing else. */
static void tridiagonalise(const Matrix c, float d[N], float b[N - 1])
{
    Matrix a;
    memcpy(a, c, sizeof(a));
    for (int i = 0; i < N - 2; i++) {
        float v[N], x[N], product = 0;
        const float factor = reflector(a, i, v);
        if (factor == 0)
            continue;
        v[i + 1] = 1;
        for (int r = i + 1; r < N; r++) {
            x[r] = 0;
            for (int k = i + 1; k < N; k++)
                x[r] += factor * a[r][k] * v[k];
        }
        for (int r = i + 1; r < N; r++)
            product += x[r] * v[r];
        const float gamma = -0.5f * factor * product;
        for (int r = i + 1; r < N; r++)
            x[r] += gamma * v[r];
        for (int r = i + 1; r < N; r++)
            for (int k = i + 1; k < N; k++)
                a[r][k] -= x[r] * v[k] + v[r] * x[k];
    }
    for (int i = 0; i < N; i++)
        d[i] = a[i][i];
    for (int i = 0; i < N - 1; i++)
        b[i] = a[i + 1][i];
}

/* Blocks as columns, block by block to a row. */
static void gather(const SpeedModel *m, const float *plane, float *blocks)
{
    const unsigned across = m->w / SPEED_SIDE, down = m->h / SPEED_SIDE;
    for (unsigned e = 0; e < N; e++)
        for (unsigned y = 0; y < down; y++)
            for (unsigned x = 0; x < across; x++)
                blocks[e * m->block_stride + y * across + x] = shifted(
                    m, plane, (int)e)[y * SPEED_SIDE * m->w + x * SPEED_SIDE];
}

static void multiply(const Matrix a, const Matrix b, Matrix out)
{
    for (int r = 0; r < N; r++)
        for (int c = 0; c < N; c++) {
            float sum = 0;
            for (int k = 0; k < N; k++)
                sum += a[r][k] * b[k][c];
            out[r][c] = sum;
        }
}

/* The Householder matrix that clears column `k` of z below the diagonal. */
static void householder(Matrix z, int k, float diagonal, Matrix out)
{
    float u[N], norm = 0;
    for (int r = 0; r < N; r++)
        for (int c = 0; c < N; c++)
            if (r < k || c < k)
                z[r][c] = r == c;
    for (int r = 0; r < N; r++) {
        u[r] = z[r][k];
        norm += u[r] * u[r];
    }
    u[k] += diagonal >= 0 ? sqrtf(norm) : -sqrtf(norm);
    norm = 0;
    for (int r = 0; r < N; r++)
        norm += u[r] * u[r];
    norm = sqrtf(norm);
    for (int r = 0; r < N; r++)
        u[r] /= norm;
    for (int r = 0; r < N; r++)
        for (int c = 0; c < N; c++)
            out[r][c] = -2 * u[r] * u[c] + (r == c ? 1.f : 0.f);
}

/* The orthogonal factor's inverse q and the triangular one r: q c = r. */
static void factorise(const Matrix c, Matrix q, Matrix r)
{
    Matrix z, h, next;
    memcpy(z, c, sizeof(z));
    memset(q, 0, sizeof(Matrix));
    for (int i = 0; i < N; i++)
        q[i][i] = 1;
    for (int k = 0; k < N - 1; k++) {
        householder(z, k, c[k][k], h);
        multiply(h, z, next);
        memcpy(z, next, sizeof(z));
        multiply(h, q, next);
        memcpy(q, next, sizeof(next));
    }
    multiply(q, c, r);
}

/* The inverse of c times the blocks; false when there is none. */
static bool solve(const Matrix c, const SpeedModel *m, const float *blocks,
                  float *x)
{
    const size_t stride = m->block_stride;
    const size_t cnt = (m->w / SPEED_SIDE) * (m->h / SPEED_SIDE);
    Matrix q, r;
    factorise(c, q, r);
    for (int i = N - 1; i >= 0; i--) {
        if ((double)fabsf(r[i][i]) < 1e-6)
            return false;
        for (size_t b = 0; b < cnt; b++) {
            float sum = 0;
            for (int k = 0; k < N; k++)
                sum += q[i][k] * blocks[k * stride + b];
            for (int k = i + 1; k < N; k++)
                sum -= r[i][k] * x[k * stride + b];
            x[i * stride + b] = sum / r[i][i];
        }
    }
    return true;
}

static void describe(const SpeedModel *m, const SpeedBlocks *out,
                     const float lambda[N], const float *blocks, const float *x)
{
    const size_t stride = m->block_stride;
    const size_t cnt = (m->w / SPEED_SIDE) * (m->h / SPEED_SIDE);
    for (size_t b = 0; b < cnt; b++) {
        float variance = 0, entropy = 0;
        for (int e = 0; e < N && !*out->singular; e++)
            variance += x[e * stride + b] * blocks[e * stride + b] / 25;
        for (int e = 0; e < N; e++) {
            const float l = lambda[e] > 0 ? lambda[e] : 0;
            const double log = log2((double)(l * variance + m->noise));
            entropy = (float)((double)entropy + (log + SPEED_LOG_2PIE));
        }
        out->variance[b] = variance;
        out->entropy[b] = entropy;
    }
}

static void model(const void *call, const Rows *range, int64_t *sums)
{
    const SpeedModel *m = call;
    (void)sums;
    for (unsigned i = range->begin; i < range->end; i++) {
        const SpeedBlocks *out = &m->plane[i];
        SpeedWork work;
        Matrix c;
        float lambda[N], below[N - 1];
        Workspace ws = { .base = range->scratch };

        speed_lay_out(&work, m, &ws);
        remove_mean(m, out->low, work.plane);
        covariance(m, work.plane, c);
        tridiagonalise(c, lambda, below);
        speed_diagonalise(lambda, below);
        gather(m, work.plane, work.blocks);
        *out->singular = false;
        for (int e = 0; e < N; e++)
            *out->singular |= (double)lambda[e] < 1e-6;
        if (!*out->singular)
            *out->singular = !solve(c, m, work.blocks, work.solved);
        describe(m, out, lambda, work.blocks, work.solved);
    }
}

const SpeedKernels speed_kernels_scalar = {
    .decimate = decimate,
    .model = model,
    .decimate_scratch_size = speed_decimate_scratch_size,
    .model_scratch_size = speed_model_scratch_size,
};
