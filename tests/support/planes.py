# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Planes laid out for kernels: odd strides, padding that shows, scratch full of garbage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyvmaf._vmaf import ffi


def address(a: NDArray[np.generic]) -> ffi.CData:
    return ffi.cast("void *", a.ctypes.data)


def exact_buffer(plane: NDArray[np.generic], padding: int) -> NDArray[np.generic]:
    """A view equal to `plane` in rows that are `padding` samples longer.

    The padding holds a pattern: what a kernel reads there shows in its result.
    """
    h, w = plane.shape
    rows = np.full((h, w + padding), 0xA5, plane.dtype)
    rows[:, :w] = plane
    return rows[:, :w]


def scratch(size: int) -> tuple[ffi.CData, NDArray[np.uint8]]:
    """Aligned memory full of garbage, and the array that keeps it alive."""
    memory = np.full(size + 64, 0xC3, np.uint8)
    return ffi.cast("void *", (memory.ctypes.data + 63) // 64 * 64), memory
