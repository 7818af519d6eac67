/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The inverse covariance times the blocks, by Householder's QR. A reflector
 * differs from the identity in rows and columns >= k only; what the rest would
 * add is zeros, which change no sum.
 */

enum { SPEED_PRODUCT_ROWS = V_REGISTERS / 8 };

/* out = a b for `rows` rows and SPEED_CHUNK columns, terms in order. */
static inline SIMD_INLINE void speed_multiply_by(const float *a, const float *b,
                                                 size_t b_stride, int terms,
                                                 float *out, size_t out_stride,
                                                 int rows)
{
    vflt sum[SPEED_PRODUCT_ROWS][4];
    SIMD_UNROLL
    for (int r = 0; r < rows; r++)
        SIMD_UNROLL
    for (int v = 0; v < 4; v++)
        sum[r][v] = v_set_f32(0);
    for (int m = 0; m < terms; m++, b += b_stride) {
        vflt row[4];
        SIMD_UNROLL
        for (int v = 0; v < 4; v++)
            row[v] = v_load_f32(b + v * V_LANES);
        SIMD_UNROLL
        for (int r = 0; r < rows; r++) {
            const vflt factor = v_set_f32(a[r * SPEED_P + m]);
            SIMD_UNROLL
            for (int v = 0; v < 4; v++)
                sum[r][v] = v_add_f32(sum[r][v], v_mul_f32(factor, row[v]));
        }
    }
    SIMD_UNROLL
    for (int r = 0; r < rows; r++)
        SIMD_UNROLL
    for (int v = 0; v < 4; v++)
        v_store_f32(out + r * out_stride + v * V_LANES, sum[r][v]);
}

/* An n x n part of a, at most 25, times n rows of b: `width` columns, a
 * multiple of SPEED_CHUNK. */
static SIMD_NOINLINE void speed_multiply(const float *a, const float *b,
                                         size_t stride, int n, size_t width,
                                         float *out)
{
    for (size_t c = 0; c < width; c += SPEED_CHUNK) {
        int r = 0;
        for (; r + SPEED_PRODUCT_ROWS <= n; r += SPEED_PRODUCT_ROWS)
            speed_multiply_by(a + r * SPEED_P, b + c, stride, n,
                              out + r * stride + c, stride, SPEED_PRODUCT_ROWS);
        for (; r < n; r++)
            speed_multiply_by(a + r * SPEED_P, b + c, stride, n,
                              out + r * stride + c, stride, 1);
    }
}

/* What is to be cleared, and beside it the inverse of the orthogonal factor. */
enum { SPEED_BOTH = 2 * SPEED_P };
typedef float SpeedBoth[SPEED_N][SPEED_BOTH];

/* The matrix that clears column `k` below the diagonal. */
static void speed_householder(const SpeedBoth z, int k, float diagonal,
                              SpeedMatrix h)
{
    float u[SPEED_P] = { 0 }, norm = 0, again = 0;
    for (int r = k; r < SPEED_N; r++) {
        u[r] = z[r][k];
        norm += u[r] * u[r];
    }
    u[k] += diagonal >= 0 ? sqrtf(norm) : -sqrtf(norm);
    for (int r = k; r < SPEED_N; r++)
        again += u[r] * u[r];
    again = sqrtf(again);
    for (int r = 0; r < SPEED_P; r++)
        u[r] /= again;
    for (int r = k; r < SPEED_N; r++) {
        const float factor = -2 * u[r];
        for (int c = 0; c < SPEED_P; c++)
            h[r][c] = factor * u[c];
        h[r][r] += 1;
    }
}

/* The orthogonal factor's inverse. */
static void speed_orthogonal(const SpeedMatrix c, SpeedMatrix q)
{
    SpeedBoth both[2] = { 0 };
    SpeedMatrix h;
    for (int r = 0; r < SPEED_N; r++) {
        memcpy(both[0][r], c[r], sizeof(c[r]));
        both[0][r][SPEED_P + r] = 1;
    }
    for (int k = 0; k < SPEED_N - 1; k++) {
        const float *from = both[k % 2][k];
        float *to = both[(k + 1) % 2][k];
        speed_householder(both[k % 2], k, c[k][k], h);
        speed_multiply(&h[k][k], from, SPEED_BOTH, SPEED_N - k, SPEED_BOTH, to);
        memcpy(q[k], to + SPEED_P, sizeof(q[k]));
    }
    memcpy(q[SPEED_N - 1], both[0][SPEED_N - 1] + SPEED_P, sizeof(q[0]));
}

/* r x = g, from the last row up; g becomes x. */
static SIMD_NOINLINE void speed_substitute(const SpeedMatrix r, float *g,
                                           size_t stride, size_t width)
{
    for (size_t b = 0; b < width; b += SPEED_CHUNK)
        for (int i = SPEED_N - 1; i >= 0; i--) {
            float *out = g + i * stride + b;
            const vflt diagonal = v_set_f32(r[i][i]);
            vflt sum[4];
            SIMD_UNROLL
            for (int v = 0; v < 4; v++)
                sum[v] = v_load_f32(out + v * V_LANES);
            for (int k = i + 1; k < SPEED_N; k++) {
                const vflt factor = v_set_f32(r[i][k]);
                const float *x = g + k * stride + b;
                SIMD_UNROLL
                for (int v = 0; v < 4; v++)
                    sum[v] = v_sub_f32(
                        sum[v], v_mul_f32(factor, v_load_f32(x + v * V_LANES)));
            }
            SIMD_UNROLL
            for (int v = 0; v < 4; v++)
                v_store_f32(out + v * V_LANES, v_div_f32(sum[v], diagonal));
        }
}

static inline size_t speed_block_cnt(const SpeedModel *m)
{
    return (size_t)(m->w / SPEED_SIDE) * (m->h / SPEED_SIDE);
}

/* In whole chunks. */
static inline size_t speed_block_width(const SpeedModel *m)
{
    return (speed_block_cnt(m) + SPEED_CHUNK - 1) / SPEED_CHUNK * SPEED_CHUNK;
}

/* False when the covariance has no inverse. */
static bool speed_solve(const SpeedModel *m, const SpeedMatrix c,
                        SpeedWork *work)
{
    /* Wide enough for a chunk. */
    float wide[SPEED_N][SPEED_BOTH] = { 0 }, product[SPEED_N][SPEED_BOTH];
    SpeedMatrix q, r;
    speed_orthogonal(c, q);
    for (int i = 0; i < SPEED_N; i++)
        memcpy(wide[i], c[i], sizeof(c[i]));
    speed_multiply(q[0], wide[0], SPEED_BOTH, SPEED_N, SPEED_BOTH, product[0]);
    for (int i = 0; i < SPEED_N; i++) {
        memcpy(r[i], product[i], sizeof(r[i]));
        if ((double)fabsf(r[i][i]) < 1e-6)
            return false;
    }
    speed_multiply(q[0], work->blocks, m->block_stride, SPEED_N,
                   speed_block_width(m), work->solved);
    speed_substitute(r, work->solved, m->block_stride, speed_block_width(m));
    return true;
}
