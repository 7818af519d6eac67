/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Eigenvalues of a symmetric tridiagonal matrix by implicit QR sweeps with the
 * shift of Wilkinson (Golub and Van Loan, "Matrix Computations", 8.3). Each
 * rotation needs the one before it, so there is nothing for vectors here.
 */
#include <math.h>

#include "speed_eigen.h"

enum { N = SPEED_CELLS, MAX_SWEEPS = 500 };

typedef struct Rotation {
    float c, s;
} Rotation;

static float length(float x, float y)
{
    return sqrtf(x * x + y * y);
}

/* Entries that are small beside their neighbours on the diagonal become 0. */
static void chop(const float *d, float *b, int n)
{
    for (int i = 0; i < n - 1; i++) {
        const float beside = fabsf(d[i]) + fabsf(d[i + 1]);
        if ((double)fabsf(b[i]) < 1e-6 * (double)beside)
            b[i] = 0;
    }
}

/* Turns (a, b) into (r, 0). The radicand is binary32, its root binary64. */
static Rotation rotation(float a, float b)
{
    Rotation r = { 1, 0 };
    if (b == 0)
        return r;
    if (fabsf(b) > fabsf(a)) {
        const float t = -a / b;
        r.s = (float)(1 / sqrt((double)(1 + t * t)));
        r.c = r.s * t;
    } else {
        const float t = -b / a;
        r.c = (float)(1 / sqrt((double)(1 + t * t)));
        r.s = r.c * t;
    }
    return r;
}

/* The eigenvalue of the last 2 x 2 block that is nearer to its corner. */
static float shift(const float *d, const float *b, int n)
{
    const float last = d[n - 1], e = b[n - 2];
    const float half = (d[n - 2] - last) / 2;
    float mu;
    if (half > 0)
        mu = last - e * (e / (half + length(half, e)));
    else if (half == 0)
        mu = last - fabsf(e);
    else
        mu = last + e * (e / (-half + length(half, e)));
    const float first = fabsf(d[0]) + fabsf(b[0]);
    return 1e-6 * (double)fabsf(mu) > (double)first ? 0 : mu;
}

/* One pass of rotations down an unreduced block; `w` is the entry outside the
 * three diagonals that each rotation makes and the next one removes. */
static void sweep(float *d, float *b, int n)
{
    float p = d[0], g = b[0], x = p - shift(d, b, n), z = g, y = 0, w = 0;
    for (int k = 0; k < n - 1; k++) {
        const float q = d[k + 1];
        const Rotation r = rotation(x, z);
        const float c = r.c, s = r.s;
        if (k > 0)
            b[k - 1] = c * y - s * w;
        d[k] = c * (c * p - s * g) + s * (s * q - c * g);
        y = c * (s * p + c * g) - s * (s * g + c * q);
        p = s * (s * p + c * g) + c * (s * g + c * q);
        if (k < n - 2) {
            w = -s * b[k + 1];
            g = c * b[k + 1];
            x = y;
            z = w;
        }
    }
    d[n - 1] = p;
    b[n - 2] = y;
}

void speed_diagonalise(float d[SPEED_CELLS], float b[SPEED_CELLS - 1])
{
    int last = N - 1, sweeps = 0;
    chop(d, b, N);
    while (last > 0) {
        int first = last;
        while (first > 0 && b[first - 1] != 0)
            first--;
        if (first == last) {
            last--;
            continue;
        }
        if (sweeps++ == MAX_SWEEPS)
            break;
        sweep(d + first, b + first, last - first + 1);
        chop(d + first, b + first, last - first + 1);
    }
}
