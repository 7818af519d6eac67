# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One scale of VIF in NumPy integers: slow, obvious, the judge of the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.unsignedinteger]
Wide = NDArray[np.uint64]

TAPS = [
    [489, 935, 1640, 2640, 3896, 5274, 6547, 7455, 7784, 7455, 6547, 5274, 3896, 2640, 1640, 935, 489],
    [1244, 3663, 7925, 12590, 14692, 12590, 7925, 3663, 1244],
    [3571, 16004, 26386, 16004, 3571],
    [10904, 43728, 10904],
]
NOISE = 1 << 17
EPSILON = 65536 * 1e-10


def log_table() -> NDArray[np.int64]:
    """T[i - 32768] = 2048 * log2(i), the logarithm rounded to binary32 first."""
    log = np.log2(np.arange(32768, 65536, dtype=np.float64)).astype(np.float32)
    return np.floor(log * np.float32(2048) + np.float32(0.5)).astype(np.int64)


TABLE = log_table()


def log(z: NDArray[np.int64]) -> NDArray[np.int64]:
    """Logarithms of integers from 65536 up; bits below the top sixteen are dropped."""
    k = np.frexp(z.astype(np.float64))[1] - 16  # bit length less 16; exact below 2^53
    return np.asarray(TABLE[(z >> k) - 32768] + 2048 * k)


def mirror(i: int, n: int) -> int:
    while not 0 <= i < n:
        i = -i if i < 0 else 2 * (n - 1) - i
    return i


def filtered(plane: Wide, taps: Sequence[int], axis: int) -> Wide:
    """Weighted sums along an axis, edges mirrored, exact."""
    n, radius = plane.shape[axis], len(taps) // 2
    out = np.zeros_like(plane)
    for t, tap in enumerate(taps):
        rows = [mirror(i + t - radius, n) for i in range(n)]
        out += np.uint64(tap) * plane.take(rows, axis)
    return out


def rounded(sums: Wide, shift: int) -> Wide:
    half = np.uint64(1 << (shift - 1) if shift else 0)
    return np.asarray((sums + half) >> np.uint64(shift))


def decimated(plane: Plane, scale: int, bpc: int) -> Plane:
    """The plane of the next scale: its window, even rows and columns."""
    h, w = plane.shape
    rows = rounded(filtered(plane.astype(np.uint64), TAPS[scale + 1], 0), 16 if scale else bpc)
    both = rounded(filtered(rows, TAPS[scale + 1], 1), 16)
    return both[: h // 2 * 2 : 2, : w // 2 * 2 : 2].astype(np.uint16)


@dataclass(frozen=True)
class Sums:
    num_log: list[int]
    den_log: int
    num_non_log: int
    non_log_cnt: int


def variances(ref: Plane, dist: Plane, scale: int, bpc: int) -> list[NDArray[np.int64]]:
    """Variance of the reference and of the distorted, and their covariance."""
    taps, first, second = TAPS[scale], 16 if scale else bpc, 16 if scale else 2 * (bpc - 8)
    planes = [ref.astype(np.uint64), dist.astype(np.uint64)]
    means = [filtered(rounded(filtered(p, taps, 0), first), taps, 1) for p in planes]

    def moment(a: int, b: int) -> NDArray[np.int64]:
        energy = filtered(rounded(filtered(planes[a] * planes[b], taps, 0), second), taps, 1)
        centred = rounded(energy, 16) - ((means[a] * means[b] + np.uint64(1 << 31)) >> np.uint64(32))
        return centred.astype(np.uint32).astype(np.int32).astype(np.int64)

    return [moment(0, 0), np.maximum(moment(1, 1), 0), moment(0, 1)]


def sums(ref: Plane, dist: Plane, scale: int, bpc: int, limits: Sequence[float]) -> Sums:
    x, y, z = (v.ravel() for v in variances(ref, dist, scale, bpc))
    flat = x < NOISE
    den = log(x[~flat] + NOISE) - 17 * 2048
    low, cnt = int(y[flat].sum()), int(flat.sum())
    arrives = ~flat & (y > 0) & (z > 0)
    x, y, z = x[arrives], y[arrives], z[arrives]
    gain = z / (x + EPSILON)
    noise = np.maximum(np.trunc(y - gain * z), 0).astype(np.int64) + NOISE
    num = []
    for limit in limits:
        g = np.minimum(gain, limit)
        num.append(int((log(np.trunc(g * g * x).astype(np.int64) + noise) - log(noise)).sum()))
    return Sums(num, int(den.sum()), low, cnt)
