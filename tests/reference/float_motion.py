# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Float motion in slow, plain NumPy: the judge of its kernels and of the extractor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .float_plane import F, Plane, blurred, resized, row_sums, total


def hexadecimal(*texts: str) -> NDArray[np.float32]:
    return np.array([float.fromhex(t) for t in texts], np.float32)


FIVE = hexadecimal("0x1.be5f0ep-5", "0x1.f41fd6p-3", "0x1.9c4868p-2", "0x1.f41fd6p-3", "0x1.be5f0ep-5")
THREE = hexadecimal("0x1.54be4p-3", "0x1.55a0ep-1", "0x1.54be4p-3")


@dataclass(frozen=True)
class Options:
    force_zero: bool = False
    fps_weight: float = 1.0
    blend_factor: float = 1.0
    blend_offset: float = 40.0
    add_scale1: bool = False
    filter_size: int = 5
    add_uv: bool = False
    max_val: float = 10000.0


def blur(plane: Plane, filter_size: int) -> Plane:
    return plane if filter_size == 1 else blurred(plane, THREE if filter_size == 3 else FIVE)


def mean_difference(a: Plane, b: Plane) -> np.float32:
    return np.float32(total(row_sums(np.abs(a - b))) / F(a.size))


def difference(a: Plane, b: Plane, options: Options) -> float:
    """Of one plane of two frames."""
    a, b = blur(a, options.filter_size), blur(b, options.filter_size)
    mean = mean_difference(a, b)
    if options.add_scale1:
        h, w = a.shape
        size = int(w * 0.5 + 0.5), int(h * 0.5 + 0.5)
        mean = np.float32(mean + mean_difference(*(resized(p, *size, "bilinear") for p in (a, b))))
    return float(mean)


def differences(frames: Sequence[Sequence[Plane]], options: Options) -> list[float]:
    """Of each frame from the one before; the first has none. A frame is its planes."""
    out = [0.0]
    for earlier, current in pairwise(frames):
        cnt = 3 if options.add_uv else 1
        value = 0.0
        for a, b in zip(earlier[:cnt], current[:cnt], strict=True):
            value += difference(a, b, options)
        out.append(value)
    return out


def scores(frames: Sequence[Sequence[Plane]], options: Options) -> dict[str, list[float]]:
    """The three series of a clip."""
    n = len(frames)
    if options.force_zero:
        return {name: [0.0] * n for name in ("motion", "motion2", "motion3")}
    s, w = differences(frames, options), options.fps_weight

    def clipped(m: float) -> float:
        return min(m * w, options.max_val)

    def blended(m: float) -> float:
        factor = options.blend_factor
        return min((m * w) * factor + (1 - factor) * min(options.blend_offset, m * w), options.max_val)

    least = [0.0 if i == 0 else s[i] if i == n - 1 else min(s[i + 1], s[i]) for i in range(n)]
    motion3 = [blended(m) for m in least]
    motion3[0] = blended(s[1]) if n > 1 else 0.0
    return {
        "motion": [0.0] + [clipped(m) for m in s[1:]],
        "motion2": [0.0] + [clipped(m) for m in least[1:]],
        "motion3": motion3,
    }
