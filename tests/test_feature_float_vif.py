# SPDX-License-Identifier: BSD-2-Clause-Patent
"""float_vif, beside what test_extractors.py proves of all: libvmaf's numbers, windows, refusals."""

from __future__ import annotations

import re

import pytest
from reference import float_vif as reference
from reference.float_plane import grey
from support import scoring
from support.clips import Clip, make_frames
from support.float_pattern import pattern

from pyvmaf import VmafContext, VmafError

# From the first tap to the centre.
WINDOWS = (
    """0x1.e8a77p-8 0x1.d373b2p-7 0x1.9a1cf6p-6 0x1.49fd9ep-5 0x1.e7092ap-5 0x1.49a042p-4 0x1.99350cp-4
    0x1.d1e766p-4 0x1.e67f64p-4""",
    "0x1.36efd8p-6 0x1.c9eaf6p-5 0x1.ef4ac4p-4 0x1.897426p-3 0x1.cb1b82p-3",
    "0x1.be5f0cp-5 0x1.f41fd4p-3 0x1.9c4866p-2",
    "0x1.54be42p-3 0x1.55a0dep-1",
)
NUMBERS = {
    8: {
        "vif_scale0": 0.5706927895295596, "vif_scale1": 0.9987201437173265, "vif_scale2": 1.00015479813836,
        "vif_scale3": 1.0002347951185242, "vif": 0.6101273375944771, "vif_num_scale0": 167047.34375,
        "vif_num_scale3": 852.5784912109375, "vif_den_scale0": 292709.75, "vif_den_scale3": 852.3783569335938,
        "vif_scale0_egl_1": 0.5693394864708128, "vif_scale1_egl_1": 0.9981636364697224,
        "vif_scale2_egl_1": 0.9995548351673247, "vif_scale3_egl_1": 0.9995738028223676,
    },
    10: {
        "vif_scale0": 0.569689971315565, "vif_scale1": 0.9986772914372597, "vif_scale2": 1.0001608658899475,
        "vif_scale3": 1.0002294184150096, "vif": 0.609213139412195, "vif_num_scale0": 166760.734375,
        "vif_num_scale3": 852.5972290039062, "vif_den_scale0": 292721.90625, "vif_den_scale3": 852.4016723632812,
        "vif_scale0_egl_1": 0.5683503893040119, "vif_scale1_egl_1": 0.9981330224095656,
        "vif_scale2_egl_1": 0.9995638533323726, "vif_scale3_egl_1": 0.9995687306137322,
    },
}  # fmt: skip


@pytest.mark.parametrize("bpc", NUMBERS)
def test_libvmafs_numbers(bpc: int) -> None:
    refs, dists = pattern(1, bpc)
    features = [("float_vif", {"debug": True}), ("float_vif", {"vif_enhn_gain_limit": 1})]
    got = scoring.score(refs, dists, chroma="400", bpc=bpc, features=features, cpumask=0)
    assert {name: got[name] for name in NUMBERS[bpc]} == {name: [value] for name, value in NUMBERS[bpc].items()}


@pytest.mark.parametrize("scale", range(4))
def test_windows(scale: int) -> None:
    half = [float.fromhex(x) for x in WINDOWS[scale].split()]
    assert list(reference.window(scale)) == half + half[-2::-1]


@pytest.mark.parametrize("factor", reference.KERNEL_SCALES, ids="{:.6g}".format)
def test_every_window_that_is_listed(factor: float) -> None:
    refs, dists = make_frames(Clip(89, 67, chroma="400", frames=1))
    want = reference.scores(
        grey(refs[0][0], 8), grey(dists[0][0], 8), reference.Options(kernelscale=float(f"{factor:.6g}"))
    )
    got = scoring.score(
        refs, dists, chroma="400", features=[("float_vif", {"debug": True, "vif_kernelscale": factor})], cpumask=0
    )
    assert [value for (value,) in got.values()] == list(want.values())


@pytest.mark.parametrize("factor", [0.1, 0.9, 1.002, 3.5, 4.0])
def test_other_windows_are_refused(factor: float) -> None:
    with (
        VmafContext(log_level="none") as ctx,
        pytest.raises(VmafError, match=f"vif_kernelscale={factor:g}; it must be"),
    ):
        ctx.use_feature("float_vif", {"vif_kernelscale": factor})


def test_unknown_method_is_refused() -> None:
    with VmafContext(log_level="none") as ctx, pytest.raises(VmafError, match="vif_prescale_method=area; it must be"):
        ctx.use_feature("float_vif", {"vif_prescale_method": "area"})


@pytest.mark.parametrize(
    ("size", "options", "message"),
    [
        ((40, 40), {"vif_prescale": 0.3}, "12x12 after resizing; its windows need 16x16"),
        ((30, 90), {"vif_kernelscale": 2}, "30x90; its windows need 32x32"),
        ((1930, 16), {"vif_prescale": 4, "vif_prescale_method": "bilinear"}, "rows of 7720; bilinear takes up to 7680"),
    ],
)
def test_sizes_that_are_refused(size: tuple[int, int], options: dict[str, object], message: str) -> None:
    refs, dists = make_frames(Clip(*size, chroma="400", content="flat", frames=1))
    with pytest.raises(VmafError, match=re.escape(message)):
        scoring.score(refs, dists, chroma="400", features=[("float_vif", options)])


def test_settings_that_may_share_a_call_give_what_each_gives_alone() -> None:
    refs, dists = make_frames(Clip(70, 50, content="noise", damage="heavy", chroma="400"))
    together = [("float_vif", {"vif_enhn_gain_limit": limit, "vif_sigma_nsq": 1.5}) for limit in (1, 1.1, 2, 3, 100)]
    got = scoring.score(refs, dists, chroma="400", features=together, cpumask=0)
    for each in together:
        alone = scoring.score(refs, dists, chroma="400", features=[each])
        assert {name: got[name] for name in alone} == alone
