# SPDX-License-Identifier: BSD-2-Clause-Patent
"""float_ssim and float_ms_ssim: values of the definition, options, limits, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import ssim as reference
from support import scoring, spec_clip
from support.clips import Clip, make_frames

from pyvmaf import VmafContext, VmafError

Options = dict[str, object]
MASKS = (0, 16, 48, scoring.SCALAR)
LCS: Options = {"enable_lcs": True}
# Frame 0 of the definition's clip.
SPEC = {
    8: {
        "float_ssim": 0.9768649935722351, "float_ssim_l": 0.9999985098838806, "float_ssim_c": 0.9986381530761719,
        "float_ssim_s": 0.9780834317207336, "float_ms_ssim": 0.99828417674501,
        "float_ms_ssim_s_scale0": 0.9780834317207336, "float_ms_ssim_s_scale1": 0.998347282409668,
        "float_ms_ssim_s_scale2": 0.9995356202125549, "float_ms_ssim_s_scale3": 0.9998483061790466,
        "float_ms_ssim_s_scale4": 1.0000041723251343, "float_ms_ssim_c_scale1": 0.9999735951423645,
        "float_ms_ssim_c_scale2": 0.9999732971191406, "float_ms_ssim_c_scale3": 0.999996542930603,
    },
    10: {
        "float_ssim": 0.9767200946807861, "float_ssim_l": 0.9999985098838806, "float_ssim_c": 0.9986380934715271,
        "float_ssim_s": 0.9779376983642578, "float_ms_ssim": 0.9982492226393618,
        "float_ms_ssim_s_scale0": 0.9779376983642578, "float_ms_ssim_s_scale1": 0.9982507228851318,
        "float_ms_ssim_s_scale2": 0.9995361566543579, "float_ms_ssim_s_scale3": 0.9998478293418884,
        "float_ms_ssim_s_scale4": 1.0, "float_ms_ssim_c_scale1": 0.9999728798866272,
        "float_ms_ssim_c_scale2": 0.9999732971191406, "float_ms_ssim_c_scale3": 0.999996542930603,
    },
}  # fmt: skip


def score(
    ref: NDArray[np.generic], dist: NDArray[np.generic], bpc: int, name: str, options: Options, **context: int
) -> dict[str, float]:
    """What one extractor publishes for one pair of luma planes, in its order."""
    out = scoring.score([(ref,)], [(dist,)], chroma="400", bpc=bpc, features=[(name, options)], **context)
    return {key: value[0] for key, value in out.items()}  # type: ignore[misc]


def planes(w: int, h: int, bpc: int, content: str = "natural", damage: str = "light") -> list[NDArray[np.generic]]:
    refs, dists = make_frames(Clip(w, h, bpc, chroma="400", content=content, damage=damage, frames=1, seed=w))
    return [refs[0][0], dists[0][0]]


@pytest.mark.parametrize("bpc", [8, 10])
@pytest.mark.parametrize("mask", MASKS)
def test_values_of_the_definition(bpc: int, mask: int) -> None:
    ref, dist = spec_clip.frame(0, bpc)
    features = [("float_ssim", LCS), ("float_ms_ssim", LCS)]
    got = scoring.score([ref], [dist], bpc=bpc, features=features, cpumask=mask)
    assert {name: got[name][0] for name in SPEC[bpc]} == SPEC[bpc]
    assert list(got) == [
        "float_ssim", "float_ssim_l", "float_ssim_c", "float_ssim_s", "float_ms_ssim",
        *(f"float_ms_ssim_{part}_scale{level}" for part in "lcs" for level in range(5)),
    ]  # fmt: skip


@pytest.mark.parametrize("bpc", [8, 9, 10, 12, 16])
@pytest.mark.parametrize("scale", range(11))
def test_ssim_at_every_factor(bpc: int, scale: int) -> None:
    f = max(scale, 1)
    for w, h in ((10 * f, 11 * f + (f > 1)), (17 * f + 1, 12 * f + 1), (397, 120)):
        w, h = w + (w // f + w % 2 < 11) * f, h
        ref, dist = planes(w, h, bpc)
        got = score(ref, dist, bpc, "float_ssim", {"scale": scale, **LCS}, cpumask=0)
        assert got == reference.ssim(ref, dist, bpc, scale), (w, h)


@pytest.mark.parametrize(("w", "h", "factor"), [(383, 900, 1), (640, 384, 2), (1000, 641, 3), (897, 896, 4)])
def test_automatic_factor(w: int, h: int, factor: int) -> None:
    """From the shorter side, a half rounded up."""
    ref, dist = planes(w, h, 8)
    got = score(ref, dist, 8, "float_ssim", {}, cpumask=0)
    assert got == score(ref, dist, 8, "float_ssim", {"scale": factor}, cpumask=0)
    assert got != score(ref, dist, 8, "float_ssim", {"scale": factor + 1}, cpumask=0)


@pytest.mark.parametrize(("w", "h", "bpc"), [(176, 176, 8), (177, 181, 10), (235, 189, 9), (400, 176, 16)])
@pytest.mark.parametrize("damage", ["light", "blur", "flat", "none"])
def test_ms_ssim(w: int, h: int, bpc: int, damage: str) -> None:
    ref, dist = planes(w, h, bpc, damage=damage)
    want = reference.ms_ssim(ref, dist, bpc)
    for mask in MASKS[:: 3 if bpc > 8 else 1]:
        assert score(ref, dist, bpc, "float_ms_ssim", LCS, cpumask=mask) == want
    assert score(ref, dist, bpc, "float_ms_ssim", {}) == {"float_ms_ssim": want["float_ms_ssim"]}


@pytest.mark.parametrize("density", [0.003, 0.5])
def test_ms_ssim_of_faint_pictures(density: float) -> None:
    """Sparse ones in black: deeper levels then hold values so small that order counts."""
    rng = np.random.default_rng(5)
    ref = (rng.random((190, 230)) < density).astype(np.uint8)
    dist = (rng.random((190, 230)) < density).astype(np.uint8)
    assert any(reference.faint(reference.halve(reference.luma(ref, 8))))
    want = reference.ms_ssim(ref, dist, 8)
    for mask in MASKS:
        assert score(ref, dist, 8, "float_ms_ssim", LCS, cpumask=mask) == want


@pytest.mark.parametrize(("a", "b"), [(5, 252), (0, 215), (0, 142), (74, 220)])
def test_means_between_two_numbers(a: int, b: int) -> None:
    """Luminance of these flat pairs is so near to the middle of two binary32 numbers that order may decide."""
    for n in (120, 311):
        ref, dist = np.full((n, n), a, np.uint8), np.full((n, n), b, np.uint8)
        want = reference.ssim(ref, dist, 8, 1)
        for mask in MASKS[:3]:
            assert score(ref, dist, 8, "float_ssim", {"scale": 1, **LCS}, cpumask=mask) == want


def test_threads_that_share_one_frame() -> None:
    ref, dist = planes(640, 700, 8)
    for name in ("float_ssim", "float_ms_ssim"):
        want = score(ref, dist, 8, name, LCS, cpumask=0)
        assert score(ref, dist, 8, name, LCS, cpumask=0, n_threads=4) == want


@pytest.mark.parametrize("name", ["float_ssim", "float_ms_ssim"])
@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("bpc", [8, 10])
def test_decibels(name: str, clip: bool, bpc: int) -> None:
    options: Options = {"enable_db": True, "clip_db": clip, **LCS}
    for damage in ("light", "heavy"):
        ref, dist = planes(211, 180, bpc, damage=damage)
        linear = score(ref, dist, bpc, name, LCS)
        want = linear | {name: reference.decibels(linear[name], 211, 180, bpc, clip)}
        assert score(ref, dist, bpc, name, options) == want
    black = np.zeros((180, 211), np.uint8 if bpc == 8 else np.uint16)
    top = float(math.ceil(10 * math.log10(float((1 << bpc) - 1) ** 2 / (0.5 / (211 * 180))))) if clip else math.inf
    assert score(black, black, bpc, name, options)[name] == top


def test_ms_ssim_of_an_inverted_picture() -> None:
    """Its mean structure is negative, and a power of that is no number."""
    ref, _ = planes(200, 180, 8)
    dist = 255 - ref  # type: ignore[operator]
    got = score(ref, dist, 8, "float_ms_ssim", LCS, cpumask=0)
    assert math.isnan(got["float_ms_ssim"])
    assert got["float_ms_ssim_s_scale0"] < 0
    capped = score(ref, dist, 8, "float_ms_ssim", {"enable_db": True, "clip_db": True})
    assert capped["float_ms_ssim"] == reference.decibels(math.nan, 200, 180, 8, True)


@pytest.mark.parametrize(
    ("name", "options", "w", "h", "message"),
    [
        ("float_ssim", {}, 10, 40, "float_ssim: picture of 10x40, decimated by 1 to 10x40; its window needs 11x11"),
        ("float_ssim", {"scale": 10}, 104, 200, "decimated by 10 to 10x20; its window needs 11x11"),
        ("float_ssim", {"scale": 5}, 80, 11, "decimated by 5 to 16x3"),
        ("float_ms_ssim", {}, 175, 300, "float_ms_ssim: picture of 175x300; five levels need 176x176"),
        ("float_ms_ssim", {}, 300, 175, "float_ms_ssim: picture of 300x175"),
    ],
)
def test_pictures_that_are_too_small(name: str, options: Options, w: int, h: int, message: str) -> None:
    plane = np.zeros((h, w), np.uint8)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature(name, options)
        with pytest.raises(VmafError, match=message):
            ctx.read_pictures(plane, plane, 0, pix_fmt="gray")


@pytest.mark.parametrize("scale", [-1, 11, "x"])
def test_factors_that_it_refuses(scale: object) -> None:
    with VmafContext(log_level="none") as ctx, pytest.raises(VmafError, match="scale"):
        ctx.use_feature("float_ssim", {"scale": scale})
