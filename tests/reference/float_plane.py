# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the float extractors have in common, in slow NumPy binary32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
F = np.float32


def grey(samples: NDArray[np.generic], bpc: int) -> Plane:
    """Samples as grey levels of 8 bits, less 128: exact."""
    return (samples.astype(np.float32) / F(1 << (bpc - 8)) - F(128)).astype(np.float32)


def mirror(i: int, n: int) -> int:
    if i < 0:
        return -i
    return 2 * n - 2 - i if i >= n else i


def filtered(plane: Plane, taps: NDArray[np.float32], axis: int, rows: slice = slice(None)) -> Plane:
    """Sums over ascending taps, each product and sum rounded; edges mirrored."""
    n, radius = plane.shape[axis], len(taps) // 2
    out = np.zeros_like(plane.take(range(n)[rows], axis))
    for k, tap in enumerate(taps):
        out += tap * plane.take([mirror(i + k - radius, n) for i in range(n)[rows]], axis)
    return out


def blurred(plane: Plane, taps: NDArray[np.float32], step: int = 1) -> Plane:
    """Down the columns, then along the rows; every step-th of both."""
    h, w = plane.shape
    down = filtered(plane, taps, 0, slice(0, h // step * step, step))
    return filtered(down, taps, 1, slice(0, w // step * step, step))


def row_sums(terms: Plane) -> Plane:
    """From left to right, each sum rounded."""
    return np.asarray(np.cumsum(terms, axis=1, dtype=np.float32)[:, -1])


def total(sums: Plane) -> np.float32:
    """From the first to the last, each sum rounded."""
    return np.float32(np.cumsum(sums, dtype=np.float32)[-1])


def source(n: int, size: int) -> tuple[NDArray[np.float32], np.float32]:
    """Where the centres of `size` new samples lie among `n` old ones, and the ratio."""
    ratio = F(n) / F(size)
    return ((np.arange(size) + 0.5) * np.float64(ratio) - 0.5).astype(np.float32), ratio


def reflect(i: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.where(i < 0, -i, np.where(i > n - 1, 2 * (n - 1) - i, i))


def resized(plane: Plane, width: int, height: int, method: str) -> Plane:
    """A plane of another size, as the float extractors resample."""
    h, w = plane.shape
    if (w, h) == (width, height):
        return plane
    xx, ratio_x = source(w, width)
    yy, ratio_y = source(h, height)
    if method == "nearest":
        x = (np.arange(width).astype(np.float32) * ratio_x).astype(np.int64)
        y = (np.arange(height).astype(np.float32) * ratio_y).astype(np.int64)
        return np.asarray(plane[np.ix_(y, x)])
    if method == "bilinear":
        x1, x2 = (reflect(f(xx).astype(np.int64), w) for f in (np.floor, np.ceil))
        y1, y2 = (reflect(f(yy).astype(np.int64), h) for f in (np.floor, np.ceil))
        dx = (xx - x1.astype(np.float32))[None, :]
        dy = (yy - y1.astype(np.float32))[:, None]
        one = F(1)
        p = [plane[np.ix_(y, x)] for y in (y1, y2) for x in (x1, x2)]
        out = (one - dy) * (one - dx) * p[0] + (one - dy) * dx * p[1]
        return np.asarray((out + dy * (one - dx) * p[2]) + dy * dx * p[3])
    taps, weight = (range(-1, 3), cubic) if method == "bicubic" else (range(-4, 5), lanczos)
    x0, y0 = (np.floor(a).astype(np.int64) for a in (xx, yy))
    dx, dy = xx - x0.astype(np.float32), yy - y0.astype(np.float32)
    value, weights = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for j in taps:
        wy, y = weight(F(j) - dy), reflect(y0 + j, h)
        for i in taps:
            wxy = weight(F(i) - dx)[None, :] * wy[:, None]
            value += plane[np.ix_(y, reflect(x0 + i, w))] * wxy
            weights += wxy
    return value if method == "bicubic" else np.asarray(value / weights)


def cubic(t: Plane) -> Plane:
    t, a = np.abs(t), F(-0.75)
    near = (((a + F(2)) * t - (a + F(3))) * t) * t + F(1)
    far = (((t - F(5)) * t + F(8)) * t - F(4)) * a
    return np.where(t < 1, near, np.where(t < 2, far, F(0)))


def lanczos(t: Plane) -> Plane:
    wide = np.where(t == 0, 1, t).astype(np.float64)
    sinc = ((4 * np.sin(np.pi * wide)) * np.sin((np.pi * wide) / 4)) / (((np.pi * np.pi) * wide) * wide)
    inside = np.where((t > -4) & (t < 4), sinc.astype(np.float32), F(0))
    return np.where(t == 0, F(1), inside)
