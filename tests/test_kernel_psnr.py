# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The sum of squared differences of every set against plain NumPy integers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import psnr
from support.kernels import KERNEL_SETS, kernels, sums
from support.planes import address, exact_buffer

from pyvmaf._vmaf import ffi

SETS = [*KERNEL_SETS, "scalar"]


def sse(name: str, ref: NDArray[np.generic], dist: NDArray[np.generic], bpc: int) -> int:
    h, w = ref.shape
    job = ffi.new(
        "PsnrSse *",
        {
            "ref": address(ref), "dist": address(dist),
            "ref_stride": ref.strides[0], "dist_stride": dist.strides[0],
            "w": w, "bpc": bpc,
        },
    )  # fmt: skip
    return sums(kernels(name).psnr.sse, job, (0, h), 1)[0]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("bpc", [8, 10, 12, 16])
def test_sizes(name: str, bpc: int) -> None:
    rng = np.random.default_rng(bpc)
    top = (1 << bpc) - 1
    dtype = np.uint8 if bpc == 8 else np.uint16
    for w in [*range(1, 40), 63, 64, 65, 128, 1000]:
        for h in (1, 2, 5):
            ref = exact_buffer(rng.integers(0, top + 1, (h, w)).astype(dtype), 2)
            dist = exact_buffer(rng.integers(0, top + 1, (h, w)).astype(dtype), 5)
            assert sse(name, ref, dist, bpc) == psnr.sse(ref, dist), (w, h)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("bpc", [8, 10, 12, 16])
@pytest.mark.parametrize("swap", [False, True])
def test_greatest_error(name: str, bpc: int, swap: bool) -> None:
    """Rows so long that 32-bit partial sums would wrap."""
    top = (1 << bpc) - 1
    dtype = np.uint8 if bpc == 8 else np.uint16
    shape = (3, 70001)
    a, b = np.zeros(shape, dtype), np.full(shape, top, dtype)
    if swap:
        a, b = b, a
    assert sse(name, a, b, bpc) == 3 * 70001 * top * top


@pytest.mark.parametrize("name", SETS)
def test_empty_plane(name: str) -> None:
    """The chroma of a 4:2:0 picture one sample wide."""
    plane = np.zeros((4, 1), np.uint8)
    assert sse(name, plane[:, :0], plane[:, :0], 8) == 0
