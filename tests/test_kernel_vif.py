# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The VIF kernels, beside what test_kernels.py proves of every kernel."""

from __future__ import annotations

import pytest
from kernel_cases.vif import KERNELS, LIMITS
from support.kernel_harness import P, run
from support.kernels import KERNEL_SETS, kernels

SETS = ("scalar", *KERNEL_SETS)


@pytest.mark.parametrize("name", SETS)
def test_limits_and_planes_are_optional(name: str) -> None:
    kernels(name)
    vif = KERNELS[0]
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
