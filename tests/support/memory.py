# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Memory that kernels are called on: rows at odd strides, guarded or fenced, and what was done to it."""

from __future__ import annotations

import ctypes as ct
import mmap
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyvmaf._vmaf import ffi

GUARD, GARBAGE = 0xA5, 0xC3
LIBC = ct.CDLL(None, use_errno=True)


@dataclass(eq=False)
class Block:
    """Memory that a call may use; `rows` are its samples, (h, w)."""

    rows: NDArray[Any]
    buffer: NDArray[np.uint8]
    span: slice  # of the buffer: what the contract lets a kernel touch
    before: NDArray[np.uint8] | None = None  # the buffer as it was; None: scratch
    owned: NDArray[Any] | None = None  # what may be written; None: nothing
    care: NDArray[np.bool_] | None = None  # which of the samples are a result; None: all
    ctype: str = ""  # of an array of structs

    @property
    def address(self) -> int:
        return int(self.rows.ctypes.data)

    @property
    def pointer(self) -> Any:
        return ffi.cast("void *", self.address)

    @property
    def stride(self) -> int:
        """Bytes from a row to the next one."""
        return int(self.rows.strides[0])

    @property
    def start(self) -> int:
        """The address of the first byte that a kernel may touch."""
        return int(self.buffer.ctypes.data) + self.span.start

    def result(self) -> NDArray[Any]:
        """What was written, as bytes compare; samples that are no result are 0."""
        return self.rows.copy() if self.care is None else np.where(self.care, self.rows, 0)

    def check(self) -> None:
        """Nothing but what a kernel owns has changed."""
        after = self.buffer.copy()
        if self.before is None:
            after[self.span] = GUARD
            assert (after == GUARD).all(), "written outside the scratch memory"
            return
        if self.owned is not None:
            view = np.ndarray(
                self.owned.shape, np.uint8, after, self.owned.ctypes.data - self.buffer.ctypes.data, self.owned.strides
            )
            was = self.before[view.ctypes.data - after.ctypes.data :]
            view[:] = np.lib.stride_tricks.as_strided(was, view.shape, view.strides)
        assert (after == self.before).all(), "written outside the rows" if self.owned is not None else "input written"


