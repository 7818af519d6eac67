# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The PyTorch twin against the C engine, frame by frame, and against recorded float scores."""

from __future__ import annotations

import json
import re

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from support.clips import Clip  # noqa: E402
from support.torch_clips import FLOAT_MODELS, GENERATED, MODELS, SHARED, Pair, engine, generated, recorded  # noqa: E402

from pyvmaf.torch import VMAF, functional  # noqa: E402


def tensors(pair: Pair) -> tuple[torch.Tensor, torch.Tensor]:
    """Luma [N, 1, H, W] of both sides in 0..255, binary64."""
    ref, dist = map(torch.from_numpy, pair.luma())
    return ref, dist


@pytest.mark.parametrize("clip", GENERATED, ids=str)
def test_generated_clips_score_as_the_engine_says(clip: Clip) -> None:
    ref, dist = tensors(Pair.of(clip))
    want = engine(Pair.of(clip), [], MODELS)
    for name in MODELS:
        exact = VMAF(name, mode="exact", bit_depth=clip.bpc)
        assert exact(ref, dist).tolist() == want[name]
        assert {k: v.tolist() for k, v in exact.features(ref, dist).items()} == {
            k: want[k] for k in exact.features(ref, dist)
        }
        quantised = VMAF(name, mode="quantised", bit_depth=clip.bpc)
        # One binary32 unit in a cube root is what may differ: powf against a rounded pow.
        for key, values in quantised.features(ref, dist).items():
            assert values.tolist() == pytest.approx(want[key], rel=3e-7, abs=1e-12)
        assert quantised(ref, dist).tolist() == pytest.approx(want[name], abs=1e-4)


@pytest.mark.parametrize("clip", [c for c in GENERATED if c.content == "natural" and c.width > 33], ids=str)
def test_smooth_features_are_near_the_fixed_point_ones(clip: Clip) -> None:
    ref, dist = tensors(Pair.of(clip))
    want = engine(Pair.of(clip), [], MODELS[:2])
    for name in MODELS[:2]:
        for dtype in (torch.float64, torch.float32):
            for key, values in VMAF(name).features(ref.to(dtype), dist.to(dtype)).items():
                # What separates fixed from floating point. It is most where a plain gain leaves VIF
                # nothing but rounding to set against its noise, and where a flag of ADM's angle
                # test flips; both tell on small pictures.
                assert values.tolist() == pytest.approx(want[key], abs=1e-2), (key, dtype)


OPTIONS: list[tuple[str, dict[str, object]]] = [
    ("adm", {"adm_csf_mode": 2, "adm_dlm_weight": 0.7, "adm_enhn_gain_limit": 1, "adm_noise_weight": 0.02}),
    ("adm", {"adm_norm_view_dist": 5, "adm_min_val": 0.5}),
    ("adm", {"adm_csf_mode": 3, "adm_norm_view_dist": 1.5, "adm_ref_display_height": 2160}),
    ("adm", {"adm_csf_mode": 1, "adm_csf_scale": 0.02, "adm_csf_diag_scale": 0.005, "adm_enhn_gain_limit": 1}),
    ("adm", {"adm_skip_scale0": True, "adm_enhn_gain_limit": 1.2}),
    ("adm", {"adm_skip_aim": True}),
    ("vif", {"vif_enhn_gain_limit": 1.5}),
    ("vif", {"vif_skip_scale0": True}),
    ("motion", {"motion_five_frame_window": True, "motion_moving_average": True, "motion_max_val": 3}),
    ("motion", {"motion_blend_factor": 0.5, "motion_blend_offset": 2, "motion_fps_weight": 1.5}),
    ("motion", {"motion_moving_average": True}),
    ("motion", {"motion_force_zero": True}),
]


@pytest.mark.parametrize(("extractor", "options"), OPTIONS, ids=lambda x: str(x) if isinstance(x, str) else "-".join(x))
@pytest.mark.parametrize("frames", [1, 2, 3, 4, 6])
def test_functions_follow_the_options(extractor: str, options: dict[str, object], frames: int) -> None:
    clip = Clip(96, 64, damage="heavy", frames=frames)
    ref, dist = tensors(Pair.of(clip))
    want = engine(Pair.of(clip), [(extractor, options)])
    planes = (ref,) if extractor == "motion" else (ref, dist)
    measure = getattr(functional, extractor)
    exact, quantised, smooth = (measure(*planes, mode=m, **options) for m in ("exact", "quantised", "smooth"))
    seen = 0
    for key, series in want.items():
        # Published as integer_VALUE, then what the options add.
        value = max((v for v in exact if re.match(rf"(VMAF_)?integer_(feature_)?{v}(_score)?(_|$)", key)), key=len)
        seen += 1
        if value != "motion_sad" or not options:
            assert exact[value].tolist() == series, key
        assert quantised[value].tolist() == pytest.approx(series, rel=3e-7), key
        # A flag of ADM's angle test that flips is worth that much on so small a picture.
        assert smooth[value].tolist() == pytest.approx(series, abs=3e-2), key
    assert seen == len(exact)


# How far features may be from those of the float extractors: sums of binary32 in another order.
FLOAT_BOUNDS = {"adm2": 5e-7, "motion2": 2e-5, "vif_scale0": 4e-5}
PAIRS = [*recorded(), *generated()]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_smooth_scores_are_those_of_the_float_extractors(pair: Pair) -> None:
    """Those of libvmaf 3.2.0: recorded ones, and for generated clips tests/data/float.json."""
    ref, dist = tensors(pair)
    for model in FLOAT_MODELS:
        want = pair.float_series(model)
        vmaf = VMAF(model, chunk=4)
        made = vmaf.features(ref, dist)
        for key, values in made.items():
            feature = key.removeprefix("integer_").removesuffix("_egl_1")
            assert values.tolist() == pytest.approx(want[feature], abs=FLOAT_BOUNDS.get(feature, 1e-5)), key
        score = vmaf.regression(torch.stack(list(made.values()), -1))
        if not pair.generated:  # recorded scores are clipped
            score = score.clamp(0, 100)
        assert score.tolist() == pytest.approx(want["score"], abs=1e-3)


def test_recorded_clips() -> None:
    """Exact and quantised against recorded fixed-point scores."""
    if not (SHARED / "golden" / "features.json").is_file():
        pytest.skip("no recorded scores beside this checkout")
    golden = json.loads((SHARED / "golden" / "features.json").read_text("utf-8"))
    compared = 0
    for pair in PAIRS:
        if pair.generated or "1920x1080" in pair.name:
            continue  # one frame of 1080p: the exactness of its features is tested elsewhere
        ref, dist = tensors(pair)
        for config, model in zip(("v0.6.1", "neg", "4k"), MODELS, strict=True):
            (want,) = golden[f"{pair.name}/{config}"]["scores"].values()
            with pytest.warns(UserWarning, match="zero gradient"):
                exact, quantised = (VMAF(model, mode=m, bit_depth=pair.bits, clip=True) for m in ("exact", "quantised"))
            assert exact(ref, dist).tolist() == want
            assert quantised(ref, dist).tolist() == pytest.approx(want, abs=1e-4)
            compared += len(want)
    assert compared > 150
