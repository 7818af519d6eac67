# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Kernel calls written to a file, for tests/c/replay.c to repeat: under sanitizers, or on another processor.

A call is recorded as the plain kernel made it here: the structs and the memory that
they lead to, before and after, which bytes are a result, and the sums. Structs look
alike on every 64-bit system; pointers are written as (block, offset), places of
functions as their offset in the module's table. All numbers are 64 bits wide, texts
and blocks are filled up to whole words.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyvmaf._vmaf import ffi
from support import kernel_harness as harness
from support.kernel_harness import Call, Kernel, Memory
from support.memory import Block, plain

# Modules are the fields of a kernel set, each a pointer to its table.
TABLES = {
    name: field.type.item.cname.removeprefix("struct ")
    for name, field in ffi.typeof("KernelTable").fields
    if name != "name"
} | {"smooth": "SmoothKernels"}
READ, WRITE, SCRATCH = range(3)


def words(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}q", *numbers)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


def pointers(ctype: Any, offset: int = 0) -> Iterator[int]:
    """Where in a value of that type there are pointers."""
    if ctype.kind == "pointer":
        yield offset
    elif ctype.kind == "struct":
        for _, member in ctype.fields:
            yield from pointers(member.type, offset + member.offset)
    elif ctype.kind == "array":
        for i in range(ctype.length):
            yield from pointers(ctype.item, offset + i * ffi.sizeof(ctype.item))


class Record:
    """One call: made before it runs, finished afterwards."""

    def __init__(self, name: str, call: Call, m: Memory) -> None:
        self.name, self.call, self.found = name, call, list(m.blocks)
        self.blocks: list[Block] = []
        self.targets: list[tuple[int, int, int, int]] = []
        self.argument = self.reach(plain(call.argument))
        self.second = (0, 0) if call.second is None else self.reach(plain(call.second))
        self.before = [self.span(block).tobytes() for block in self.blocks]

    @staticmethod
    def span(block: Block) -> NDArray[np.uint8]:
        return block.buffer[block.span]

    def reach(self, pointer: Any) -> tuple[int, int]:
        """(block, offset) of what it points to, which becomes part of the record with all that it leads to."""
        address = int(ffi.cast("uintptr_t", pointer))
        inside = [b for b in self.found if b.start <= address <= b.start + b.span.stop - b.span.start]
        assert inside, f"{self.call.kernel}: a pointer leads to memory that did not come from `m`"
        block = min(inside, key=lambda b: address - b.start)
        if block not in self.blocks:
            position = len(self.blocks)
            self.blocks.append(block)
            if block.ctype:
                self.follow(position, block)
        return self.blocks.index(block), address - block.start

    def follow(self, position: int, block: Block) -> None:
        ctype = ffi.typeof(block.ctype)
        span = self.span(block)
        values = span[: span.size // 8 * 8].view(np.uint64)
        for i in range(block.rows.size // ffi.sizeof(ctype)):
            for at in pointers(ctype, i * ffi.sizeof(ctype)):
                if value := int(values[at // 8]):
                    self.targets.append((position, at, *self.reach(ffi.cast("void *", value))))

    def scratch(self) -> tuple[int, int, int]:
        if isinstance(self.call.scratch, int):
            return 0, self.call.scratch, 0
        member, argument = self.call.scratch
        at = ffi.offsetof(TABLES[self.call.kernel.split(".")[0]], member)
        return (1, at, argument) if isinstance(argument, int) else (2, at, 0)

    def finished(self, sums: list[int]) -> bytes:
        """The record, after the call."""
        module, member = self.call.kernel.split(".")
        out = [struct.pack("96s32s", self.name.encode()[:95], module.encode())]
        out.append(words(ffi.offsetof(TABLES[module], member), *self.scratch(), self.call.rows, self.call.cut))
        shape = 0 if self.call.second is None else 2 if self.call.third is None else 3
        out.append(words(len(sums), shape, *self.argument, *self.second, self.call.third or 0))
        out.append(words(len(self.blocks), len(self.targets)))
        out.append(words(*sums))
        for block, before in zip(self.blocks, self.before, strict=True):
            access = SCRATCH if block.before is None else READ if block.owned is None else WRITE
            out.append(words(len(before), block.start % 64, access))
            if access != SCRATCH:
                out.append(padded(before))
            if access == WRITE:
                out += [padded(self.span(block).tobytes()), padded(mask(block).tobytes())]
        out += [words(*target) for target in self.targets]
        return b"".join(out)


def mask(block: Block) -> NDArray[np.uint8]:
    """Which bits of an output must be those of the record: all but those of no interest."""
    whole = np.full(block.buffer.size, 0xFF, np.uint8)
    assert block.owned is not None
    base = block.buffer.ctypes.data
    np.ndarray(block.owned.shape, np.uint8, whole, block.owned.ctypes.data - base, block.owned.strides)[:] = 0
    samples = np.ndarray(block.rows.shape, block.rows.dtype, whole, block.address - base, block.rows.strides)
    care = np.ones(block.rows.shape, bool) if block.care is None else block.care.reshape(block.rows.shape)
    samples.view(f"u{samples.itemsize}")[:] = np.where(care, (1 << 8 * samples.itemsize) - 1, 0)
    return whole[block.span]


def record(kernel: Kernel, path: Path) -> int:
    """Write calls of a kernel at all its points, on every content; how many there were."""
    count = 0
    with open(path, "wb") as out:
        for p in kernel.points:
            for i, (kind, w, h) in enumerate(kernel.replayed(p)):
                m = Memory(turn=i, tidy=True)
                for call in kernel.calls(m, kernel.inputs(kind, w, h, p), p):
                    text = " ".join(f"{k}={v}" for k, v in vars(p).items())
                    made = Record(f"{call.kernel} {kind} {w}x{h} {text}", call, m)
                    out.write(made.finished(harness.perform("scalar", call, m)))
                    count += 1
                m.check()
    return count
