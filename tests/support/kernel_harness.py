# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One harness for all kernels.

To add a kernel's tests, write tests/kernel_cases/NAME.py with a subclass of
`Kernel` and a list `KERNELS` of its instances:

    class Sse(Kernel):
        name = "psnr.sse"
        points = (P(bpc=8), P(bpc=10))              # depths and other parameters

        def calls(self, m, inputs, p):              # one Call, or several in turn
            ref, dist = map(m.read, inputs)
            h, w = inputs[0].shape
            call = m.struct("PsnrSse", ref=ref, ref_stride=ref.stride, dist=dist, ...)
            yield Call("psnr.sse", call, rows=h, sums=1)

        def want(self, inputs, p):                  # tests/reference/psnr.py
            return Want(sums=[[reference.sse(*inputs)]])

    KERNELS = [Sse()]

`m` is a `Memory`: `m.read(array)` for what a kernel reads, `m.write(shape, dtype)`
for what it writes, `m.struct(type, field=value, ...)` for the call itself and for
what it points to. tests/test_kernels.py then proves, at every point, that

- the plain kernel gives what the definition, `want()`, gives;
- every instruction set gives the bits of the plain one, at every width, on every
  content, with rows at odd strides and bottom-up, scratch memory full of garbage;
- rows may be cut anywhere, and the parts run in any order;
- nothing outside is read (fences) or written (guards), no input is changed;

tests/test_kernels_replayed.py that it is so under sanitizers and on other
processors, and benchmarks/kernels.py prints its time. What a kernel can have
besides, an argument that has its own rule say, has tests in test_kernel_NAME.py,
which may use `run()`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace as P
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyvmaf._vmaf import ffi, lib
from support.contents import CONTENTS, content
from support.kernels import KERNEL_SETS, SUMS_START
from support.memory import Memory, plain

__all__ = ["Call", "Kernel", "Memory", "P", "Want", "available", "discovered", "run"]

Arrays = list[NDArray[Any]]
Parts = Callable[[int], Iterable[tuple[int, int]]]


@dataclass
class Call:
    """One call of a kernel.

    `kernel` is "MODULE.MEMBER"; `argument` the call's struct; `rows` how many it
    has and `sums` how many integers it adds to. `scratch` is a number of bytes,
    or the module's member that tells it and that function's argument. `cut`:
    may its rows be cut? A kernel of another shape gets `second`, and the number
    `third` if there is one, and no rows.
    """

    kernel: str
    argument: Any
    rows: int = 1
    sums: int = 0
    scratch: int | tuple[str, Any] = 0
    cut: bool = True
    second: Any = None
    third: int | None = None

    def direct(self) -> list[Any]:
        """The arguments of a kernel of another shape."""
        return [plain(a) for a in (self.argument, self.second, self.third) if a is not None]


@dataclass
class Want:
    """What the definition gives: sums per call, and outputs in the order of `Memory.write()`; None: not defined."""

    sums: Sequence[Sequence[int]] = ()
    outputs: Sequence[NDArray[Any] | None] = ()


@dataclass
class Made:
    """What a run gave, to be compared bit by bit."""

    sums: list[list[int]] = field(default_factory=list)
    outputs: Arrays = field(default_factory=list)

    def differs(self, other: Made | Want) -> str:
        """The first difference in words; "" when there is none."""
        for i, (a, b) in enumerate(zip(self.sums, other.sums, strict=bool(other.sums))):
            if list(a) != list(b):
                return f"sums of call {i}: {list(a)}, not {list(b)}"
        for i, (x, y) in enumerate(zip(self.outputs, other.outputs, strict=bool(other.outputs))):
            if y is None:
                continue
            y = np.asarray(y).reshape(x.shape).astype(x.dtype)
            bad = x.view(f"u{x.itemsize}") != y.view(f"u{x.itemsize}")
            if bad.any():
                at = tuple(int(n) for n in np.argwhere(bad)[0])
                return f"output {i} at {at}: {x[at]}, not {y[at]}; {bad.sum()} of {bad.size} differ"
        return ""


