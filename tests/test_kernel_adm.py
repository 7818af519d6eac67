# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The ADM kernel, beside what test_kernels.py proves of every kernel."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_cases.adm import KERNELS, USUAL, usual
from numpy.typing import NDArray
from reference.adm import Variant
from support.kernel_harness import P, run
from support.kernels import KERNEL_SETS, kernels

from pyvmaf._vmaf import ffi, lib


@pytest.mark.parametrize("name", ("scalar", *KERNEL_SETS))
def test_variants_do_not_touch_each_other(name: str) -> None:
    kernels(name)
    (adm,), several = KERNELS, usual(0)
    inputs = adm.inputs("enhanced", 80, 60, P(bpc=8))
    together = run(name, adm, inputs, P(bpc=8, variants=[several]))
    cnt = 3 * lib.ADM_MAX_VARIANTS
    sums, empty = together.sums[0], [0] * (cnt - 3)
    num, aim, den = sums[:cnt], sums[cnt : 2 * cnt], sums[2 * cnt :]
    for i, alone in enumerate(several):
        got = run(name, adm, inputs, P(bpc=8, variants=[[alone]]))
        own = np.s_[3 * i : 3 * i + 3]
        assert got.sums == [[*num[own], *empty, *aim[own], *empty, *den]]
    assert num[0] > num[3] > 0  # the limit of NEG bites
    assert aim[6:9] == [0, 0, 0]
    low_only = run(name, adm, inputs, P(bpc=8, variants=[[]]))
    assert low_only.sums == [[0] * lib.ADM_SUM_CNT]
    assert all((a == b).all() for a, b in zip(low_only.outputs, together.outputs, strict=True))


@pytest.mark.parametrize("name", ("scalar", *KERNEL_SETS))
def test_scratch_memory_is_that_of_the_variants_there_are(name: str) -> None:
    variant = ffi.new("AdmVariant[6]")
    lanes = ffi.new("AdmLane[2]")

    def size(variants: int, cnt: int = 1) -> int:
        for lane in lanes:
            lane.variant, lane.variant_cnt = variant, variants
        call = {"w": 640, "h": 360, "bpc": 8, "scale": 0, "lane": lanes, "lane_cnt": cnt}
        return int(kernels(name).adm.scratch_size(ffi.new("AdmScale *", call)))

    one = size(2) - size(1)
    assert one > 0
    assert size(6) == size(1) + 5 * one
    assert size(1, cnt=2) >= size(1)


AREAS = {
    "none": np.s_[:0], "all": np.s_[:], "left": np.s_[:, :150], "right": np.s_[:, -120:], "top": np.s_[:20],
    "middle": np.s_[30:45, 150:200], "first": np.s_[:1, :1], "last": np.s_[-1:, -1:], "near the end": np.s_[:, -4:-3],
    "stripes": np.s_[:, ::67],
}  # fmt: skip


def pair_that_differs(area: str, w: int, h: int, bpc: int) -> list[NDArray[np.unsignedinteger]]:
    """A pair that differs in some columns or rows only, with samples of every size."""
    rng = np.random.default_rng([w, h, bpc])
    grey = 1 << bpc - 1
    ref, dist = (rng.integers(-1000, 1001, (2, h, w)) * np.linspace(0, grey / 1000, w) + grey).clip(0, 2 * grey - 1)
    part = ref.copy()
    part[AREAS[area]] = dist[AREAS[area]]
    return [plane.astype(np.uint8 if bpc == 8 else np.uint16) for plane in (ref, part)]


@pytest.mark.parametrize("name", KERNEL_SETS)
@pytest.mark.parametrize("area", AREAS)
def test_equal_parts_need_no_decoupling(name: str, area: str) -> None:
    """Gain limits from 1.001 on leave nothing added where both pictures are equal; one below does not."""
    kernels(name)
    (adm,) = KERNELS
    high = [[Variant(limit, USUAL[i], skip_aim=limit == 2.0) for limit in (100.0, 1.001, 2.0)] for i in range(4)]
    for bpc, (w, h) in ((8, (603, 90)), (10, (333, 61)), (16, (1030, 70))):
        inputs = pair_that_differs(area, w, h, bpc)
        for variants in (high, [[Variant(1.0, USUAL[i])] for i in range(4)]):
            p = P(bpc=bpc, variants=variants)
            assert run(name, adm, inputs, p).differs(run("scalar", adm, inputs, p)) == "", f"{w}x{h} {bpc}"
