# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The ADM kernels: plain C against NumPy integers, every instruction set against plain C."""

from __future__ import annotations

import ctypes as ct
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import adm as reference
from reference.adm import Variant
from support.adm_kernel import USUAL, Outcome, Plane, plane, run
from support.kernels import KERNEL_SETS

SETS = ("scalar", *KERNEL_SETS)
DEPTHS = (8, 9, 10, 12, 16)

# Sensitivities of other displays, and ones that need every bit.
OTHER = ((10021, 8833, 4018), (1 << 20, 3, 0), (1 << 31, (1 << 32) - 1, 1 << 30), (251775280, 251775280, 154193616))
HIGHEST = ((65535, 65535, 65535), *OTHER[1:])


def variants(scale: int) -> list[Variant]:
    """The default gain limit, NEG's, a fraction, and a limit with unusual sensitivities."""
    return [
        Variant(100.0, USUAL[scale]),
        Variant(1.0, USUAL[scale]),
        Variant(1.2, USUAL[scale], skip_aim=True),
        Variant(37.0, (1 << 20, 3, 0) if scale else OTHER[0]),
    ]


def content(kind: str, w: int, h: int, bpc: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A reference and a distorted plane."""
    rng = np.random.default_rng([w, h, bpc])
    top = (1 << bpc) - 1
    y, x = np.mgrid[:h, :w]
    noise = rng.integers(0, top + 1, (2, h, w))
    lines = (x & 1) * top
    return {
        "zero": (0 * x, 0 * x),
        "top": (0 * x + top, 0 * x + top),
        "zero and top": (0 * x, 0 * x + top),
        "noise": (noise[0], noise[1]),
        "alike": (noise[0], noise[0] * 7 // 8 + noise[1] // 8),
        "identical": (noise[0], noise[0]),
        "extremes": ((noise[0] & 1) * top, (noise[1] & 1) * top),
        "inverse": ((noise[0] & 1) * top, top - (noise[0] & 1) * top),
        "lines": (lines, np.where(noise[0] % 5, lines, noise[1])),
        "checks": (((x + y) & 1) * top, ((x // 3 + y // 3) & 1) * top),
        "ramps": ((x * 5 + y * 3) * top // (5 * w + 3 * h), (x * 2 + y * 7) * top // (2 * w + 7 * h)),
        "enhanced": (top // 2 + noise[0] // 8, top // 2 + noise[0] // 4),
        "smooth": (np.cumsum(noise[0] % 3, axis=1) % (top + 1), np.cumsum(noise[0] % 3, axis=1) * 9 // 8 % (top + 1)),
    }[kind]


KINDS = (
    "zero", "top", "zero and top", "noise", "alike", "identical", "extremes", "inverse", "lines", "checks",
    "ramps", "enhanced", "smooth",
)  # fmt: skip


def video(kind: str, w: int, h: int, bpc: int, pad: int = 0) -> list[Plane]:
    return [plane(p, np.uint8 if bpc == 8 else np.uint16, pad) for p in content(kind, w, h, bpc)]


def all_scales(name: str, pair: Sequence[Plane], bpc: int) -> list[Outcome]:
    """Each scale of a picture, on the low bands of the one before."""
    out: list[Outcome] = []
    for scale in range(4):
        out.append(run(name, *pair, scale, bpc, variants(scale)))
        pair = [plane(p, np.int32 if scale else np.int16, align=64) for p in out[-1].low]
    return out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bpc", DEPTHS)
def test_plain_kernel_equals_the_definition(bpc: int, kind: str) -> None:
    for w, h in ((33, 34), (52, 37), (171, 40)):
        pair, inputs = video(kind, w, h, bpc), list(content(kind, w, h, bpc))
        for scale, got in enumerate(all_scales("scalar", pair, bpc)):
            want, *inputs = reference.sums(*inputs, scale, bpc, variants(scale))
            assert (got.num, got.aim, got.den) == (want.num, want.aim, want.den), f"{w}x{h} scale {scale}"
            assert all((a == b).all() for a, b in zip(got.low, inputs, strict=True))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("factor", (OTHER, HIGHEST), ids=("other", "highest"))
def test_factors_of_any_size(name: str, factor: Sequence[tuple[int, int, int]]) -> None:
    """Up to the highest that the contract allows, where weights wrap."""
    for kind in ("extremes", "lines", "alike"):
        pair, inputs = video(kind, 67, 45, 8), list(content(kind, 67, 45, 8))
        for scale in range(4):
            todo = [Variant(100.0, factor[scale]), Variant(1.5, USUAL[scale])]
            got = run(name, *pair, scale, 8, todo)
            want, *inputs = reference.sums(*inputs, scale, 8, todo)
            assert (got.num, got.aim, got.den) == (want.num, want.aim, want.den), f"{kind} scale {scale}"
            pair = [plane(p, np.int32 if scale else np.int16, align=64) for p in got.low]


@pytest.mark.parametrize("name", KERNEL_SETS)
@pytest.mark.parametrize("bpc", (8, 10, 12, 16))
def test_sets_agree_at_every_width(name: str, bpc: int) -> None:
    kinds = ("noise", "alike", "extremes", "enhanced", "smooth")
    for w in (*range(33, 131), 255, 389, 641):
        kind, h = kinds[w % 5], 33 + w * 7 % 30
        pair = video(kind, w, h, bpc, pad=(w % 3) * (1 if bpc == 8 else 2))
        assert all_scales(name, pair, bpc) == all_scales("scalar", pair, bpc), f"{w}x{h} {kind}"


@pytest.mark.parametrize("name", KERNEL_SETS)
@pytest.mark.parametrize("kind", KINDS)
def test_sets_agree_on_extremes(name: str, kind: str) -> None:
    for bpc, (w, h) in zip((*DEPTHS, 14), ((129, 33), (203, 60), (38, 77), (340, 41), (99, 99), (64, 35)), strict=True):
        pair = video(kind, w, h, bpc, pad=2)
        assert all_scales(name, pair, bpc) == all_scales("scalar", pair, bpc), f"{w}x{h} {bpc} bits"


@pytest.mark.parametrize("name", SETS)
def test_row_ranges_add_up(name: str) -> None:
    for h, scale in ((150, 0), (149, 0), (67, 1)):
        pair = video("alike", 71, h, 10)
        if scale:
            pair = [plane(p, np.int16, align=64) for p in run(name, *video("alike", 141, 2 * h, 10), 0, 10).low]
        n, todo = (h + 1) // 2, variants(scale)
        whole = run(name, *pair, scale, 10, todo)
        dtype = np.int32 if scale else np.int16
        low = tuple(plane(np.zeros((n, 36), dtype), dtype, align=64) for _ in range(2))
        parts = [
            run(name, *pair, scale, 10, todo, rows, (low[0], low[1]))
            for rows in ((0, 1), (1, 2), (2, 19), (19, 20), (20, n - 1), (n - 1, n))
        ]
        assert np.sum([p.num for p in parts], axis=0).tolist() == whole.num
        assert np.sum([p.aim for p in parts], axis=0).tolist() == whole.aim
        assert np.sum([p.den for p in parts], axis=0).tolist() == whole.den
        assert all((a.rows == b).all() for a, b in zip(low, whole.low, strict=True))


@pytest.mark.parametrize("name", SETS)
def test_variants_do_not_touch_each_other(name: str) -> None:
    pair, several = video("enhanced", 80, 60, 8), variants(0)
    together = run(name, *pair, 0, 8, several)
    for i, alone in enumerate(several):
        got = run(name, *pair, 0, 8, [alone])
        assert (got.num, got.aim, got.den) == ([together.num[i]], [together.aim[i]], together.den)
    assert together.num[0][0] > together.num[1][0] > 0  # the limit of NEG bites
    assert together.aim[2] == [0, 0, 0]
    low_only = run(name, *pair, 0, 8)
    assert all((a == b).all() for a, b in zip(low_only.low, together.low, strict=True))


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_read_outside_the_video(name: str, fence: tuple[int, int]) -> None:
    """A sample past either end of a plane would end this process."""
    address, size = fence
    memory = np.ctypeslib.as_array((ct.c_uint8 * size).from_address(address))
    for bpc, (w, h) in ((8, (33, 33)), (8, (71, 40)), (10, (33, 35)), (16, (59, 38))):
        pair = video("noise", w, h, bpc)
        want = run("scalar", *pair, 0, bpc, variants(0))
        for turn in range(2):
            rows = np.ascontiguousarray(pair[turn].rows).view(np.uint8).ravel()
            for at in (0, size - rows.size):
                fenced = memory[at : at + rows.size]
                fenced[:] = rows
                inside = np.ndarray((h, w), pair[turn].rows.dtype, fenced.data)
                moved = list(pair)
                moved[turn] = Plane(inside, fenced)
                assert run(name, *moved, 0, bpc, variants(0)) == want
