# SPDX-License-Identifier: BSD-2-Clause-Patent
"""PSNR-HVS in NumPy: binary32 arrays, an element per block, so that every sum within a block keeps its order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyvmaf._vmaf import ffi, lib

F32 = np.float32
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def blocks(size: int) -> int:
    """Starts 0, 7, 14, ... of eight samples each."""
    return len(range(0, size - 7, 7))


def weights(plane: int) -> Floats:
    table = ffi.new("PsnrHvsTable *")
    lib.psnr_hvs_table(table, plane)
    return np.array(list(table.weight), F32).reshape(8, 8)


def masks(weight: Floats) -> Floats:
    return ((weight.astype(float) * 0.3885746225901003) ** 2).astype(F32)


def half(a: Ints) -> Ints:
    """Toward zero."""
    return np.sign(a) * (abs(a) // 2)


def scaled(a: Ints, factor: int, shift: int) -> Ints:
    return (a * factor + (1 << (shift - 1))) >> shift


def transform(p: Ints) -> Ints:
    """The DCT by lifting steps along the first axis."""
    a0 = p[0] - p[7]
    h0 = half(a0)
    b0, b1 = p[0] - h0, p[1] + p[6]
    h1 = half(b1)
    a1, a2 = p[6] - h1, p[2] - p[5]
    b2, b3 = p[2] - half(a2), p[3] + p[4]
    h3 = half(b3)
    a3 = h3 - p[4]
    c0 = b0 + h3
    c3 = c0 - b3
    c2 = h1 - b2
    c1 = c2 - b1
    c0 = c0 - scaled(c1, 13573, 15)
    c1 = c1 + scaled(c0, 11585, 14)
    c0 = c0 - scaled(c1, 13573, 15)
    c3 = c3 - scaled(c2, 21895, 15)
    c2 = c2 + scaled(c3, 15137, 14)
    c3 = c3 - scaled(c2, 21895, 15)
    a2 = a2 + scaled(a1, 19195, 15)
    a1 = a1 + scaled(a2, 11585, 14)
    a2 = a2 - scaled(a1, 7489, 13)
    a3 = half(a1) - a3
    a1 = a1 - a3
    a2 = h0 - a2
    a0 = a0 - a2
    a3 = a3 + scaled(a0, 3227, 15)
    a0 = a0 - scaled(a3, 6393, 15)
    a3 = a3 + scaled(a0, 3227, 15)
    a1 = a1 + scaled(a2, 2485, 13)
    a2 = a2 - scaled(a1, 18205, 15)
    a1 = a1 + scaled(a2, 2485, 13)
    return np.stack([c0, a0, c2, a2, c1, a1, c3, a3])


def spread(samples: Floats) -> Floats:
    """Sums of squared distances from the mean, over the first axis in order."""
    mean = samples.sum(axis=0, dtype=F32) / F32(len(samples))
    total = np.zeros_like(mean)
    for p in samples:
        total += (p - mean) * (p - mean)
    return total


def masking(samples: Ints, coefficients: Ints, mask: Floats) -> Floats:
    p = samples.astype(F32)
    whole = spread(p.reshape(64, -1)) * F32(float.fromhex("0x1.041042p+0"))
    quarters = np.zeros_like(whole)
    for right in (0, 4):
        for low in (0, 4):
            quarter = p[low : low + 4, right : right + 4].reshape(16, -1)
            quarters += spread(quarter) * F32(float.fromhex("0x1.111112p+0"))
    with np.errstate(invalid="ignore", divide="ignore"):
        texture = np.where(whole > 0, quarters / whole, whole)
    energy = np.zeros_like(whole)
    for x, m in list(zip(coefficients.reshape(64, -1), mask.ravel(), strict=True))[1:]:
        energy += (x * x).astype(F32) * m
    return (np.sqrt((energy * texture).astype(float)) / 32).astype(F32)


def block_row(plane: NDArray[Any], y: int) -> Ints:
    """Samples (8, 8, blocks) of the block row that starts at row y."""
    starts = range(0, 7 * blocks(plane.shape[1]), 7)
    return np.stack([plane[y : y + 8, x : x + 8].astype(np.int64) for x in starts], axis=-1)


def terms(ref: NDArray[Any], dist: NDArray[Any], plane: int) -> list[Floats]:
    """Of each block row, the 64 terms of its blocks: (64, blocks)."""
    weight = weights(plane)
    mask = masks(weight)
    out = []
    for y in range(0, 7 * blocks(ref.shape[0]), 7):
        sides = []
        for side in (ref, dist):
            samples = block_row(side, y)
            coefficients = transform(transform(samples).swapaxes(0, 1)).swapaxes(0, 1)
            sides.append((coefficients, masking(samples, coefficients, mask)))
        (x, r), (z, d) = sides
        threshold = np.where(d > r, d, r) / mask.reshape(64, 1)
        error = abs(x - z).astype(F32).reshape(64, -1)
        masked = np.where(error < threshold, F32(0), error - threshold)
        masked[0] = error[0]
        masked *= weight.reshape(64, 1)
        out.append(masked * masked)
    return out


def summed(rows: Sequence[Floats]) -> np.float32:
    """In binary32, block after block, coefficient after coefficient."""
    total = F32(0)
    for row in rows:
        for term in row.T.ravel():
            total += term
    return total


def plane_error(ref: NDArray[Any], dist: NDArray[Any], plane: int, bpc: int) -> float:
    cnt = 64 * blocks(ref.shape[0]) * blocks(ref.shape[1])
    return float(summed(terms(ref, dist, plane)) / F32(cnt) / F32(((1 << bpc) - 1) ** 2))


def decibel(error: float) -> float:
    return 10 * (-1 * math.log10(error)) if error else math.inf


def scores(ref: Sequence[NDArray[Any]], dist: Sequence[NDArray[Any]], bpc: int) -> list[float]:
    """Of luma, Cb, Cr and all."""
    y, cb, cr = (plane_error(ref[p], dist[p], p, bpc) for p in range(3))
    return [*map(decibel, (y, cb, cr)), decibel(y * 0.8 + 0.1 * (cb + cr))]
