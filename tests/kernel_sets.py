# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The kernel sets of this build by name, so that each kernel test runs once a set."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pyvmaf._vmaf import ffi, lib


def names() -> list[str]:
    out = []
    while (name := lib.kernel_table_name_at(len(out))) != ffi.NULL:
        out.append(ffi.string(name).decode())
    return out


def table(name: str) -> ffi.CData:
    """The set's table; a processor without it is a skip that says so."""
    found = lib.kernel_table_by_name(name.encode())
    if found == ffi.NULL:
        pytest.skip(f"this processor has no {name}")
    return found


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
