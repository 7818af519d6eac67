# SPDX-License-Identifier: BSD-2-Clause-Patent
"""SSIM and MS-SSIM written out in NumPy, one rounding per operation: the judge of the plain C kernels.

``F32`` arithmetic is binary32 throughout; sums are binary64 in the order of the definition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

TAPS = np.array(
    [0.001028, 0.007599, 0.036001, 0.109361, 0.213006, 0.266012, 0.213006, 0.109361, 0.036001, 0.007599, 0.001028],
    np.float32,
)
LOW = np.array(
    [
        [0.363505, 0.160885, -0.047149, -0.010146, 0.016114],
        [0.160885, 0.071207, -0.020867, -0.004490, 0.007132],
        [-0.047149, -0.020867, 0.006115, 0.001316, -0.002090],
        [-0.010146, -0.004490, 0.001316, 0.000283, -0.000450],
        [0.016114, 0.007132, -0.002090, -0.000450, 0.000714],
    ],
    np.float32,
)
C1 = (np.float32(0.01) * np.float32(255)) ** 2
C2 = (np.float32(0.03) * np.float32(255)) ** 2
C3 = C2 / np.float32(2)

ALPHA = np.array([0, 0, 0, 0, 0.1333], np.float32)
BETA = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333], np.float32)


def luma(samples: NDArray[np.generic], bpc: int) -> Plane:
    """Samples of any depth on the scale of 8 bits."""
    return samples.astype(np.float32) / np.float32(1 << (bpc - 8))


def reflect(i: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Indices of an axis of n samples that runs backwards beyond its ends."""
    return np.where(i < 0, -1 - i, np.where(i >= n, 2 * n - 1 - i, i))


def weighted(plane: Plane, rows: NDArray[np.int64], cols: NDArray[np.int64], weights: Plane) -> Plane:
    """Sums of products over offsets: `rows` is (outputs, offsets), as is `cols`; `weights` (offsets, offsets)."""
    total = np.zeros((rows.shape[0], cols.shape[0]))
    for v in range(rows.shape[1]):
        for u in range(cols.shape[1]):
            total += plane[rows[:, v]][:, cols[:, u]] * weights[v, u]
    return total.astype(np.float32)


def shrink(plane: Plane, factor: int) -> Plane:
    """Means over boxes of factor x factor samples."""
    if factor == 1:
        return plane
    offsets = np.arange(factor) - factor // 2
    at = [reflect(factor * np.arange(n // factor + n % 2)[:, None] + offsets, n) for n in plane.shape]
    k = np.float32(1) / np.float32(factor * factor)
    return weighted(plane, at[0], at[1], np.full((factor, factor), k, np.float32))


def halve(plane: Plane) -> Plane:
    """The next level of MS-SSIM."""
    offsets = np.arange(-4, 5)
    at = [reflect(2 * np.arange((n + 1) // 2)[:, None] + offsets, n) for n in plane.shape]
    return weighted(plane, at[0], at[1], LOW[np.abs(offsets)][:, np.abs(offsets)])


def window(plane: Plane) -> Plane:
    """The Gaussian window across, then down, where it fits."""
    for axis in (1, 0):
        n = plane.shape[axis] - 10
        total: NDArray[np.float64] = sum(  # type: ignore[assignment]
            (np.take(plane, range(k, k + n), axis) * TAPS[k]).astype(np.float64) for k in range(11)
        )
        plane = total.astype(np.float32)
    return plane


@dataclass(frozen=True)
class Terms:
    """Luminance, contrast, structure and their product at each position of the window."""

    l: NDArray[np.float64]  # noqa: E741
    c: NDArray[np.float64]
    s: NDArray[np.float64]

    @property
    def lcs(self) -> NDArray[np.float64]:
        return self.l * self.c * self.s


def terms(ref: Plane, dist: Plane) -> Terms:
    r, d, rr, dd, rd = (window(p) for p in (ref, dist, ref * ref, dist * dist, ref * dist))
    zero = np.float32(0)
    var_r, var_d = np.maximum(zero, rr - r * r), np.maximum(zero, dd - d * d)
    sigma, cov = np.sqrt(var_r * var_d), rd - r * d
    cov = np.where((cov < 0) & (sigma <= 0), zero, cov)
    wide = np.float64
    return Terms(
        l=(2.0 * r.astype(wide) * d.astype(wide) + wide(C1)) / (r * r + d * d + C1).astype(wide),
        c=(2.0 * sigma.astype(wide) + wide(C2)) / (var_r + var_d + C2).astype(wide),
        s=((cov + C3) / (sigma + C3)).astype(wide),
    )


def row_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of rows in the order that the kernels agree on: strips of 192, in them eight lanes."""
    h, w = values.shape
    total = np.zeros(h)
    for x in range(0, w, 192):
        strip = values[:, x : x + 192]
        groups = np.pad(strip, ((0, 0), (0, -strip.shape[1] % 16))).reshape(h, -1, 2, 8)
        lanes = np.cumsum(groups[:, :, 0] + groups[:, :, 1], axis=1)[:, -1]
        total += np.cumsum(lanes, axis=1)[:, -1]
    return total


def faint(plane: Plane) -> NDArray[np.uint8]:
    """Which rows hold a value other than 0 below 2^-6."""
    size = np.abs(plane)
    return ((size > 0) & (size < 2.0**-6)).any(axis=1).astype(np.uint8)


def in_order(values: NDArray[np.float64]) -> float:
    """One running sum, row by row."""
    return float(np.cumsum(values.ravel())[-1])


def means(ref: Plane, dist: Plane) -> dict[str, float]:
    """Means of l, c, s and their product, rounded to binary32."""
    t = terms(ref, dist)
    return {name: float(np.float32(in_order(getattr(t, name)) / t.c.size)) for name in ("l", "c", "s", "lcs")}


def auto_factor(w: int, h: int) -> int:
    return max(1, math.floor(min(w, h) / 256 + 0.5))


def decibels(score: float, w: int, h: int, bpc: int, clip: bool) -> float:
    top = float((1 << bpc) - 1)
    cap = math.ceil(10 * math.log10(top * top / (0.5 / (w * h)))) if clip else math.inf
    if math.isnan(score) or score == 1:
        return float(cap)
    return min(-10 * math.log10(1 - score), float(cap))


def ssim(ref: NDArray[np.generic], dist: NDArray[np.generic], bpc: int, scale: int = 0) -> dict[str, float]:
    """float_ssim and its parts, by published name."""
    h, w = ref.shape
    factor = scale or auto_factor(w, h)
    m = means(*(shrink(luma(p, bpc), factor) for p in (ref, dist)))
    return {"float_ssim": m["lcs"], **{f"float_ssim_{part}": m[part] for part in "lcs"}}


def ms_ssim(ref: NDArray[np.generic], dist: NDArray[np.generic], bpc: int) -> dict[str, float]:
    """float_ms_ssim and its parts, by published name; NaN for a negative mean structure."""
    r, d = luma(ref, bpc), luma(dist, bpc)
    score, out = 1.0, {}
    for level in range(5):
        m = means(r, d)
        alpha, beta = float(ALPHA[level]), float(BETA[level])
        structure = math.nan if m["s"] < 0 else math.pow(m["s"], beta)
        score *= math.pow(m["l"], alpha) * math.pow(m["c"], beta) * structure
        out |= {f"float_ms_ssim_{part}_scale{level}": m[part] for part in "lcs"}
        r, d = halve(r), halve(d)
    ordered = {f"float_ms_ssim_{part}_scale{level}": 0.0 for part in "lcs" for level in range(5)}
    return {"float_ms_ssim": score, **(ordered | out)}
