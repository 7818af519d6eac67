# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Kernel sets by name, for tests that run once at each instruction set."""

from __future__ import annotations

from typing import Any

import pytest

from pyvmaf._vmaf import ffi, lib

#: Sums are added to, so they start at a value that shows.
SUMS_START = 1 << 40


def names() -> list[str]:
    """The sets that were compiled in, best first, without the plain one."""
    out = []
    while (name := lib.kernel_table_name_at(len(out))) != ffi.NULL:
        out.append(ffi.string(name).decode())
    return out[:-1]


KERNEL_SETS = names()


def kernels(name: str) -> Any:
    """The kernel set of that name; skips the test when this processor lacks it."""
    table = lib.kernel_table_by_name(name.encode())
    if table == ffi.NULL:
        pytest.skip(f"this processor has no {name}")
    return table
