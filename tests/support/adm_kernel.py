# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The ADM kernels called from Python: planes with guards around them in, integers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from reference.adm import Variant

from pyvmaf._vmaf import ffi, lib
from support.kernels import kernels
from support.kernels import sums as kernel_sums
from support.planes import scratch

GUARD = 0xA5

# The sensitivities of each scale at three heights of 1080 lines.
USUAL = (
    (36453, 36453, 49417), (137373792, 137373792, 61414028), (186284160, 186284160, 104783920),
    (196165808, 196165808, 134487184),
)  # fmt: skip


@dataclass
class Plane:
    """Rows in a larger buffer; what surrounds them must stay as it is."""

    rows: NDArray[np.generic]
    buffer: NDArray[np.uint8]

    @property
    def pointer(self) -> object:
        return ffi.cast("void *", self.rows.ctypes.data)

    def untouched(self, width: int) -> bool:
        """Nothing but the first `width` bytes of each row was written."""
        around, h = self.buffer.copy(), self.rows.shape[0]
        start = self.rows.ctypes.data - self.buffer.ctypes.data
        np.lib.stride_tricks.as_strided(around[start:], (h, width), (self.rows.strides[0], 1))[:] = GUARD
        return bool((around == GUARD).all())


def plane(samples: NDArray[np.integer], dtype: type, pad: int = 0, align: int = 1) -> Plane:
    """`align`: rows start at multiples of that many bytes; else they are as unaligned as `pad` makes them."""
    h, w = samples.shape
    size = np.dtype(dtype).itemsize
    stride = (w * size + pad + align - 1) // align * align
    buffer = np.full(h * stride + 256, GUARD, np.uint8)
    start = 64 + (-buffer.ctypes.data % align if align > 1 else pad)
    rows = np.lib.stride_tricks.as_strided(buffer[start:].view(np.uint8), (h, w * size), (stride, 1))
    rows[:] = np.ascontiguousarray(samples.astype(dtype)).view(np.uint8).reshape(h, w * size)
    typed = np.ndarray((h, w), dtype, buffer.data, start, (stride, size))
    return Plane(typed, buffer)


@dataclass
class Outcome:
    num: list[list[int]]
    aim: list[list[int]]
    den: list[int]
    low: list[NDArray[np.generic]]

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Outcome)
        same = (self.num, self.aim, self.den) == (other.num, other.aim, other.den)
        return same and all((a == b).all() for a, b in zip(self.low, other.low, strict=True))


def run(
    name: str, ref: Plane, dist: Plane, scale: int, bpc: int, todo: Sequence[Variant] = (),
    rows: tuple[int, int] | None = None, low: tuple[Plane, Plane] | None = None,
) -> Outcome:  # fmt: skip
    """One scale by the set of that name; checks that nothing else is written."""
    h, w = ref.rows.shape
    n, m = (h + 1) // 2, (w + 1) // 2
    dtype = np.int32 if scale else np.int16
    blank = np.zeros((n, m), dtype)
    low = low or (plane(blank, dtype, align=64), plane(blank, dtype, align=64))
    module = kernels(name).adm
    size = module.scratch_size(w)
    memory, keep = scratch(size + 64)
    job = ffi.new("AdmScale *")
    job.ref, job.dist, job.low_ref, job.low_dist = (p.pointer for p in (ref, dist, *low))
    job.ref_stride, job.dist_stride, job.low_stride = (p.rows.strides[0] for p in (ref, dist, low[0]))
    job.w, job.h, job.bpc, job.scale = w, h, bpc, scale
    listed = ffi.new("AdmVariant[]", len(todo))
    for to, v in zip(listed, todo, strict=True):
        to.gain_limit, to.factor, to.skip_aim = v.limit, v.factor, v.skip_aim
    job.variant, job.variant_cnt = listed, len(todo)
    found = kernel_sums(module.scale, job, rows or (0, n), lib.ADM_SUM_CNT, memory)
    end = int(ffi.cast("uintptr_t", memory)) - keep.ctypes.data + size
    assert (keep[end:] == 0xC3).all()
    width = ref.rows.strides[1] * w
    assert ref.untouched(width) and dist.untouched(width)
    whole = low[0].rows.strides[0]  # the kernels own their rows up to the next multiple of 64 bytes
    assert all(p.untouched(whole) for p in low)
    half = 3 * lib.ADM_MAX_VARIANTS
    num, aim = ([found[at + 3 * v : at + 3 * v + 3] for v in range(len(todo))] for at in (0, half))
    return Outcome(num, aim, found[2 * half :] if todo else [], [p.rows.copy() for p in low])
