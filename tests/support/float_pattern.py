# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The clip that libvmaf's float features were written down for, in whole numbers."""

from __future__ import annotations

import numpy as np

from support.clips import Frame


def pattern(frames: int, bpc: int) -> tuple[list[Frame], list[Frame]]:
    """Luma of 192 x 180, at 8 bits or with two more of its own."""
    y, x = np.mgrid[0:180, 0:192].astype(np.int64)
    refs: list[Frame] = []
    dists: list[Frame] = []
    for t in range(frames):
        u, v = x + 3 * t, y + 2 * t
        ref = 64 + ((u * u + 3 * v * v + 5 * u * v) >> 6) % 96
        dist = np.clip(ref + (7 * x + 13 * y) % 17 - 8, 0, 255)
        if bpc == 10:
            ref, dist = 4 * ref + (x & 3), np.minimum(1023, 4 * dist + (y & 3))
        dtype = np.uint8 if bpc == 8 else np.uint16
        refs.append((ref.astype(dtype),))
        dists.append((dist.astype(dtype),))
    return refs, dists
