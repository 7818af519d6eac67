# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The VIF kernels: plain C against NumPy integers, every instruction set against plain C."""

from __future__ import annotations

import ctypes as ct
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import vif as reference
from support.kernels import KERNEL_SETS, kernels
from support.kernels import sums as kernel_sums

from pyvmaf._vmaf import ffi, lib

LIMITS = (100.0, 1.0, 1.2)
GUARD = 0xA5
rng = np.random.default_rng(20)


def content(kind: str, w: int, h: int, bpc: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """A reference and a distorted plane."""
    top = (1 << bpc) - 1
    y, x = np.mgrid[:h, :w]
    noise = rng.integers(0, top + 1, (2, h, w))
    ref, dist = {
        "zero": (0 * x, 0 * x),
        "top": (0 * x + top, 0 * x + top),
        "zero and top": (0 * x, 0 * x + top),
        "noise": noise,
        "alike": (noise[0], np.clip(noise[0] * 0.9 + noise[1] * 0.1, 0, top)),
        "extremes": ((noise[0] & 1) * top, (noise[1] & 1) * top),
        "checks": ((x + y & 1) * top, (x // 3 + y // 3 & 1) * top),
        "ramps": ((x * 5 + y * 3) * top // (5 * w + 3 * h), (x * 2 + y * 7) * top // (2 * w + 7 * h)),
        "low variance": (top // 2 + noise[0] * 4 // (top + 1), top // 2 + noise[1] * 3 // (top + 1)),
        # Variances about the 2.0 above which a sample is active.
        "at the threshold": (
            top // 2 + (noise[0] % 5 << (bpc - 8)),
            top // 2 + (noise[1] % 5 << (bpc - 8)),
        ),
        "enhanced": (top // 2 + noise[0] // 8, top // 2 + noise[0] // 4),
    }[kind]
    return ref.astype(np.uint16), dist.astype(np.uint16)


KINDS = (
    "zero", "top", "zero and top", "noise", "alike", "extremes", "checks", "ramps", "low variance",
    "at the threshold", "enhanced",
)  # fmt: skip


class Guarded:
    """A plane inside a larger buffer; what surrounds it must stay as it is."""

    def __init__(self, plane: NDArray[np.generic], pad: int = 0) -> None:
        h, w = plane.shape
        size = plane.itemsize
        self.stride = w * size + pad
        self.start = 64 + pad
        self.bytes = np.full(self.start + self.stride * h + 64, GUARD, np.uint8)
        self.rows = np.lib.stride_tricks.as_strided(
            self.bytes[self.start :], (h, w * size), (self.stride, 1), writeable=True
        )
        self.rows[:] = np.ascontiguousarray(plane).view(np.uint8).reshape(h, w * size)

    def pointer(self) -> object:
        return ffi.cast("void *", self.bytes.ctypes.data + self.start)

    def samples(self) -> NDArray[np.uint16]:
        return np.ascontiguousarray(self.rows).view(np.uint16)

    def untouched(self) -> bool:
        around = self.bytes.copy()
        h, n = self.rows.shape
        np.lib.stride_tricks.as_strided(around[self.start :], (h, n), (self.stride, 1))[:] = GUARD
        return bool((around == GUARD).all())


def run(
    table: Any, ref: Guarded, dist: Guarded, w: int, h: int, scale: int, bpc: int,
    limits: Sequence[float] = LIMITS, rows: tuple[int, int] | None = None, pad: int = 0,
    planes: tuple[Guarded, Guarded] | None = None,
) -> tuple[list[int], list[NDArray[np.uint16]]]:  # fmt: skip
    """Integer sums (one numerator a limit first) and both planes of the next scale."""
    size = table.vif.scratch_size(w << scale)
    scratch = np.full(size + 128, GUARD, np.uint8)
    at = -scratch.ctypes.data % 64
    limit = ffi.new("double[]", list(limits))
    blank = np.full((h // 2, w // 2), 0x5A5A, np.uint16)
    planes = planes or (Guarded(blank, pad), Guarded(blank, pad))
    todo = ffi.new(
        "VifScale *",
        {
            "ref": ref.pointer(), "dist": dist.pointer(), "ref_stride": ref.stride, "dist_stride": dist.stride,
            "w": w, "h": h, "bpc": bpc, "scale": scale,
            "limit": limit, "limit_cnt": len(limits),
        },
    )  # fmt: skip
    if scale < 3:
        todo.next_ref, todo.next_dist = (ffi.cast("uint16_t *", p.pointer()) for p in planes)
        todo.next_stride = planes[0].stride
    memory = ffi.cast("void *", scratch.ctypes.data + at)
    found = kernel_sums(table.vif.scale, todo, rows or (0, h), lib.VIF_SUM_CNT, memory)
    assert (scratch[:at] == GUARD).all() and (scratch[at + size :] == GUARD).all()
    assert all(p.untouched() for p in (ref, dist, *planes))
    numbers = [*found[: len(limits)], *found[lib.VIF_MAX_LIMITS :]]
    return numbers, [p.samples() for p in planes] if scale < 3 else []


def guarded(ref: NDArray[np.uint16], dist: NDArray[np.uint16], scale: int, bpc: int, pad: int = 0) -> list[Guarded]:
    narrow = scale == 0 and bpc == 8
    return [Guarded(p.astype(np.uint8) if narrow else p, pad) for p in (ref, dist)]


def same(a: tuple[list[int], list[NDArray[np.uint16]]], b: tuple[list[int], list[NDArray[np.uint16]]]) -> bool:
    return a[0] == b[0] and all((x == y).all() for x, y in zip(a[1], b[1], strict=True))


CASES = [(0, 8), (0, 9), (0, 10), (0, 12), (0, 16), (1, 8), (2, 10), (3, 16)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("scale", "bpc"), CASES)
def test_plain_kernel_equals_the_definition(scale: int, bpc: int, kind: str) -> None:
    scalar = kernels("scalar")
    for w, h in ((16 >> scale, 17), (41, 16 >> scale), (37, 24)):
        ref, dist = content(kind, w, h, 16 if scale else bpc)
        numbers, planes = run(scalar, *guarded(ref, dist, scale, bpc), w, h, scale, bpc)
        want = reference.sums(ref, dist, scale, bpc, LIMITS)
        assert numbers == [*want.num_log, want.den_log, want.num_non_log, want.non_log_cnt]
        for plane, source in zip(planes, (ref, dist), strict=bool(planes)):
            assert (plane == reference.decimated(source, scale, bpc)).all()


@pytest.mark.parametrize("name", KERNEL_SETS)
@pytest.mark.parametrize(("scale", "bpc"), CASES)
def test_sets_agree_at_every_width(name: str, scale: int, bpc: int) -> None:
    table, scalar = kernels(name), kernels("scalar")
    for w in range(16 >> scale, 131):
        h = 16 + w % 7
        ref, dist = content(("noise", "alike", "at the threshold")[w % 3], w, h, 16 if scale else bpc)
        pair, again = guarded(ref, dist, scale, bpc, w % 5), guarded(ref, dist, scale, bpc)
        got = run(table, *pair, w, h, scale, bpc, pad=2 * (w % 3))
        assert same(got, run(scalar, *again, w, h, scale, bpc)), f"{w}x{h}"


@pytest.mark.parametrize("name", KERNEL_SETS)
@pytest.mark.parametrize("kind", KINDS)
def test_sets_agree_on_extremes(name: str, kind: str) -> None:
    table, scalar = kernels(name), kernels("scalar")
    for (scale, bpc), (w, h) in product(CASES, ((129, 33), (203, 18))):
        pair = guarded(*content(kind, w, h, 16 if scale else bpc), scale, bpc, pad=1 if scale == 0 and bpc == 8 else 2)
        assert same(run(table, *pair, w, h, scale, bpc), run(scalar, *pair, w, h, scale, bpc)), f"{scale} {bpc}"


@pytest.mark.parametrize("name", KERNEL_SETS)
@pytest.mark.parametrize(("scale", "bpc"), CASES)
def test_sets_agree_on_wide_pictures(name: str, scale: int, bpc: int) -> None:
    """Wider than a strip of columns."""
    table, scalar = kernels(name), kernels("scalar")
    for w, h in ((2049, 18), (4100, 19)):
        pair = guarded(*content("alike", w, h, 16 if scale else bpc), scale, bpc)
        assert same(run(table, *pair, w, h, scale, bpc), run(scalar, *pair, w, h, scale, bpc)), f"{w}x{h}"


@pytest.mark.parametrize("name", ("scalar", *KERNEL_SETS))
@pytest.mark.parametrize(("scale", "bpc"), CASES)
def test_row_ranges_add_up(name: str, scale: int, bpc: int) -> None:
    table, w, h = kernels(name), 67, 43
    pair = guarded(*content("alike", w, h, 16 if scale else bpc), scale, bpc)
    blank = np.zeros((h // 2, w // 2), np.uint16)
    planes = (Guarded(blank), Guarded(blank))
    total = np.zeros(len(LIMITS) + 3, np.int64)
    for rows in ((5, 6), (0, 5), (6, 29), (29, 30), (30, 43)):
        numbers, _ = run(table, *pair, w, h, scale, bpc, rows=rows, planes=planes)
        total += numbers
    whole = run(table, *pair, w, h, scale, bpc)
    assert same((list(total), [p.samples() for p in planes] if scale < 3 else []), whole)


@pytest.mark.parametrize("name", ("scalar", *KERNEL_SETS))
def test_limits_and_planes_are_optional(name: str) -> None:
    table, w, h = kernels(name), 67, 43
    pair = guarded(*content("enhanced", w, h, 8), 0, 8)
    several, planes = run(table, *pair, w, h, 0, 8)
    for i, limit in enumerate(LIMITS):
        alone, _ = run(table, *pair, w, h, 0, 8, limits=(limit,))
        assert alone == [several[i], *several[len(LIMITS) :]]
    assert several[0] > several[2] > several[1] > 0
    nothing, again = run(table, *pair, w, h, 0, 8, limits=())
    assert nothing == [0, 0, 0] and all((a == b).all() for a, b in zip(planes, again, strict=True))


@pytest.mark.parametrize("name", ("scalar", *KERNEL_SETS))
def test_every_logarithm(name: str) -> None:
    """All top sixteen bits at all exponents, with zeros, ones and noise in the bits that are dropped."""
    table = kernels(name)
    for shift in range(1, 16):
        top = np.arange(32768, 65536, dtype=np.uint32) << shift
        for low in (0, (1 << shift) - 1, rng.integers(0, 1 << shift, top.size)):
            z = (top + low).astype(np.uint32)
            got = np.empty(z.size, np.int32)
            table.vif.log(ffi.cast("uint32_t *", z.ctypes.data), ffi.cast("int32_t *", got.ctypes.data), z.size)
            assert (got == reference.TABLE + 2048 * shift).all()


@pytest.mark.parametrize("name", ("scalar", *KERNEL_SETS))
def test_nothing_is_read_outside_the_planes(name: str, fence: tuple[int, int]) -> None:
    """A sample past either end of a plane would end this process."""
    table, scalar = kernels(name), kernels("scalar")
    address, size = fence
    for (scale, bpc), (w, h), at_end in product(((0, 8), (0, 10), (1, 8), (3, 8)), ((16, 16), (43, 21)), (0, 1)):
        pair = guarded(*content("noise", w, h, 16 if scale else bpc), scale, bpc)
        want = run(scalar, *pair, w, h, scale, bpc)
        cnt = pair[0].rows.size
        fenced = np.ctypeslib.as_array((ct.c_uint8 * size).from_address(address))[size - cnt if at_end else 0 :][:cnt]
        for i in range(2):
            fenced[:] = pair[i].rows.ravel()
            held = pair[i].bytes, pair[i].start
            pair[i].bytes, pair[i].start = fenced, 0
            pair[i].rows = fenced.reshape(h, -1)
            assert same(run(table, *pair, w, h, scale, bpc), want)
            pair[i].bytes, pair[i].start = held
