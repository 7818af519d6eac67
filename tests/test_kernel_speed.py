# SPDX-License-Identifier: BSD-2-Clause-Patent
"""SpEED's kernels beyond what the harness asks: logarithms by the hundred thousand, and what overflows."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_cases.speed import Model
from support.kernel_harness import P, available, run

SETS = [*available(), "scalar"]


@pytest.mark.parametrize("name", available())
def test_many_planes_as_the_plain_kernel(name: str) -> None:
    """Every entropy is rounded from a logarithm of our own: 230,000 of them."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        p = P(sigma=rng.uniform(0.1, 2), scale=1.0)
        planes = [rng.normal(0, 10 ** rng.uniform(-2, 3), (33, 60)).astype(np.float32) for _ in range(2)]
        assert run(name, Model(), planes, p).differs(run("scalar", Model(), planes, p)) == ""


@pytest.mark.parametrize("name", SETS)
def test_what_overflows(name: str) -> None:
    """Infinities and what follows from them take the C library's logarithm."""
    rng = np.random.default_rng(3)
    for factor in (3e8, 2e9):
        planes = [(factor * rng.normal(0, 30, (20, 33))).astype(np.float32)] * 2
        got = run(name, Model(), planes, P(sigma=0.29, scale=1.0)).outputs
        with np.errstate(all="ignore"):
            want = Model().want(planes, P(sigma=0.29, scale=1.0)).outputs
        for x, y in zip(got, want, strict=True):
            np.testing.assert_array_equal(x.ravel(), y)  # as numbers: a NaN is a NaN


@pytest.mark.parametrize("name", SETS)
def test_planes_without_a_model(name: str) -> None:
    """Flat, and columns that repeat: no variance, the noise's entropy."""
    flat = np.full((20, 33), 7.5, np.float32)
    stripes = np.tile(np.arange(33, dtype=np.float32) % 3, (20, 1))
    p = P(sigma=0.29, scale=1.0)
    made = run(name, Model(), [flat, stripes], p)
    assert made.differs(Model().want([flat, stripes], p)) == ""
    assert [int(out[0, 0]) for out in made.outputs[2::3]] == [1, 1]
    assert not made.outputs[0].any() and not made.outputs[3].any()
