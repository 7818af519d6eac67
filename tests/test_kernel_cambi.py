# SPDX-License-Identifier: BSD-2-Clause-Patent
"""CAMBI's kernels beyond what holds for all: the constants, what is flat, the order of the largest."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as P

import numpy as np
import pytest
from kernel_cases.cambi import Contrast, Picture
from reference import cambi as reference
from support.kernel_harness import run
from support.kernels import KERNEL_SETS, kernels

from pyvmaf._vmaf import ffi, lib

TABLE = Path(__file__).parents[2] / "shared" / "spec" / "tables" / "cambi_reciprocal.json"
SETS = ("scalar", *KERNEL_SETS)


def test_reciprocals_are_those_of_nine_digits() -> None:
    table = lib.cambi_reciprocals()
    got = np.array([table[i] for i in range(4226)], np.float32)
    assert (got == reference.RECIPROCALS).all()
    if TABLE.exists():
        listed = json.loads(TABLE.read_text())
        for key, to in (("plus_one_ulp", 1), ("minus_one_ulp", 0)):
            for n in listed[key]:
                assert got[n] == np.nextafter(np.float32(1 / n), np.float32(to))
    assert [lib.cambi_weights()[d] for d in range(32)] == reference.WEIGHTS


@pytest.mark.parametrize("name", SETS)
def test_corners_are_flat_for_a_low_threshold_only(name: str) -> None:
    """Of 49 samples a corner has 16, an edge at least 28."""
    kernels(name)
    flat = np.full((33, 45), 90, np.uint8)
    for threshold, corner, edge in ((15, 1, 1), (16, 0, 1), (27, 0, 1), (28, 0, 0), (48, 0, 0), (49, 0, 0)):
        p = P(**{**vars(Picture.points[0]), "threshold": threshold})
        got = run(name, Picture(), [flat], p).outputs[0] >> 15  # of even rows and columns
        assert (got[0, 0], got[-1, -1], got[0, 10], got[8, 10]) == (corner, corner, edge, threshold < 49)


@pytest.mark.parametrize("name", SETS)
def test_the_map_says_what_the_sums_say(name: str) -> None:
    kernels(name)
    for point in Contrast.points:
        inputs = Contrast().inputs("levels", 320, 100, point)
        made = run(name, Contrast(), inputs, P(**{**vars(point), "map": True}))
        contrasts = made.outputs[1].astype(np.float64)
        assert made.sums == [[int((contrasts * (1 << 24)).sum()), int((contrasts > 0).sum())]]
        dark = point.steps.dark == 1000
        assert (made.sums[0][1] == 0) == (dark or point.radius == 0)


@pytest.mark.parametrize("name", SETS)
def test_the_largest_are_summed_in_the_definitions_order(name: str) -> None:
    top, rng = kernels(name).cambi.top, np.random.default_rng(3)
    for n in (1, 2, 5, 511, 512, 513, 770, 3000):
        for levels, scale in ((2, 3e7), (40, 1e6), (100000, 9506.0)):
            c = (rng.integers(0, levels, n) * rng.random(n) * scale).astype(np.float32)
            for topk in (1e-4, 0.3, 0.6, 0.999, 1.0):
                cnt = min(max(int(topk * n), 1), n)
                values = c.copy()
                got = top(ffi.cast("float *", values.ctypes.data), n, cnt)
                assert got / cnt == reference.pooled(c, topk), (n, levels, topk)
                assert (np.sort(values) == np.sort(c)).all()