def pages(size: int) -> NDArray[np.uint8]:
    """Whole pages, at least `size` bytes, between two pages that no one may touch."""
    page = mmap.PAGESIZE
    whole = -(-max(size, 1) // page) * page
    memory = mmap.mmap(-1, whole + 2 * page)
    address = ct.addressof(ct.c_char.from_buffer(memory))
    for guard in (address, address + page + whole):
        assert LIBC.mprotect(ct.c_void_p(guard), page, mmap.PROT_NONE if hasattr(mmap, "PROT_NONE") else 0) == 0
    return np.frombuffer(memory, np.uint8)[page : page + whole]


class Memory:
    """All memory of one run of a kernel.

    `turn` chooses the padding of rows and whether they are stored bottom-up. With
    `fence` of -1 or 1, what lies before or behind each block ends the process
    when it is touched. `tidy` memory is aligned as C wants its types to be.
    """

    def __init__(self, turn: int = 0, fence: int = 0, tidy: bool = False) -> None:
        self.turn, self.fence, self.tidy = turn, fence, tidy
        self.blocks: list[Block] = []
        self._keep: list[Any] = []

    def _buffer(self, size: int, align: int) -> tuple[NDArray[np.uint8], int]:
        """A buffer full of guards, and where in it a piece of that size starts."""
        if not self.fence:
            buffer = np.full(size + 256, GUARD, np.uint8)
            odd = align % 64  # no more aligned than asked for
            return buffer, 64 + (odd - (buffer.ctypes.data + 64)) % (2 * align if odd else align)
        buffer = pages(size)
        buffer[:] = GUARD
        return buffer, 0 if self.fence < 0 else (buffer.size - size) // align * align

    def _place(self, shape: tuple[int, ...], dtype: Any, align: int, before: int, behind: int, pad: int) -> Block:
        h, w = (shape[0], int(np.prod(shape[1:], dtype=int))) if len(shape) > 1 else (1, *shape)
        size = np.dtype(dtype).itemsize
        align = max(align, size if self.tidy else 1)
        stride = -(-((w + behind) * size + pad * align) // align) * align
        row = (w + behind) * size
        lead = -(-before * size // align) * align
        extent = lead + max(h - 1, 0) * stride + row if h else 0
        buffer, start = self._buffer(extent, align)
        rows = np.ndarray((h, w), dtype, buffer, start + lead, (stride, size))
        block = Block(rows, buffer, slice(start, start + extent))
        block.owned = np.ndarray((h, row), np.uint8, buffer, start + lead, (stride, 1))
        self.blocks.append(block)
        return block

    def read(
        self, samples: NDArray[Any], align: int = 0, before: int = 0, behind: int = 0, pad: int | None = None
    ) -> Block:
        """An input: `samples`, one row or several, that the kernel must leave as they are.

        `align`: rows start at multiples of that many bytes; without, at those of the
        sample. So many samples `before` the first row and `behind` each one may be read.
        `pad`: so many units of alignment between rows, top-down; for planes that share
        a stride, and 0 for those that have none.
        """
        position = len(self.blocks)
        block = self._place(
            samples.shape, samples.dtype, align or samples.itemsize, before, behind,
            (self.turn + position) % 4 if pad is None else pad,
        )  # fmt: skip
        if self.turn % 4 == 3 and pad is None and align < 64 and not before and not behind:
            block.rows = block.rows[::-1]
        block.rows[:] = samples.reshape(block.rows.shape)
        block.before, block.owned = block.buffer.copy(), None
        return block

    def write(
        self, shape: tuple[int, ...], dtype: Any, align: int = 0, before: int = 0, behind: int = 0,
        fill: int | None = None, care: NDArray[np.bool_] | None = None,
    ) -> Block:  # fmt: skip
        """An output, full of garbage or of `fill`; all outputs of one shape have one stride.

        The kernel may write `behind` samples more per row. `care` tells which samples
        of `shape` are a result; without, all are.
        """
        block = self._place(shape, dtype, align or np.dtype(dtype).itemsize, before, behind, self.turn % 3)
        block.rows[:] = np.frombuffer(bytes([GARBAGE]) * 8, dtype)[0] if fill is None else fill
        block.before, block.care = block.buffer.copy(), care
        return block

    def scratch(self, size: int) -> Block:
        """Memory aligned to 64 bytes, full of garbage."""
        buffer, start = self._buffer(-(-size // 64) * 64 if self.fence else size, 64)
        block = Block(buffer[None, start : start + size], buffer, slice(start, start + size))
        block.rows[:] = GARBAGE
        self.blocks.append(block)
        return block

    def struct(self, ctype: str, *values: Any, **fields: Any) -> Any:
        """A pointer to one struct with these fields, or to several given as dicts; Blocks stand for their pointers."""
        made = ffi.new(f"{ctype}[]", [{k: plain(v) for k, v in each.items()} for each in values or (fields,)])
        self._keep.append(made)
        buffer = np.frombuffer(ffi.buffer(made), np.uint8)
        if buffer.size:
            self.blocks.append(Block(buffer[None], buffer, slice(0, buffer.size), buffer.copy(), ctype=ctype))
        return made

    def results(self) -> list[NDArray[Any]]:
        """What the outputs hold, in the order in which they were asked for."""
        return [b.result() for b in self.blocks if b.owned is not None and b.before is not None]

    def check(self) -> None:
        """Nothing was written that is not an output."""
        for block in self.blocks:
            block.check()


def plain(value: Any) -> Any:
    """A value as cffi initialises fields from it."""
    if isinstance(value, Block):
        return value.pointer
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value
