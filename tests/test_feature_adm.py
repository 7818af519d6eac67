# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The adm extractor: known scores and sums, its options, what it refuses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from extractor_cases.adm import V1
from kernel_cases.adm import KERNELS, USUAL, listed
from numpy.typing import NDArray
from reference.adm import Variant
from support.kernel_harness import P, run
from support.kernels import KERNEL_SETS, kernels

import pyvmaf

Plane = NDArray[np.uint8] | NDArray[np.uint16]
Options = Mapping[str, object]

SCALAR = 0xFFFF
V1_SUFFIX = "_csf_2_dlmw_0.7_egl_1_min_0.5_nw_0.02"


def formula(bpc: int = 8) -> tuple[Plane, Plane]:
    """A pair that libvmaf 3.2.0's plain C code was run on; the numbers below are its."""
    y, x = np.mgrid[:90, :160]
    ref = 64 + ((x * x + 3 * y * y + 5 * x * y) >> 6) % 96
    dist = np.clip(ref + (7 * x + 13 * y) % 17 - 8, 0, 255)
    assert (ref.sum(), dist.sum()) == (1591046, 1591034)
    if bpc == 8:
        return ref.astype(np.uint8), dist.astype(np.uint8)
    return (4 * ref + (x & 3)).astype(np.uint16), np.minimum(1023, 4 * dist + (y & 3)).astype(np.uint16)


def score(pair: tuple[Plane, Plane], *options: Options, bpc: int | None = None, cpumask: int = 0) -> dict[str, float]:
    """Every published score of one frame, by name."""
    with pyvmaf.VmafContext(cpumask=cpumask) as ctx:
        for each in options:
            ctx.use_feature("adm", each)
        ctx.read_pictures((pair[0],), (pair[1],), 0, bpc=bpc)
        ctx.flush()
        return {name: ctx.feature_score_at_index(name, 0) for name in ctx.feature_names}


# adm2, aim, adm3, scale0..3, num, den, and numerator and denominator of each scale
DEFAULT = [
    0.9854816716433451, 0.013687927913357453, 0.98589687186499386,
    0.94002918328420459, 0.98302497817933698, 0.99726688530009944, 0.99809300647021526,
    159.30025100708008, 161.64709663391113, 23.480384826660156, 24.978357315063477,
    35.590721130371094, 36.205307006835938, 51.551071166992188, 51.692352294921875,
    48.678073883056641, 48.771080017089844,
]  # fmt: skip
NEG = [
    0.97783408690395157, 0.013981517311555792, 0.98192628479619781,
    0.93622782723660691, 0.97051239257722366, 0.98828618742454344, 0.99350006249488665,
    158.06404113769531, 161.64709663391113, 23.385433197021484, 24.978357315063477,
    35.137699127197266, 36.205307006835938, 51.086837768554688, 51.692352294921875,
    48.454071044921875, 48.771080017089844,
]  # fmt: skip
V1_SCORES = [
    0.98145208244416582, 0.010274291699497661, 0.98393417020106677,
    0.9433627232165912, 0.9711024261514869, 0.9881177603376281, 0.99335024108578696,
    155.24451637268066, 158.17839622497559, 18.291440963745117, 19.389616012573242,
    28.344844818115234, 29.188316345214844, 49.744403839111328, 50.342586517333984,
    58.863826751708984, 59.257877349853516,
]  # fmt: skip


@pytest.mark.parametrize("cpumask", (0, SCALAR))
@pytest.mark.parametrize(
    ("options", "suffix", "want"),
    (({}, "", DEFAULT), ({"adm_enhn_gain_limit": 1}, "_egl_1", NEG), (V1, V1_SUFFIX, V1_SCORES)),
)
def test_known_scores(options: Options, suffix: str, want: list[float], cpumask: int) -> None:
    got = score(formula(), {**options, "debug": True}, cpumask=cpumask)
    names = [f"integer_{n}" for n in ("adm2", "aim", "adm3", *(f"adm_scale{i}" for i in range(4)))]
    names += ["integer_adm_num", "integer_adm_den"]
    names += [f"integer_adm_{part}_scale{i}" for i in range(4) for part in ("num", "den")]
    assert [got.pop(name + suffix) for name in names] == want
    assert got == {"integer_adm" + suffix: want[0]}


def test_known_scores_of_ten_bits() -> None:
    got = list(score(formula(10), {}, bpc=10).values())
    assert got == [
        0.98525205262852333, 0.013768902259905806, 0.98574157518430883,
        0.94053582078170883, 0.98148913812491934, 0.99738909367309059, 0.99809307156112681,
    ]  # fmt: skip


