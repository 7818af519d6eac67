# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What most tests use: planes of noise, the switch for long runs, a measure of leaks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pyvmaf import VmafContext

#: Long runs: set PYVMAF_FULL=1.
FULL = os.environ.get("PYVMAF_FULL") == "1"

Plane = NDArray[np.uint8]


def noise(seed: int, height: int = 48, width: int = 64) -> Plane:
    """A plane of uniform 8-bit noise."""
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def least_growth(resident: Callable[[], int], cycle: Callable[[int], None], count: int) -> int:
    """The bytes by which memory grows over the quietest quarter of `count` cycles.

    A leak shows in every quarter; what an allocator still settles does not.
    """
    cycle(count // 4)
    sizes = [resident()]
    for _ in range(4):
        cycle(count // 4)
        sizes.append(resident())
    return min(b - a for a, b in pairwise(sizes))


def read_planes(ctx: VmafContext, planes: Sequence[Plane]) -> None:
    """Every plane against the first one, to the end."""
    for i, plane in enumerate(planes):
        ctx.read_pictures(plane, planes[0], i, pix_fmt="gray")
    ctx.flush()
