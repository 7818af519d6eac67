# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The pair of pictures that the specified scores of the classic extractors belong to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Frame = tuple[NDArray[Any], ...]


def specified_pair(bpc: int) -> tuple[Frame, Frame]:
    """Reference and distorted picture, 192x180, 4:2:0, of 8 or 10 bits."""
    v, x = np.mgrid[:180, :192]
    luma = 64 + ((x * x + 3 * v * v + 5 * x * v) >> 6) % 96
    y, u = np.mgrid[:90, :96]
    cb, cr = 96 + ((u * y) >> 3) % 64, 96 + (u + 2 * y) % 48
    ref = [luma, cb, cr]
    noise = [(7 * x + 13 * v) % 17 - 8, (5 * u + 3 * y) % 9 - 4, (3 * u + 7 * y) % 11 - 5]
    dist = [np.clip(p + n, 0, 255) for p, n in zip(ref, noise, strict=True)]
    if bpc == 8:
        sides = [ref, dist]
    else:
        grids = [(x, v), (u, y), (u, y)]
        sides = [
            [4 * p + (grid[0] & 3) for p, grid in zip(ref, grids, strict=True)],
            [np.minimum(1023, 4 * p + (grid[1] & 3)) for p, grid in zip(dist, grids, strict=True)],
        ]
    ref_frame, dist_frame = (tuple(p.astype(np.uint8 if bpc == 8 else np.uint16) for p in side) for side in sides)
    return ref_frame, dist_frame
