# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The ADM kernel, beside what test_kernels.py proves of every kernel."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_cases.adm import KERNELS, usual
from support.kernel_harness import P, run
from support.kernels import KERNEL_SETS, kernels


@pytest.mark.parametrize("name", ("scalar", *KERNEL_SETS))
def test_variants_do_not_touch_each_other(name: str) -> None:
    kernels(name)
    (adm,), several = KERNELS, usual(0)
    inputs = adm.inputs("enhanced", 80, 60, P(bpc=8))
    together = run(name, adm, inputs, P(bpc=8, variants=[several]))
    num, aim, den = together.sums[0][:12], together.sums[0][12:24], together.sums[0][24:]
    for i, alone in enumerate(several):
        got = run(name, adm, inputs, P(bpc=8, variants=[[alone]]))
        own = np.s_[3 * i : 3 * i + 3]
        assert got.sums == [[*num[own], *[0] * 9, *aim[own], *[0] * 9, *den]]
    assert num[0] > num[3] > 0  # the limit of NEG bites
    assert aim[6:9] == [0, 0, 0]
    low_only = run(name, adm, inputs, P(bpc=8, variants=[[]]))
    assert low_only.sums == [[0] * 27]
    assert all((a == b).all() for a, b in zip(low_only.outputs, together.outputs, strict=True))
