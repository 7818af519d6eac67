# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the small float extractors compute, in NumPy with one rounding per operation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.generic]
Plane = NDArray[np.float32]
F = np.float32

REF_WINDOW = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / F(16)
DIST_WINDOW = np.array(
    [[2, 7, 12, 7, 2], [7, 31, 52, 31, 7], [12, 52, 127, 52, 12], [7, 31, 52, 31, 7], [2, 7, 12, 7, 2]], np.float32
) / F(571)
PEAK = {8: 255.0, 10: 255.75, 12: 255.9375, 16: 255.99609375}


def luma(samples: Samples, bpc: int) -> Plane:
    """Samples of any depth on the scale of 8 bits."""
    return samples.astype(np.float32) / F(1 << (bpc - 8))


def cap(bpc: int) -> float:
    return float(6 * bpc + 12)


def in_order(values: NDArray[np.float64]) -> float:
    """One running binary64 sum, row by row."""
    return float(np.cumsum(values.ravel().astype(np.float64))[-1])


def decibels(ratio: float, top: float) -> float:
    return min(10 * math.log10(ratio), top)


def psnr(ref: Samples, dist: Samples, bpc: int) -> dict[str, float]:
    error = luma(ref, bpc) - luma(dist, bpc)
    mse = in_order((error * error).astype(np.float64)) / ref.size
    return {"float_psnr": decibels(PEAK[bpc] * PEAK[bpc] / max(mse, 1e-10), cap(bpc))}


def moment(ref: Samples, dist: Samples, bpc: int) -> dict[str, float]:
    sides = {"ref": luma(ref, bpc), "dis": luma(dist, bpc)}
    out = {f"float_moment_{name}1st": in_order(p.astype(np.float64)) / p.size for name, p in sides.items()}
    return out | {f"float_moment_{name}2nd": in_order((p * p).astype(np.float64)) / p.size for name, p in sides.items()}


def reflect(i: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Turns about the first sample, and between the last one and its copy."""
    return np.where(i < 0, -i, np.where(i >= n, 2 * n - 1 - i, i))


def smoothed(plane: Plane, window: Plane) -> Plane:
    """Each row of the window from left to right, then the rows from top to bottom."""
    radius = len(window) // 2
    rows, cols = (np.arange(n) for n in plane.shape)
    total = np.zeros_like(plane)
    for v in range(len(window)):
        line = plane[reflect(rows + v - radius, len(rows))]
        across = np.zeros_like(plane)
        for u in range(len(window)):
            across += window[v, u] * line[:, reflect(cols + u - radius, len(cols))]
        total += across
    return total


def ansnr_rows(ref: Samples, dist: Samples, bpc: int) -> tuple[Plane, Plane]:
    """Energy of the smoothed reference and of the difference, per row, each sum rounded."""
    r = smoothed(luma(ref, bpc) - F(128), REF_WINDOW)
    e = r - smoothed(luma(dist, bpc) - F(128), DIST_WINDOW)
    return np.cumsum(r * r, axis=1, dtype=np.float32)[:, -1], np.cumsum(e * e, axis=1, dtype=np.float32)[:, -1]


def ansnr(ref: Samples, dist: Samples, bpc: int) -> dict[str, float]:
    signal, noise = (np.cumsum(rows, dtype=np.float32)[-1] for rows in ansnr_rows(ref, dist, bpc))
    h, w = ref.shape
    top, peak = cap(bpc), PEAK[bpc]
    ratio = float(signal / noise) if noise else 0.0
    return {
        "float_ansnr": top if not noise else 10 * math.log10(ratio) if ratio else -math.inf,
        "float_anpsnr": decibels(peak * peak * w * h / max(float(noise), 1e-10), top),
    }
