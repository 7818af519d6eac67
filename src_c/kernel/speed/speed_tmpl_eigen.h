/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Eigenvalues of the covariance. A reflection is vectors; a rotation is one
 * chain of square root and divisions that each waits for the one before, so
 * the matrices of a call are rotated in turn, and their chains overlap.
 */

/* Of row `i` right of the diagonal, which is also the column below it: the
 * reflector into v, its factor, and what the reflection leaves of the column. */
static float speed_reflector(SpeedMatrix a, int i, float v[SPEED_P],
                             float *left)
{
    float norm = 0;
    *left = a[i][i + 1];
    for (int r = i + 2; r < SPEED_N; r++)
        norm += a[i][r] * a[i][r];
    norm = sqrtf(norm);
    for (int r = 0; r < SPEED_P; r++)
        v[r] = r > i && r < SPEED_N ? a[i][r] : 0;
    if (norm == 0)
        return 0;
    const float alpha = a[i][i + 1];
    const float h = sqrtf(alpha * alpha + norm * norm);
    const float beta = alpha >= 0 ? -h : h, z = alpha - beta;
    if (z != 0) {
        for (int r = 0; r < SPEED_P; r++)
            v[r] /= z;
        *left = beta;
    }
    v[i + 1] = 1;
    return (beta - alpha) / beta;
}

/* a - x v' - v x' below and right of (i, i). Rows are symmetric to columns, so
 * a lane is a row for the product and a column for the update. */
static void speed_reflect(SpeedMatrix a, int i, float factor, const float *v)
{
    float x[SPEED_P] = { 0 }, product = 0;
    for (int c = i + 1; c < SPEED_N; c++)
        for (int r = 0; r < SPEED_P; r++)
            x[r] += factor * a[c][r] * v[c];
    for (int r = i + 1; r < SPEED_N; r++)
        product += x[r] * v[r];
    const float gamma = -0.5f * factor * product;
    for (int r = 0; r < SPEED_P; r++)
        x[r] += gamma * v[r];
    for (int c = i + 1; c < SPEED_N; c++)
        for (int r = 0; r < SPEED_P; r++)
            a[c][r] -= x[c] * v[r] + v[c] * x[r];
}

static SIMD_NOINLINE void speed_tridiagonalise(const SpeedMatrix c, float *d,
                                               float *b)
{
    SpeedMatrix a;
    float v[SPEED_P];
    memcpy(a, c, sizeof(a));
    for (int i = 0; i < SPEED_N - 2; i++) {
        const float factor = speed_reflector(a, i, v, &b[i]);
        if (factor != 0)
            speed_reflect(a, i, factor, v);
    }
    b[SPEED_N - 2] = a[SPEED_N - 1][SPEED_N - 2];
    for (int i = 0; i < SPEED_N; i++)
        d[i] = a[i][i];
}

/* A matrix on its way to a diagonal one, in the middle of a sweep over the
 * block [first, last]. `at` counts the sweep's rotations. */
typedef struct SpeedTridiagonal {
    float *d, *b;
    int first, last, at, sweeps;
    float p, g, x, y, z, w;
} SpeedTridiagonal;

enum { SPEED_MAX_SWEEPS = 500 };

static inline float speed_length(float x, float y)
{
    return sqrtf(x * x + y * y);
}

static void speed_chop(SpeedTridiagonal *t)
{
    for (int i = t->first; i < t->last; i++) {
        const float beside = fabsf(t->d[i]) + fabsf(t->d[i + 1]);
        if ((double)fabsf(t->b[i]) < 1e-6 * (double)beside)
            t->b[i] = 0;
    }
}

static float speed_shift(const SpeedTridiagonal *t)
{
    const float corner = t->d[t->last], e = t->b[t->last - 1];
    const float half = (t->d[t->last - 1] - corner) / 2;
    const float first = fabsf(t->d[t->first]) + fabsf(t->b[t->first]);
    float mu = corner - fabsf(e);
    if (half > 0)
        mu = corner - e * (e / (half + speed_length(half, e)));
    else if (half != 0)
        mu = corner + e * (e / (-half + speed_length(half, e)));
    return 1e-6 * (double)fabsf(mu) > (double)first ? 0 : mu;
}

/* The next block that is not diagonal; false: all is done. */
static bool speed_begin_sweep(SpeedTridiagonal *t)
{
    while (t->last > 0 && t->b[t->last - 1] == 0)
        t->last--;
    if (t->last == 0 || t->sweeps++ == SPEED_MAX_SWEEPS)
        return false;
    t->first = t->last - 1;
    while (t->first > 0 && t->b[t->first - 1] != 0)
        t->first--;
    t->at = t->first;
    t->p = t->d[t->first];
    t->g = t->z = t->b[t->first];
    t->x = t->p - speed_shift(t);
    t->y = t->w = 0;
    return true;
}

/* One rotation, chosen without a branch: which of the two is greater is not to
 * be foreseen. */
static inline SIMD_INLINE void speed_rotate(SpeedTridiagonal *t)
{
    const int k = t->at;
    const bool steep = fabsf(t->z) > fabsf(t->x);
    const float num = steep ? t->x : t->z, den = steep ? t->z : t->x;
    const float tangent = t->z == 0 ? 0 : -num / den;
    const float lead = (float)(1 / sqrt((double)(1 + tangent * tangent)));
    const float other = lead * tangent;
    const float c = steep ? other : lead, s = steep ? lead : other;
    const float p = t->p, g = t->g, q = t->d[k + 1];
    if (k > t->first)
        t->b[k - 1] = c * t->y - s * t->w;
    t->d[k] = c * (c * p - s * g) + s * (s * q - c * g);
    t->y = c * (s * p + c * g) - s * (s * g + c * q);
    t->p = s * (s * p + c * g) + c * (s * g + c * q);
    if (k + 1 < t->last) {
        const float below = t->b[k + 1];
        t->w = -s * below;
        t->g = c * below;
        t->x = t->y;
        t->z = t->w;
    }
    t->at++;
}

/* False when the matrix is diagonal. */
static inline SIMD_INLINE bool speed_step(SpeedTridiagonal *t)
{
    speed_rotate(t);
    if (t->at < t->last)
        return true;
    t->d[t->last] = t->p;
    t->b[t->last - 1] = t->y;
    speed_chop(t);
    return speed_begin_sweep(t);
}

/* At most SPEED_MAX_PLANES. Out: eigenvalues in d, in their order there. */
static SIMD_NOINLINE void speed_diagonalise_all(SpeedTridiagonal *matrix,
                                                unsigned cnt)
{
    SpeedTridiagonal *busy[SPEED_MAX_PLANES];
    unsigned left = 0;
    for (unsigned i = 0; i < cnt; i++) {
        SpeedTridiagonal *t = &matrix[i];
        t->first = t->sweeps = 0;
        t->last = SPEED_N - 1;
        speed_chop(t);
        if (speed_begin_sweep(t))
            busy[left++] = t;
    }
    while (left)
        for (unsigned i = 0; i < left;)
            if (speed_step(busy[i]))
                i++;
            else
                busy[i] = busy[--left];
}
