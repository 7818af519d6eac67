# SPDX-License-Identifier: BSD-2-Clause-Patent
"""float_adm, beside what test_extractors.py proves of all: libvmaf's numbers, sensitivities, no content."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference import float_adm as reference
from support import scoring
from support.clips import Clip, make_frames
from support.float_pattern import pattern

# libvmaf divides by way of the processor's own reciprocal on x86, we divide; see docs/exactness.md.
TOLERANCE = 2e-7
NUMBERS = {
    8: {
        "adm2": 0.9824118549443643, "aim": 0.008894847667019758, "adm3": 0.9867585036386723,
        "adm_scale0": 0.9385015335451916, "adm_scale1": 0.9820571162556712, "adm_scale2": 0.9965851098648928,
        "adm_scale3": 0.9991128227793111, "adm_num_scale0": 33.47941970825195, "adm_den_scale0": 35.67327117919922,
        "adm_num_scale3": 50.490882873535156, "adm_den_scale3": 50.53571701049805,
        "adm2_egl_1": 0.974776421301734, "aim_egl_1": 0.009491620274158242,
    },
    10: {
        "adm2": 0.9821695792530928, "aim": 0.009214879068172374, "adm3": 0.9864773500924602,
        "adm_scale0": 0.939451611578942, "adm_scale1": 0.9803925531739279, "adm_scale2": 0.9965815994118402,
        "adm_scale3": 0.9991233102548696, "adm_num_scale0": 33.521461486816406, "adm_den_scale0": 35.68194580078125,
        "adm_num_scale3": 50.491127014160156, "adm_den_scale3": 50.535430908203125,
        "adm2_egl_1": 0.9743973219250383, "aim_egl_1": 0.009263217702447712,
    },
}  # fmt: skip
WATSON = (
    ("0x1.1cc774p-6", "0x1.820d54p-8"), ("0x1.06050cp-5", "0x1.d48d46p-7"), ("0x1.634f1p-5", "0x1.8fb80cp-6"),
    ("0x1.762816p-5", "0x1.008392p-5"),
)  # fmt: skip
NATIVE = (
    ("0x1.64e63ap-8", "0x1.e381b4p-13"), ("0x1.55ad9ep-3", "0x1.4dc9d8p-5"), ("0x1.55f234p-1", "0x1.8e8f96p-2"),
    ("0x1.f8f7acp-1", "0x1.c13552p-1"),
)  # fmt: skip


@pytest.mark.parametrize("bpc", NUMBERS)
def test_libvmafs_numbers(bpc: int) -> None:
    refs, dists = pattern(1, bpc)
    features = [("float_adm", {"debug": True}), ("float_adm", {"adm_enhn_gain_limit": 1})]
    got = scoring.score(refs, dists, chroma="400", bpc=bpc, features=features, cpumask=0)
    want = NUMBERS[bpc]
    exact = {name for name in want if "egl" not in name or bpc == 8}  # where a quotient is as good as the reciprocal
    assert {name: got[name] for name in exact} == {name: [want[name]] for name in exact}
    assert all(abs(got[name][0] - value) <= TOLERANCE for name, value in want.items())


@pytest.mark.parametrize(("mode", "table"), [(0, WATSON), (3, WATSON), (9, WATSON), (2, NATIVE)])
def test_sensitivities(mode: int, table: tuple[tuple[str, str], ...]) -> None:
    options = reference.Options(csf_mode=mode)
    got = [[reference.sensitivity(options, scale, diagonal) for diagonal in (False, True)] for scale in range(4)]
    assert got == [[float.fromhex(x) for x in pair] for pair in table]


def test_no_content_at_all() -> None:
    """Mid-grey leaves nothing in the bands: without a floor under them there is no ratio of a scale."""
    frame = (np.full((40, 60), 128, np.uint8),)
    got = scoring.score(
        [frame], [frame], chroma="400", features=[("float_adm", {"adm_noise_weight": 0, "debug": True})]
    )
    assert (got["adm2_nw_0"], got["aim_nw_0"], got["adm3_nw_0"], got["adm"]) == ([1.0], [0.0], [1.0], [1.0])
    assert all(math.isnan(got[f"adm_scale{scale}_nw_0"][0]) for scale in range(4))


def test_identical_pictures() -> None:
    refs, _ = make_frames(Clip(80, 60, chroma="400"))
    got = scoring.score(refs, refs, chroma="400", features=[("float_adm", {})])
    assert got["adm2"] == [1.0, 1.0] and got["aim"] == [0.0, 0.0]


def test_settings_that_may_share_a_call_give_what_each_gives_alone() -> None:
    refs, dists = make_frames(Clip(70, 50, content="noise", damage="heavy", chroma="400"))
    limits = (
        {"adm_enhn_gain_limit": limit, "adm_min_val": low} for limit, low in ((1, 0), (1.1, 0.5), (2, 0.9), (9, 1))
    )
    together = [("float_adm", options) for options in limits] + [("float_adm", {"adm_bypass_cm": 1})]
    got = scoring.score(refs, dists, chroma="400", features=together, cpumask=0)
    for each in together:
        alone = scoring.score(refs, dists, chroma="400", features=[each])
        assert {name: got[name] for name in alone} == alone
