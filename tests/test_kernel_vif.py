# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The VIF kernels, beside what test_kernels.py proves of every kernel."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from kernel_cases.vif import KERNELS, LIMITS
from numpy.typing import NDArray
from support.kernel_harness import P, run
from support.kernels import KERNEL_SETS, kernels

from pyvmaf._vmaf import ffi

SETS = ("scalar", *KERNEL_SETS)


@pytest.mark.parametrize("name", SETS)
def test_limits_and_planes_are_optional(name: str) -> None:
    kernels(name)
    vif = KERNELS[0]
    at = {limits: P(bpc=8, scale=0, limits=[limits]) for limits in (LIMITS, *((limit,) for limit in LIMITS), ())}
    inputs = vif.inputs("enhanced", 67, 43, at[LIMITS])
    several = run(name, vif, inputs, at[LIMITS])
    num, rest = several.sums[0][: len(LIMITS)], several.sums[0][-3:]
    assert num[0] > num[2] > num[1] > 0
    for limit, own in zip(LIMITS, num, strict=True):
        assert run(name, vif, inputs, at[limit,]).sums == [[own, 0, 0, 0, *rest]]
    nothing = run(name, vif, inputs, at[()])
    assert nothing.sums == [[0] * 7]
    assert all((a == b).all() for a, b in zip(nothing.outputs, several.outputs, strict=True))


@pytest.mark.parametrize("name", KERNEL_SETS)
def test_scratch_memory_is_that_of_the_lanes_there_are(name: str) -> None:
    lanes = ffi.new("VifLane[8]")

    def size(cnt: int, bpc: int = 8) -> int:
        call = {"w": 256, "h": 256, "bpc": bpc, "scale": 0, "lane": lanes, "lane_cnt": cnt}
        return int(kernels(name).vif.scratch_size(ffi.new("VifScale *", call)))

    assert 2 * size(1) < size(6) < 6 * size(1)
    assert size(1) < size(1, bpc=10)


def parts(w: int, h: int, bits: int, flat: int) -> list[NDArray[np.int64]]:
    """Equal, differing, flat and constant areas side by side; flat samples are `flat` apart at the top of the range."""
    rng = np.random.default_rng([w, h, bits])
    top = (1 << bits) - 1
    ref, dist = rng.integers(0, top + 1, (2, h, w))
    dist[:, : 2 * w // 5] = ref[:, : 2 * w // 5]
    at = slice(w // 2, 3 * w // 4)
    ref[:, at] = top - flat * (np.mgrid[:h, :w].sum(0)[:, at] & 1)
    ref[:, 3 * w // 4 :] = top // 16
    dist[:, 7 * w // 8 :] = top // 9
    dist[h // 3 :, w // 2 : 2 * w // 3] = ref[h // 3 :, w // 2 : 2 * w // 3]
    ref[-h // 3 :], dist[-h // 3 :] = top - flat * rng.integers(0, 2, (2, h // 3, w))
    return [ref, dist]


@pytest.mark.parametrize("name", KERNEL_SETS)
@pytest.mark.parametrize(("scale", "bpc"), [(0, 8), (0, 9), (0, 10), (0, 16), (1, 8), (2, 10), (3, 16)])
def test_what_need_not_be_filtered_is_known(name: str, scale: int, bpc: int) -> None:
    """Where both pictures are equal, and where the reference spans less than 2^(n - 7) of n bits or just so much."""
    kernels(name)
    vif = KERNELS[0]
    bits = 16 if scale else bpc
    p = P(bpc=bpc, scale=scale, limits=[LIMITS])
    like = [a.dtype for a in vif.inputs("noise", 32, 32, p)]
    for flat, (w, h) in product((1, (1 << bits - 7) - 1, 1 << bits - 7), ((1303, 96), (2600, 60))):
        inputs = [a.astype(dtype) for a, dtype in zip(parts(w, h, bits, flat), like, strict=True)]
        ref, dist = inputs
        for pictures in (inputs, [ref, ref], [ref, ref, dist], [ref, dist, ref, dist]):
            p.limits = [LIMITS] * (len(pictures) - 1)
            assert run(name, vif, pictures, p).differs(run("scalar", vif, pictures, p)) == "", f"{flat} {w}x{h}"