# Denominators, numerators, impairments of the default options by scale; h, v, d
KNOWN_SUMS = (
    ((14851746821481, 2939929631587, 6158296637881), (2061126458681315, 313339120267718, 309271754065457),
     (1458210019703, 5747175160571, 1704483415103)),
    ((317457297842921, 14607527620636, 70044747455366), (81193694908954, 3539413126822, 1521282653876),
     (354804517, 51192960, 16129447)),
    ((48753783860394, 2642843043511, 30387138689300), (16262716096671, 870068313543, 1771706916326),
     (0, 131860, 0)),
    ((7697160178411, 630739551196, 4678057979537), (5926404226411, 491381499445, 1180499632835),
     (0, 0, 0)),
)  # fmt: skip
KNOWN_LOW = ((-8125230, -8125347), (-137995468614, -137992204255), (-18473374777, -18471814133),
             (-4961436063, -4962110484))  # fmt: skip


@pytest.mark.parametrize("name", ("definition", "scalar", *KERNEL_SETS))
def test_known_sums(name: str) -> None:
    """The NumPy definition too: what judges the kernels agrees with the peer."""
    (adm,), point = KERNELS, P(bpc=8, variants=[[Variant(100.0, factors)] for factors in USUAL])
    if name == "definition":
        got = adm.want(list(formula()), point)
    else:
        kernels(name)
        got = run(name, adm, list(formula()), point)
    assert got.sums == [[*listed([num]), *listed([aim]), *den] for den, num, aim in KNOWN_SUMS]
    low = [int(plane.sum(dtype=np.int64)) for plane in got.outputs]
    assert low == [total for both in KNOWN_LOW for total in both]


def test_skipped_parts() -> None:
    got = score(formula(), {"adm_skip_aim": True, "debug": True})
    assert got["integer_aim"] == 0 and got["integer_adm3"] == got["integer_adm2"] * 0.5 + 0.5
    got = score(formula(), {"adm_skip_scale0": True, "debug": True})
    assert got["integer_adm_scale0_ssz"] == got["integer_adm_num_scale0_ssz"] == 0
    assert got["integer_adm_den_scale0_ssz"] == float(np.float32(1e-10))
    num, den = (sum(DEFAULT[i] for i in range(start, 17, 2)) for start in (11, 12))
    assert got["integer_adm2_ssz"] == num / (float(np.float32(1e-10)) + den)


def test_special_frames() -> None:
    flat = np.full((90, 160), 77, np.uint8)
    got = score((flat, flat + 5), {"debug": True})
    assert [got[f"integer_{n}"] for n in ("adm2", "aim", "adm3", "adm_scale0", "adm_scale3")] == [1, 0, 1, 1, 1]
    got = score((flat, flat), {"adm_noise_weight": 0, "debug": True})
    assert [got[f"integer_{n}_nw_0"] for n in ("adm2", "aim", "adm3", "adm_num", "adm_den")] == [1, 0, 1, 0, 0]
    assert np.isnan(got["integer_adm_scale0_nw_0"])
    same = score((formula()[0], formula()[0]), {})
    assert same["integer_adm2"] == pytest.approx(1, abs=1e-4) and same["integer_aim"] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    (
        ({"adm_norm_view_dist": 2.9}, ("adm_norm_view_dist=2.9", "adm_ref_display_height=1080", "3240")),
        ({"adm_ref_display_height": 720}, ("adm_ref_display_height=720", "2160", "3240")),
        ({"adm_csf_mode": 2, "adm_norm_view_dist": 4}, ("adm_csf_mode=2", "adm_norm_view_dist=4", "1080 with 3 or 5")),
        ({"adm_csf_mode": 3, "adm_ref_display_height": 1440}, ("adm_csf_mode=3", "1440", "2160 with 1.5, 3 or 5")),
        ({"adm_csf_mode": 1}, ("adm_csf_mode=1", "adm_csf_scale=1", "below 0.02581", "below 0.0064")),
        ({"adm_csf_mode": 1, "adm_csf_scale": 0.0259}, ("adm_csf_scale=0.0259", "below 0.0258")),
    ),
)
def test_options_that_have_no_factors(options: Options, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError) as caught:
        score(formula(), options)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("width", "height"), ((32, 90), (160, 32), (16, 16)))
def test_pictures_that_are_too_small(width: int, height: int) -> None:
    blank = np.zeros((height, width), np.uint8)
    with pytest.raises(ValueError, match=f"{width}x{height}.*33x33"):
        score((blank, blank), {})
    assert score((np.zeros((33, 33), np.uint8),) * 2, {})["integer_adm2"] == 1
