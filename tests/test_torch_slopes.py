# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Directional slopes against the engine's, by the program that makes the table of docs/training.md."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

NAME = "benchmarks_torch_slopes"
SPEC = importlib.util.spec_from_file_location(NAME, Path(__file__).parents[1] / "benchmarks" / "torch_slopes.py")
assert SPEC is not None and SPEC.loader is not None
slopes = sys.modules[NAME] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(slopes)

V1 = "vmaf_v1.0.16_3d0h"
# What the engine judges, and how near the derivative is; the angle test adds to v0.6.1 what no derivative has.
SMOOTH = [
    ("vmaf_v0.6.1neg", "natural, little noise", 0.005), ("vmaf_v0.6.1neg", "saturated", 0.005),
    ("vmaf_v0.6.1neg", "coarse structure", 0.005), ("vmaf_v0.6.1", "natural, little noise", 0.011),
    ("vmaf_v0.6.1", "saturated", 0.015), (V1, "natural, little noise", 0.01), (V1, "coarse structure", 0.01),
    (V1, "saturated", 0.01), (V1, "chroma: blur", 0.002), (V1, "chroma: less of it", 0.002),
]  # fmt: skip
#: What it does not, and why.
ELSE = [
    ("vmaf_v0.6.1", "identical", "kink"), ("vmaf_v0.6.1", "nearly flat", "kink: the score falls to both sides"),
    ("vmaf_v0.6.1", "flat", "slope below 0.05"), ("vmaf_v0.6.1", "dark", "steps"),
    ("vmaf_v0.6.1", "distorted side flat", "kink"), (V1, "dark", "kink: the score falls to both sides"),
]  # fmt: skip


def compare(model: str, kind: str, seed: int) -> tuple[float, float, float, str]:
    made: tuple[float, float, float, str] = slopes.compare(
        slopes.pairs(model)[kind](np.random.default_rng(seed)), model, model
    )
    return made


@pytest.mark.parametrize(("model", "kind", "within"), SMOOTH)
def test_where_the_engine_is_smooth(model: str, kind: str, within: float) -> None:
    for seed in (0, 1):
        slope, near, _, why = compare(model, kind, seed)
        assert not why and abs(near) > 0.1
        assert slope == pytest.approx(near, rel=within)


@pytest.mark.parametrize(("model", "kind", "reason"), ELSE)
def test_elsewhere_there_is_a_reason(model: str, kind: str, reason: str) -> None:
    slope, near, error, why = compare(model, kind, 0)
    assert reason in why
    if "steps" in reason:
        assert abs(slope - near) < 4 * error
    if kind == "flat":
        assert slope == 0.0 and abs(near) < 0.05
