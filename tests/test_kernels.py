# SPDX-License-Identifier: BSD-2-Clause-Patent
"""All kernels: plain C against the definition, every instruction set against plain C; see support/kernel_harness.py."""

from __future__ import annotations

from types import SimpleNamespace as P

import pytest
from support import kernel_harness as harness
from support import registers
from support.kernel_harness import Kernel, Memory, run
from support.kernels import KERNEL_SETS, kernels

POINTS = [
    pytest.param(kernel, p, id=f"{kernel.name}-{i}-{getattr(p, 'bpc', '')}")
    for kernel in harness.discovered()
    for i, p in enumerate(kernel.points)
]
EACH = pytest.mark.parametrize(("kernel", "p"), POINTS)
JUDGED = pytest.mark.parametrize(("kernel", "p"), [point for point in POINTS if point.values[0].judged])
HERE = harness.available()


@pytest.mark.parametrize("name", KERNEL_SETS)
def test_this_processor_has(name: str) -> None:
    """The sets that the tests below run; test_kernels_replayed.py emulates the others."""
    assert name in HERE or kernels(name)


@JUDGED
def test_plain_kernel_equals_the_definition(kernel: Kernel, p: P) -> None:
    for i, kind in enumerate(kernel.kinds):
        for w, h in harness.sizes(kernel, p)[i % 2 :: 2]:
            inputs = kernel.inputs(kind, w, h, p)
            got = run("scalar", kernel, inputs, p, Memory(turn=i))
            assert got.differs(kernel.want(inputs, p)) == "", f"{kind} {w}x{h}"


@JUDGED
def test_plain_kernel_equals_the_definition_on_wide_pictures(kernel: Kernel, p: P) -> None:
    for w, h in kernel.wide:
        for kind in kernel.kinds[:3]:
            inputs = kernel.inputs(kind, w, h, p)
            assert run("scalar", kernel, inputs, p).differs(kernel.want(inputs, p)) == "", f"{kind} {w}x{h}"


def agree(kernel: Kernel, p: P, kind: str, w: int, h: int) -> None:
    """Every set, on memory laid out in another way each time, gives what the plain kernel gives."""
    inputs = kernel.inputs(kind, w, h, p)
    want = run("scalar", kernel, inputs, p)
    for i, name in enumerate(HERE):
        assert run(name, kernel, inputs, p, Memory(turn=w + h + i)).differs(want) == "", f"{name} {kind} {w}x{h}"


@EACH
def test_sets_agree_at_every_width(kernel: Kernel, p: P) -> None:
    for kind, w, h in harness.widths(kernel, p):
        agree(kernel, p, kind, w, h)


@EACH
def test_sets_agree_on_every_content(kernel: Kernel, p: P) -> None:
    for i, kind in enumerate(kernel.kinds):
        w, h = kernel.smallest(p)
        agree(kernel, p, kind, w + 96 + i, h + 17)


@EACH
def test_sets_agree_on_wide_pictures(kernel: Kernel, p: P) -> None:
    for w, h in kernel.wide:
        for kind in kernel.kinds[:3]:
            agree(kernel, p, kind, w, h)


@EACH
def test_rows_may_be_cut_anywhere(kernel: Kernel, p: P) -> None:
    w, h = kernel.smallest(p)
    for height, parts in ((h, harness.every_row), (h + 8, harness.every_row), (2 * h + 117, harness.uneven)):
        inputs = kernel.inputs(kernel.kinds[0], w + 38, height, p)
        want = run("scalar", kernel, inputs, p)
        for name in ("scalar", *HERE):
            assert run(name, kernel, inputs, p, parts=parts).differs(want) == "", f"{name} {parts.__name__}"


@EACH
@pytest.mark.parametrize("fence", (-1, 1), ids=("before", "behind"))
def test_nothing_outside_is_touched(kernel: Kernel, p: P, fence: int) -> None:
    """A byte past either end of a plane, an output or the scratch memory would end this process."""
    w, h = kernel.smallest(p)
    for width, height in ((w, h), (w + 38, h + 5)):
        inputs = kernel.inputs(kernel.kinds[0], width, height, p)
        want = run("scalar", kernel, inputs, p)
        for name in ("scalar", *HERE):
            for turn in (0, 3):
                m = Memory(turn=turn, fence=fence)
                assert run(name, kernel, inputs, p, m).differs(want) == "", f"{name} {width}x{height}"


@EACH
def test_upper_halves_of_vector_registers_are_left_clear(kernel: Kernel, p: P) -> None:
    registers.need_probe()
    w, h = kernel.smallest(p)
    for width in (w, w + 17, w + 64, w + 301):
        for name in HERE:
            m, found = Memory(), list[bool]()
            for call in kernel.calls(m, kernel.inputs(kernel.kinds[0], width, h + 20, p), p):
                harness.perform(name, call, m, then=lambda found=found: found.append(registers.upper_halves_in_use()))
            assert not any(found), f"{name} {width}x{h + 20}"