class Kernel:
    """What the harness must know of a kernel; see the top of this module."""

    name = ""
    #: Depths (`bpc`) and other parameters; each call is tried at every one.
    points: Sequence[P] = ()
    kinds: Sequence[str] = tuple(CONTENTS)
    #: Does `want()` know? Else another test judges the plain kernel.
    judged = True
    #: Does benchmarks/kernels.py time it?
    timed = True
    #: Sizes beyond those of every test, such as wider than a strip of columns.
    wide: Sequence[tuple[int, int]] = ((2049, 18), (4100, 19))

    def smallest(self, p: P) -> tuple[int, int]:
        """The least (width, height) that the contract allows."""
        return 1, 1

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        """What `calls` gets, from a kind of `contents.CONTENTS`."""
        return content(kind, w, h, p.bpc)

    def replayed(self, p: P) -> Iterator[tuple[str, int, int]]:
        """(kind, width, height) of the calls that are recorded and repeated elsewhere."""
        w, h = self.smallest(p)
        for i, kind in enumerate(self.kinds):
            yield kind, w + 7 * i + {2: 200, 5: 600}.get(i, 0), h + 3 * (i % 5)

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        raise NotImplementedError

    def want(self, inputs: Arrays, p: P) -> Want:
        """By the definition."""
        raise NotImplementedError


def table(name: str, module: str) -> Any:
    """A module's table at that instruction set; NULL when this processor lacks it."""
    kernels = lib.kernel_table_by_name(name.encode())
    if kernels == ffi.NULL or module != "smooth":
        return kernels and getattr(kernels, module)
    return lib.smooth_kernels_at([*KERNEL_SETS, "scalar"].index(name))


def available() -> list[str]:
    """The instruction sets of this processor, without the plain one."""
    return [name for name in KERNEL_SETS if lib.kernel_table_by_name(name.encode()) != ffi.NULL]


def function(name: str, call: Call) -> Any:
    module, member = call.kernel.split(".")
    return getattr(table(name, module), member)


def scratch_size(name: str, call: Call) -> int:
    if isinstance(call.scratch, int):
        return call.scratch
    member, argument = call.scratch
    return int(getattr(table(name, call.kernel.split(".")[0]), member)(argument))


def whole(rows: int) -> Iterable[tuple[int, int]]:
    return [(0, rows)]


def uneven(rows: int) -> Iterable[tuple[int, int]]:
    """Parts of one row and of many, an empty one among them, the last one first."""
    at = sorted({min(n, rows) for n in (0, 1, 2, 19, 20, rows - 1, rows) if n >= 0})
    return [(rows // 2, rows // 2), *reversed(list(pairwise(at)))]


def every_row(rows: int) -> Iterable[tuple[int, int]]:
    return [(y, y + 1) for y in sorted(range(rows), key=lambda y: (y % 3, y))]


def perform(
    name: str, call: Call, m: Memory, parts: Parts = whole, then: Callable[[], object] = lambda: None
) -> list[int]:
    """Run the kernel of that set over the parts of a call, each time `then` something; what it added to the sums."""
    kernel = function(name, call)
    if call.second is not None:
        kernel(*call.direct())
        then()
        return []
    sums = ffi.new("int64_t[]", [SUMS_START] * call.sums) if call.sums else ffi.NULL
    size = scratch_size(name, call)
    for begin, end in parts(call.rows) if call.cut else whole(call.rows):
        scratch = m.scratch(size).pointer if size else ffi.NULL
        kernel(call.argument, ffi.new("Rows *", {"begin": begin, "end": end, "scratch": scratch}), sums)
        then()
    return [int(sums[i]) - SUMS_START for i in range(call.sums)]


def run(name: str, kernel: Kernel, inputs: Arrays, p: P, m: Memory | None = None, parts: Parts = whole) -> Made:
    """All calls of a kernel by the set of that name; checks that nothing else was written."""
    m = m or Memory()
    made = Made([perform(name, call, m, parts) for call in kernel.calls(m, inputs, p)])
    m.check()
    made.outputs = m.results()
    return made


def sizes(kernel: Kernel, p: P) -> list[tuple[int, int]]:
    """Sizes that the definition is asked for: the smallest, and some past one vector."""
    w, h = kernel.smallest(p)
    return [(w, h), (w + 1, h + 1), (w + 19, h + 4), (w + 38, h + 7)]


def widths(kernel: Kernel, p: P) -> Iterator[tuple[str, int, int]]:
    """(kind, width, height) for every width of two vectors and more, contents in turn."""
    w, h = kernel.smallest(p)
    for i, n in enumerate((*range(w, max(131, w + 67)), 255, 389, 641)):
        yield kernel.kinds[(7 * i + h) % len(kernel.kinds)], n, h + n * 5 % 17


def discovered() -> list[Kernel]:
    """The kernels of all files of tests/kernel_cases."""
    folder = Path(__file__).resolve().parents[1] / "kernel_cases"
    modules = [importlib.import_module(f"kernel_cases.{p.stem}") for p in sorted(folder.glob("[a-z]*.py"))]
    return [kernel for module in modules for kernel in module.KERNELS]
