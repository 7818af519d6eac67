# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Whether vector registers were left with something in their upper halves.

SSE code that runs while they hold something is several times slower on many
processors, in this thread, until somebody clears them: what calls a kernel would pay.
"""

from __future__ import annotations

import ctypes as ct
import mmap
import platform
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from pyvmaf._vmaf import ffi

CODE = {
    "in_use": "b9 01 00 00 00  0f 01 d0  c3",  # mov ecx, 1; xgetbv; ret: the states that are in use
    "use": "c5 fd 76 c0  c3",  # vpcmpeqd ymm0, ymm0, ymm0; ret
    "clear": "c5 f8 77  c3",  # vzeroupper; ret
}
UPPER_HALVES = 4  # of ymm0 to ymm15


@cache
def function(name: str) -> Callable[[], int]:
    memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(bytes.fromhex(CODE[name]))
    code = ffi.cast("unsigned (*)(void)", ct.addressof(ct.c_char.from_buffer(memory)))
    return lambda memory=memory: int(code())


def upper_halves_in_use() -> bool:
    return bool(function("in_use")() & UPPER_HALVES)


def need_probe() -> None:
    """Skip the test where the processor does not tell."""
    if platform.machine() != "x86_64" or not {"avx2", "xgetbv1"} <= {*Path("/proc/cpuinfo").read_text().split()}:
        pytest.skip("this processor has no upper halves")
    function("use")()
    told = upper_halves_in_use()
    function("clear")()
    if not told or upper_halves_in_use():
        pytest.skip("this processor does not tell whether upper halves are in use")
