# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Motion in slow, plain NumPy integers: the judge of the C kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TAPS = (3571, 16004, 26386, 16004, 3571)


def mirror(i: int, n: int) -> int:
    if i < 0:
        return -i
    return 2 * n - 2 - i if i >= n else i


def smooth(a: NDArray[np.int64], axis: int, shift: int) -> NDArray[np.int64]:
    n = a.shape[axis]
    total = np.zeros_like(a)
    for k, tap in enumerate(TAPS):
        total += tap * np.take(a, [mirror(i - 2 + k, n) for i in range(n)], axis)
    return (total + (1 << (shift - 1))) >> shift


def row_sads(earlier: NDArray[np.generic], current: NDArray[np.generic], bpc: int) -> NDArray[np.int64]:
    """The sum of absolute low-passed differences of each row."""
    difference = earlier.astype(np.int64) - current.astype(np.int64)
    return np.abs(smooth(smooth(difference, 0, bpc), 1, 16)).sum(axis=1)


@dataclass(frozen=True)
class Options:
    blend_factor: float = 1.0
    blend_offset: float = 40.0
    fps_weight: float = 1.0
    max_val: float = 10000.0
    five_frame_window: bool = False
    moving_average: bool = False
    force_zero: bool = False


def scores(frames: list[NDArray[np.generic]], bpc: int, options: Options) -> list[float]:
    """The score of each frame against the one (or two) before."""
    back = 2 if options.five_frame_window else 1
    out = []
    for t, current in enumerate(frames):
        if t < back or options.force_zero:
            out.append(0.0)
            continue
        sad = int(row_sads(frames[t - back], current, bpc).sum())
        mean = float(sad) / 256.0 / float(current.shape[0] * current.shape[1])
        out.append(min(mean * options.fps_weight, options.max_val))
    return out


def look_ahead(series: list[float], back: int) -> list[float]:
    """motion2, by the table of its definition."""
    n = len(series)
    out = []
    for i in range(n):
        if i < back:
            out.append(0.0)
        elif i == n - 1:
            out.append(series[i])
        elif back == 1:
            out.append(min(series[i], series[i + 1]))
        elif i == 2:
            out.append(series[3])
        else:
            out.append(min(series[i - 1], series[i + 1]))
    return out


def blended(series: list[float], options: Options) -> list[float]:
    """motion3 of the same series."""
    back = 2 if options.five_frame_window else 1
    f, o = options.blend_factor, options.blend_offset

    def p(m: float) -> float:
        return min(m * f + (1.0 - f) * min(o, m), options.max_val)

    stamp = p(series[back]) if len(series) > back else 0.0
    plain = [p(m) if i >= back else stamp for i, m in enumerate(look_ahead(series, back))]
    if not options.moving_average:
        return plain
    return [(m + plain[i - 1]) / 2.0 if i >= back else m for i, m in enumerate(plain)]
