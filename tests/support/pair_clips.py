# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A moving clip of three scenes, like camera pictures in what matters to matching: cuts, pan, zoom, a face, grain.

The same samples on any machine: NumPy's generator with a seed, and arithmetic on float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .clips import natural

WIDTH, HEIGHT, FRAMES = 256, 144, 90
CUTS = (33, 62)

Luma = NDArray[np.float64]
Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


def _texture(seed: int) -> Luma:
    big = natural(2 * HEIGHT, 3 * WIDTH, seed).astype(np.float64) / 256
    # Pictures have less of high frequencies than blocks of noise do.
    for axis in (0, 1):
        big = (big + np.roll(big, 1, axis) + np.roll(big, -1, axis)) / 3
    return 30 + (big - big.min()) * (190 / (big.max() - big.min()))


def _sample(picture: Luma, y: Luma, x: Luma) -> Luma:
    """Bilinear samples at real places, wrapped around."""
    y0, x0 = np.floor(y).astype(int), np.floor(x).astype(int)
    fy, fx = (y - y0)[:, None], (x - x0)[None, :]
    h, w = picture.shape
    rows = [picture[(y0 + k) % h] for k in (0, 1)]
    top, low = (row[:, x0 % w] * (1 - fx) + row[:, (x0 + 1) % w] * fx for row in rows)
    return top * (1 - fy) + low * fy


def _scene(index: int, seed: int) -> Luma:
    """Frame `index` of the clip before grain."""
    y, x = np.arange(HEIGHT, dtype=np.float64), np.arange(WIDTH, dtype=np.float64)
    if index < CUTS[0]:  # a pan with a shaking hand
        return _sample(_texture_of(seed), y + 3 * np.sin(index / 5), x + 1.7 * index)
    if index < CUTS[1]:  # somebody who talks, in front of a wall
        out = _texture_of(seed + 1)[:HEIGHT, :WIDTH].copy() * 0.6
        row, column = 70 + 3 * np.sin(index / 4), 120 + 6 * np.sin(index / 7)
        inside = ((y[:, None] - row) / 45) ** 2 + ((x[None, :] - column) / 33) ** 2 < 1
        face = _sample(_texture_of(seed + 2), y - row, x - column)
        out[inside] = face[inside]
        mouth = abs(y[:, None] - row - 18) < 2 + 4 * abs(np.sin(index * 1.1))
        out[mouth & (abs(x[None, :] - column) < 10)] = 40
        return out
    zoom = 1 - 0.006 * (index - CUTS[1])  # a slow zoom
    return _sample(_texture_of(seed + 3), 72 + (y - 72) * zoom, 300 + (x - 128) * zoom)


@lru_cache(8)
def _texture_of(seed: int) -> Luma:
    return _texture(seed)


@lru_cache(4)
def moving(frames: int = FRAMES, seed: int = 0, grain: float = 1.5) -> tuple[Planes, ...]:
    """Frames of 8-bit 4:2:0, limited range."""
    rng = np.random.default_rng(seed)
    out = []
    for i in range(frames):
        clean = _scene(i, seed)
        luma = np.clip(np.rint(clean + rng.normal(0, grain, clean.shape)), 16, 235).astype(np.uint8)
        small = clean[::2, ::2]
        u = np.clip(np.rint(128 + (small - 120) / 4), 16, 240).astype(np.uint8)
        v = np.clip(np.rint(150 - (small - 90) / 3), 16, 240).astype(np.uint8)
        out.append((luma, u, v))
    return tuple(out)


def y4m(frames: Sequence[tuple[NDArray[np.generic], ...]], rate: str = "24:1", tags: str = "") -> bytes:
    """The frames as a y4m file, 4:2:0 of 8 bits unless `tags` has another C."""
    h, w = frames[0][0].shape
    space = "" if " C" in f" {tags}" else "C420jpeg "
    head = f"YUV4MPEG2 W{w} H{h} F{rate} Ip A1:1 {space}{tags}".rstrip() + "\n"
    return head.encode() + b"".join(b"FRAME\n" + b"".join(p.tobytes() for p in planes) for planes in frames)
