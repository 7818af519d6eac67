# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The motion kernel of every set against plain NumPy integers, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import motion
from support.kernels import KERNEL_SETS, kernels, sums
from support.planes import address, exact_buffer, scratch

from pyvmaf._vmaf import ffi

SETS = [*KERNEL_SETS, "scalar"]
WIDTHS = [3, 4, 5, 7, 8, 15, 16, 17, 18, 19, 20, 31, 32, 33, 34, 35, 47, 48, 63, 64, 65, 130, 257]
HEIGHTS = [3, 4, 5, 6, 7, 11]
DEPTHS = [8, 9, 10, 12, 14, 15, 16]


def sad(
    name: str, earlier: NDArray[np.generic], current: NDArray[np.generic], bpc: int,
    rows: tuple[int, int] | None = None,
) -> int:  # fmt: skip
    h, w = current.shape
    module = kernels(name).motion
    memory, _keep = scratch(module.scratch_size(w))
    job = ffi.new(
        "MotionSad *",
        {
            "earlier": address(earlier), "current": address(current),
            "earlier_stride": earlier.strides[0], "current_stride": current.strides[0],
            "w": w, "h": h, "bpc": bpc,
        },
    )  # fmt: skip
    return sums(module.sad, job, rows or (0, h), 1, memory)[0]


def pair(kind: str, h: int, w: int, bpc: int) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """An earlier and a current plane; `kind` names how they differ."""
    rng = np.random.default_rng([h, w, bpc])
    top = (1 << bpc) - 1
    earlier = rng.integers(0, top + 1, (h, w))
    current = rng.integers(0, top + 1, (h, w))
    if kind == "swing":
        earlier, current = (earlier & 1) * top, (current & 1) * top
    elif kind == "rise":
        earlier, current = np.zeros_like(earlier), np.full_like(earlier, top)
    elif kind == "fall":
        earlier, current = np.full_like(earlier, top), np.zeros_like(earlier)
    elif kind == "few":  # most rows agree and are skipped
        current = earlier.copy()
        current[h // 2, w // 2] ^= 1
    elif kind == "equal":
        current = earlier.copy()
    dtype = np.uint8 if bpc == 8 else np.uint16
    return exact_buffer(earlier.astype(dtype), 3), exact_buffer(current.astype(dtype), 1)


KINDS = ["noise", "swing", "rise", "fall", "few", "equal"]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("bpc", DEPTHS)
def test_sizes(name: str, bpc: int) -> None:
    kernels(name)
    for w in WIDTHS:
        for h in HEIGHTS:
            for kind in KINDS:
                earlier, current = pair(kind, h, w, bpc)
                want = int(motion.row_sads(earlier, current, bpc).sum())
                assert sad(name, earlier, current, bpc) == want, (w, h, kind)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("bpc", [8, 10, 16])
def test_row_ranges_add_up(name: str, bpc: int) -> None:
    for h in (3, 4, 9):
        earlier, current = pair("noise", h, 37, bpc)
        rows = motion.row_sads(earlier, current, bpc)
        for begin in range(h):
            for end in range(begin, h + 1):
                assert sad(name, earlier, current, bpc, (begin, end)) == rows[begin:end].sum()


@pytest.mark.parametrize("name", SETS)
def test_bottom_up_rows(name: str) -> None:
    earlier, current = pair("noise", 9, 21, 8)
    want = int(motion.row_sads(earlier[::-1], current[::-1], 8).sum())
    assert sad(name, earlier[::-1], current[::-1], 8) == want


def test_direction_matters() -> None:
    """The shifts are floors, so a swap of the two may change the sum."""
    earlier, current = pair("noise", 64, 64, 8)
    assert sad("scalar", earlier, current, 8) != sad("scalar", current, earlier, 8)
