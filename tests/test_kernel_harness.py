# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The kernel harness notices what a kernel may do wrong: toys in Python, each with one fault."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support import kernel_harness as harness
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want, run

from pyvmaf._vmaf import ffi

POINT = P(bpc=8)


class Halves(Kernel):
    """Halves 8-bit samples and sums what it cuts off; its struct is one that has what it needs."""

    name = "toy.halve"
    points = (POINT,)

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        plane, out = m.read(inputs[0]), m.write(inputs[0].shape, np.uint8)
        h, w = inputs[0].shape
        call = m.struct("MotionSad", earlier=plane, current=out, earlier_stride=plane.stride,
                        current_stride=out.stride, w=w, h=h)  # fmt: skip
        yield Call(self.name, call, rows=h, sums=1, scratch=w)

    def want(self, inputs: Arrays, p: P) -> Want:
        return Want([[int((inputs[0] & 1).sum())]], [inputs[0] >> 1])


def halve(row: Any, out: Any, scratch: Any, w: int) -> int:
    """One row; how much was cut off."""
    scratch[0:w] = bytes(v >> 1 for v in row[0:w])
    out[0:w] = scratch[0:w]
    return sum(v & 1 for v in row[0:w])


def toy(fault: str = "") -> Callable[[Any, Any, Any], None]:
    def kernel(argument: Any, rows: Any, sums: Any) -> None:
        call, row_range = argument[0], rows[0]
        scratch = ffi.cast("uint8_t *", row_range.scratch)
        if fault == "sums set":
            sums[0] = 0
        for y in range(row_range.begin, call.h if fault == "end ignored" else row_range.end):
            row, out = (
                ffi.cast("uint8_t *", start) + y * stride
                for start, stride in ((call.earlier, call.earlier_stride), (call.current, call.current_stride))
            )
            sums[0] += halve(row, out, scratch, call.w)
            if fault == "garbage used":
                sums[0] += int(scratch[call.w - 1] == 0xC3)
        if fault == "input written":
            row[0] ^= 1
        if fault == "written behind":
            out[call.w] ^= 1
        if fault == "written before":
            out[-1] ^= 1
        if fault == "scratch exceeded":
            scratch[call.w] ^= 1
        if fault == "call written":
            call.w += 1
        if fault == "last sample wrong":
            out[call.w - 1] ^= 1

    return kernel


def made(monkeypatch: pytest.MonkeyPatch, fault: str, **how: Any) -> str:
    monkeypatch.setattr(harness, "table", lambda name, module: SimpleNamespace(halve=toy(fault)))
    kernel = Halves()
    inputs = kernel.inputs("noise", 21, 9, POINT)
    return run("toy", kernel, inputs, POINT, **how).differs(kernel.want(inputs, POINT))


@pytest.mark.parametrize("turn", range(8))
def test_a_good_kernel_passes(monkeypatch: pytest.MonkeyPatch, turn: int) -> None:
    for parts in (harness.whole, harness.uneven, harness.every_row):
        for fence in (-1, 0, 1):
            assert made(monkeypatch, "", m=Memory(turn, fence), parts=parts) == ""
    assert made(monkeypatch, "", m=Memory(turn, tidy=True)) == ""


@pytest.mark.parametrize("turn", (1, 2))
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("input written", "input written"),
        ("call written", "input written"),
        ("written behind", "written outside the rows"),
        ("written before", "written outside the rows"),
        ("scratch exceeded", "written outside the scratch memory"),
    ],
)
def test_stray_writes_are_noticed(monkeypatch: pytest.MonkeyPatch, fault: str, words: str, turn: int) -> None:
    with pytest.raises(AssertionError, match=words):
        made(monkeypatch, fault, m=Memory(turn))


def test_wrong_results_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert made(monkeypatch, "last sample wrong").startswith("output 0 at (8, 20): ")
    assert made(monkeypatch, "sums set").startswith("sums of call 0: ")
    assert made(monkeypatch, "end ignored") == ""
    assert made(monkeypatch, "end ignored", parts=harness.uneven).startswith("sums of call 0: ")


@pytest.mark.parametrize(("fence", "offset"), [(1, 0), (-1, -1)])
def test_a_fence_ends_the_process(fence: int, offset: int) -> None:
    """One byte past the last sample of the last row, one before the first sample."""
    program = (
        "import ctypes, numpy as np; from support.memory import Memory\n"
        f"block = Memory(fence={fence}).read(np.zeros((3, 5), np.uint8))\n"
        "at = block.start, block.start + block.span.stop - block.span.start\n"
        "ctypes.string_at(at[0], at[1] - at[0]); print('inside', flush=True)\n"
        f"ctypes.string_at((at[1] if {fence} > 0 else at[0]) + {offset}, 1); print('outside')\n"
    )
    tests = harness.Path(__file__).parent
    child = subprocess.run([sys.executable, "-c", program], cwd=tests, capture_output=True, text=True)
    assert child.returncode < 0 and child.stdout == "inside\n"


def test_floating_point_is_compared_by_bits() -> None:
    zero, nan = np.array([0.0, np.nan], np.float32), np.array([-0.0, np.nan], np.float32)
    assert harness.Made([], [zero]).differs(Want([], [zero.copy()])) == ""
    assert "output 0 at (0,)" in harness.Made([], [zero]).differs(Want([], [nan]))
