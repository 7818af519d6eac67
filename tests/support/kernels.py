# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Kernel sets by name, for tests that run once at each instruction set."""

from __future__ import annotations

from typing import Any

import pytest

from pyvmaf._vmaf import ffi, lib


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


def sums(kernel: Any, call: Any, rows: tuple[int, int], count: int, scratch: Any = ffi.NULL) -> list[int]:
    """The sums of a kernel over the rows [begin, end); sums are added to, so they start at values that show."""
    start = 1 << 40
    out = ffi.new("int64_t[]", [start] * count)
    kernel(call, ffi.new("Rows *", {"begin": rows[0], "end": rows[1], "scratch": scratch}), out)
    return [int(value) - start for value in out]
