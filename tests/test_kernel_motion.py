# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The motion kernel, beside what test_kernels.py proves of every kernel."""

from kernel_cases.motion import KERNELS
from support.kernel_harness import P, run


def test_direction_matters() -> None:
    """The shifts are floors, so a swap of the two may change the sum."""
    (sad,) = KERNELS
    earlier, current = sad.inputs("noise", 64, 64, P(bpc=8))
    assert (
        run("scalar", sad, [earlier, current], P(bpc=8)).sums != run("scalar", sad, [current, earlier], P(bpc=8)).sums
    )
