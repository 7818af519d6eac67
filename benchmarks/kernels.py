# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Kernels alone: pixels a second by instruction set against the plain scalar code."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from .content import SIZES, clip  # isort: skip

from support import kernel_harness as harness
from support.contents import CONTENTS, Grid, Ints
from support.kernel_harness import Arrays, Kernel, Memory, P

from pyvmaf._vmaf import ffi

SIZE = SIZES["1080p"]


@dataclass(frozen=True)
class KernelTiming:
    kernel: str
    bpc: int
    isa: str
    mpixels: float
    ratio: float


def isas() -> list[str]:
    """The kernel sets that this processor can run, plain scalar last."""
    return [*harness.available(), "scalar"]


def natural(grid: Grid) -> tuple[Ints, Ints]:
    """The corner of a frame and of its encode, as contents of the kernel harness are made."""
    h, w = grid.x.shape
    bpc = 8 if grid.bpc == 8 else 10
    ref, dist = (side[1][0][:h, :w].astype(int) << (grid.bpc - bpc) for side in clip(SIZE.name, bpc, 2))
    return ref, dist


def points(kernel: Kernel) -> list[P]:
    """The kernel's first point of 8 and of 10 bits; the first of all where depth is no matter."""
    found = [next((p for p in kernel.points if getattr(p, "bpc", 0) == bpc), None) for bpc in (8, 10)]
    return [p for p in found if p] or [*kernel.points[:1]]


def calls(isa: str, kernel: Kernel, inputs: Arrays, p: P) -> Callable[[], None]:
    """All calls of a case, ready to run again and again."""
    m, work = Memory(tidy=True), []
    for call in kernel.calls(m, inputs, p):
        harness.perform(isa, call, m)
        arguments = call.direct()
        if call.second is None:
            scratch = m.scratch(harness.scratch_size(isa, call)).pointer
            rows = ffi.new("Rows *", {"end": call.rows, "scratch": scratch})
            arguments[1:] = rows, ffi.new("int64_t[]", max(call.sums, 1))
        work.append((harness.function(isa, call), arguments))

    def run() -> None:
        for function, arguments in work:
            function(*arguments)

    return run


def measure(rounds: int) -> list[KernelTiming]:
    """Every kernel at every set, in turn with the scalar one."""
    CONTENTS["natural"] = natural
    out = []
    for kernel in filter(lambda kernel: kernel.timed, harness.discovered()):
        known = {*kernel.kinds} <= CONTENTS.keys()  # else it makes its own contents
        for p in points(kernel):
            inputs = kernel.inputs("natural" if known else kernel.kinds[0], SIZE.width, SIZE.height, p)
            plain = calls("scalar", kernel, inputs, p)
            for isa in isas():
                work, times = calls(isa, kernel, inputs, p), []
                for _ in range(rounds + 1):
                    start = time.perf_counter()
                    work()
                    middle = time.perf_counter()
                    plain()
                    times.append((middle - start, time.perf_counter() - middle))
                ours = statistics.median(a for a, _ in times[1:])
                ratio = statistics.median(b / a for a, b in times[1:])
                pixels = SIZE.width * SIZE.height
                out.append(KernelTiming(kernel.name, getattr(p, "bpc", 8), isa, pixels / ours / 1e6, ratio))
    return out
