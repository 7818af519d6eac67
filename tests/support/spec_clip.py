# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The generated clip whose values the classic extractors' definition states: 192x180, 4:2:0, 8 or 10 bits."""

from __future__ import annotations

import numpy as np

from support.clips import Frame

WIDTH, HEIGHT = 192, 180


def frame(t: int, bpc: int) -> tuple[Frame, Frame]:
    """Reference and distorted planes of frame `t`."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    a, b = x + 3 * t, y + 2 * t
    ref = [64 + ((a * a + 3 * b * b + 5 * a * b) >> 6) % 96]
    dist = [np.clip(ref[0] + (7 * x + 13 * y) % 17 - 8, 0, 255)]
    y, x = np.mgrid[: HEIGHT // 2, : WIDTH // 2]
    ref += [96 + ((x * y) >> 3) % 64, 96 + (x + 2 * y) % 48]
    dist += [ref[1] + (5 * x + 3 * y) % 9 - 4, ref[2] + (3 * x + 7 * y) % 11 - 5]
    if bpc == 8:
        return tuple(p.astype(np.uint8) for p in ref), tuple(p.astype(np.uint8) for p in dist)
    positions = [np.mgrid[: p.shape[0], : p.shape[1]] for p in ref]
    ref = [4 * p + (x & 3) for p, (_, x) in zip(ref, positions, strict=True)]
    dist = [np.minimum(1023, 4 * p + (y & 3)) for p, (y, _) in zip(dist, positions, strict=True)]
    return tuple(p.astype(np.uint16) for p in ref), tuple(p.astype(np.uint16) for p in dist)
