# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The VIF kernels, beside what test_kernels.py proves of every kernel."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_cases.vif import KERNELS, LIMITS
from reference import vif as reference
from support.kernel_harness import P, run
from support.kernels import KERNEL_SETS, kernels

from pyvmaf._vmaf import ffi

SETS = ("scalar", *KERNEL_SETS)


@pytest.mark.parametrize("name", SETS)
def test_limits_and_planes_are_optional(name: str) -> None:
    kernels(name)
    (vif,) = KERNELS
    at = {limits: P(bpc=8, scale=0, limits=limits) for limits in (LIMITS, *((limit,) for limit in LIMITS), ())}
    inputs = vif.inputs("enhanced", 67, 43, at[LIMITS])
    several = run(name, vif, inputs, at[LIMITS])
    num, rest = several.sums[0][: len(LIMITS)], several.sums[0][-3:]
    assert num[0] > num[2] > num[1] > 0
    for limit, own in zip(LIMITS, num, strict=True):
        assert run(name, vif, inputs, at[limit,]).sums == [[own, 0, 0, 0, *rest]]
    nothing = run(name, vif, inputs, at[()])
    assert nothing.sums == [[0] * 7]
    assert all((a == b).all() for a, b in zip(nothing.outputs, several.outputs, strict=True))


@pytest.mark.parametrize("name", SETS)
def test_every_logarithm(name: str) -> None:
    """All top sixteen bits at all exponents, with zeros, ones and noise in the bits that are dropped."""
    table, rng = kernels(name), np.random.default_rng(20)
    for shift in range(1, 16):
        top = np.arange(32768, 65536, dtype=np.uint32) << shift
        for low in (0, (1 << shift) - 1, rng.integers(0, 1 << shift, top.size)):
            z = (top + low).astype(np.uint32)
            got = np.empty(z.size, np.int32)
            table.vif.log(ffi.cast("uint32_t *", z.ctypes.data), ffi.cast("int32_t *", got.ctypes.data), z.size)
            assert (got == reference.TABLE + 2048 * shift).all()
