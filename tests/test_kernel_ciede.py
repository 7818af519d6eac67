# SPDX-License-Identifier: BSD-2-Clause-Patent
"""CIEDE2000's kernels, beside what test_kernels.py proves of all: many colours, chroma pairs, the ordered sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from kernel_cases.ciede import Deltas
from numpy.typing import NDArray
from reference import ciede as reference
from support.kernel_harness import P, available, run, table

from pyvmaf._vmaf import ffi, lib

SETS = available()


@pytest.mark.parametrize(
    ("luma", "chroma"),
    [((0, 256), (0, 256)), ((0, 256), (124, 133)), ((0, 24), (100, 156)), ((100, 140), (150, 180))],
    ids=("any", "near grey", "dark", "alike"),
)
def test_many_colours(luma: tuple[int, int], chroma: tuple[int, int]) -> None:
    """So many that every rounding is near for some, and vectors send them to the plain functions."""
    rng = np.random.default_rng(luma[1] + chroma[1])
    planes = [rng.integers(*(chroma if i % 3 else luma), (60, 640)).astype(np.uint8) for i in range(6)]
    p = P(bpc=8, shift=(0, 0), first=0)
    want = run("scalar", Deltas(), planes, p)
    for name in SETS:
        assert run(name, Deltas(), planes, p).differs(want) == "", name


def deltas(name: str, planes: Sequence[NDArray[Any]], pairs: Any) -> NDArray[np.float32]:
    """Differences of 4:4:4 pictures of one row."""
    w = planes[0].size
    stride = lib.ciede_stride(w)
    delta, cnt = np.zeros(stride, np.float32), np.zeros(1, np.uint32)
    kernels = table(name, "ciede")
    scratch = np.zeros(kernels.scratch_size(w) + 64, np.uint8)
    sides = [
        {"plane": [ffi.cast("void *", p.ctypes.data) for p in planes[i : i + 3]], "stride": [w] * 3} for i in (0, 3)
    ]
    call = ffi.new(
        "CiedeDelta *",
        {
            "ref": sides[0], "dist": sides[1], "w": w, "bpc": 8, "chroma_w": w, "chroma_h": 1, "pairs": pairs,
            "delta": ffi.cast("float *", delta.ctypes.data), "stride": stride,
            "cnt": ffi.cast("unsigned *", cnt.ctypes.data),
        },
    )  # fmt: skip
    at = ffi.cast("void *", (scratch.ctypes.data + 63) // 64 * 64)
    kernels.delta(call, ffi.new("Rows *", {"begin": 0, "end": 1, "scratch": at}), ffi.NULL)
    return delta[: cnt[0]]


@pytest.mark.parametrize("name", ("scalar", *SETS))
def test_colours_of_chroma_pairs_are_those_of_pixels(name: str) -> None:
    rng = np.random.default_rng(3)
    planes = [rng.integers(120 if i % 3 else 0, 132 if i % 3 else 256, 1000).astype(np.uint8) for i in range(6)]
    kernels = table(name, "ciede")
    scratch = np.zeros(kernels.scratch_size(1) + 64, np.uint8)
    at = ffi.cast("void *", (scratch.ctypes.data + 63) // 64 * 64)
    rows = ffi.new("Rows *", {"begin": 0, "end": lib.CIEDE_LEVELS, "scratch": at})
    pairs, keep = ffi.new("CiedeColour *[]", lib.CIEDE_PAIRS), []
    for cb in range(120, 132):
        for cr in range(120, 132):
            keep.append(ffi.new("CiedeColour[]", lib.CIEDE_LEVELS))
            kernels.shades(ffi.new("CiedeShades *", {"cb": cb, "cr": cr, "colour": keep[-1]}), rows, ffi.NULL)
            pairs[cb | cr << 8] = keep[-1]
    looked_up = deltas(name, planes, ffi.cast("CiedeColour **", pairs))
    assert looked_up.size == (np.stack(planes[:3]) != np.stack(planes[3:])).any(axis=0).sum()
    assert (looked_up == deltas(name, planes, ffi.NULL)).all()


def total(name: str, rows: Sequence[NDArray[np.float32]], start: float) -> float:
    """The sum of rows of differences, by a set's kernel."""
    stride = max(lib.ciede_stride(row.size) for row in rows)
    delta = np.full((len(rows), stride), np.nan, np.float32)
    for y, row in enumerate(rows):
        delta[y, : row.size] = row
    cnt = np.array([row.size for row in rows], np.uint32)
    out = np.array([start])
    call = ffi.new(
        "CiedeSum *",
        {
            "delta": ffi.cast("float *", delta.ctypes.data), "stride": stride,
            "cnt": ffi.cast("unsigned *", cnt.ctypes.data), "total": ffi.cast("double *", out.ctypes.data),
        },
    )  # fmt: skip
    table(name, "ciede").sum(call, ffi.new("Rows *", {"begin": 0, "end": len(rows)}), ffi.NULL)
    return float(out[0])


@pytest.mark.parametrize("start", [0.0, 1.0, 1023.99, 2.0**21 + 1 / 3, 2.0**40])
def test_sum_keeps_its_order_where_it_matters(start: float) -> None:
    """Terms from far below the last place of the total to far above, zeros, and totals that double on the way."""
    rng = np.random.default_rng(9)
    rows = [
        (scale * rng.random(n) ** power).astype(np.float32)
        for scale in (1e-9, 1e-3, 1.0, 30.0, 5e5)
        for n in (1, 15, 16, 17, 333)
        for power in (1, 8)
    ]
    rows += [np.zeros(40, np.float32), np.zeros(0, np.float32), *rows[::-1]]
    rows[7][::2] = 0
    want = start
    for row in rows:
        for x in row.tolist():
            want += x
    assert sum(float(row.astype(float).sum()) for row in rows) + start != want, "any order will do"
    for name in ("scalar", *SETS):
        assert total(name, rows, start) == want, name


def test_lab_of_the_specification() -> None:
    assert reference.lab(128, 128, 128, 8) == (54.528419494628906, 0.0, 0.0)
    assert reference.lab(16, 128, 128, 8)[0] == pytest.approx(-5.96e-8, abs=1e-10)
    colour, other = reference.lab(81, 90, 240, 8), reference.lab(90, 100, 230, 8)
    assert colour == pytest.approx((51.379257, 71.776566, 69.200989), abs=5e-7)
    assert reference.difference(colour, other) == pytest.approx(1.92684519, abs=5e-9)
