# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The PyTorch twin against the C engine, frame by frame, and against recorded float scores."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from clips import Clip, make_frames  # noqa: E402

import pyvmaf  # noqa: E402
from pyvmaf.torch import VMAF, functional  # noqa: E402

SHARED = Path(__file__).parents[2] / "shared"

GENERATED = [
    Clip(96, 64), Clip(97, 65, damage="heavy"), Clip(131, 75, damage="blur"), Clip(160, 90, damage="gain"),
    Clip(100, 100, damage="inverse"), Clip(64, 64, damage="none"), Clip(75, 51, damage="flat"),
    Clip(96, 64, 10), Clip(99, 77, 10, damage="heavy"), Clip(130, 70, 12, damage="blur"),
    Clip(81, 83, 16, damage="gain"),
    Clip(64, 64, 9, damage="heavy"), Clip(96, 64, content="noise", damage="heavy"), Clip(96, 64, content="binary"),
    Clip(96, 64, content="blocks", damage="blur"), Clip(96, 64, content="lines"),
    Clip(96, 64, content="dark", frames=1),
    Clip(96, 64, content="ramp", damage="heavy", frames=4), Clip(250, 240, content="natural", damage="blur", frames=1),
    Clip(33, 33, content="natural", damage="heavy", frames=3),
]  # fmt: skip
MODELS = ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_4k_v0.6.1")


def tensors(clip: Clip) -> tuple[torch.Tensor, torch.Tensor]:
    """Luma [N, 1, H, W] of both sides in 0..255, binary64."""
    sides = (np.stack([frame[0] for frame in side])[:, None] for side in make_frames(clip))
    ref, dist = (torch.from_numpy(s.astype(np.float64)) * 2.0 ** (8 - clip.bpc) for s in sides)
    return ref, dist


def engine(clip: Clip, features: list[tuple[str, dict[str, object]]], models: tuple[str, ...] = ()) -> dict[str, Any]:
    """Per-frame series by name, of features and models."""
    ref, dist = make_frames(clip)
    loaded = [pyvmaf.VmafModel(name, name=name, flags=pyvmaf.ModelFlags.DISABLE_CLIP) for name in models]
    with pyvmaf.VmafContext() as ctx:
        for name, options in features:
            ctx.use_feature(name, options)
        for model in loaded:
            ctx.use_features_from_model(model)
        for i, (r, d) in enumerate(zip(ref, dist, strict=True)):
            ctx.read_pictures(r[0], d[0], i, bpc=clip.bpc)
        ctx.flush()
        frames = range(len(ref))
        series = {name: [ctx.feature_score_at_index(name, i) for i in frames] for name in ctx.feature_names}
        return series | {m.name: [ctx.score_at_index(m, i) for i in frames] for m in loaded}


@pytest.mark.parametrize("clip", GENERATED, ids=str)
def test_generated_clips_score_as_the_engine_says(clip: Clip) -> None:
    ref, dist = tensors(clip)
    want = engine(clip, [], MODELS)
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
    ref, dist = tensors(clip)
    want = engine(clip, [], MODELS[:2])
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
    ref, dist = tensors(clip)
    want = engine(clip, [(extractor, options)])
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


def recorded() -> Iterator[tuple[str, int, Any, Any]]:
    for path in sorted((SHARED / "clips").glob("*_ref_*.yuv")):
        match = re.fullmatch(r"(.+)_ref_(\d+)x(\d+)_(\d+)_(\d+)b", path.stem)
        other = path.with_name(path.name.replace("_ref_", "_dis_"))
        if match and other.exists():
            width, height, bits = int(match[2]), int(match[3]), int(match[5])
            chroma = {"420": 2 * ((width + 1) // 2) * ((height + 1) // 2), "444": 2 * width * height}[match[4]]

            def luma(file: Path, w: int = width, h: int = height, c: int = chroma, b: int = bits) -> Any:
                data = np.fromfile(file, np.uint8 if b == 8 else "<u2").reshape(-1, w * h + c)
                return data[:, : w * h].reshape(-1, 1, h, w).astype(np.float64) * 2.0 ** (8 - b)

            yield f"{match[1]}_{width}x{height}_{match[4]}_{bits}b", bits, luma(path), luma(other)


def test_recorded_clips() -> None:
    """Exact and quantised against fixed-point scores, smooth against those of the float extractors."""
    if not (SHARED / "golden" / "features.json").is_file():
        pytest.skip("no recorded scores beside this checkout")
    golden = json.loads((SHARED / "golden" / "features.json").read_text("utf-8"))
    compared, apart = 0, []
    for name, bits, r, d in recorded():
        if r[0].size > 1_000_000:
            continue  # one frame of 1080p: the exactness of its features is tested elsewhere
        ref, dist = torch.from_numpy(r), torch.from_numpy(d)
        for config, twin, model in (
            ("v0.6.1", "float", MODELS[0]),
            ("neg", "float_neg", MODELS[1]),
            ("4k", "", MODELS[2]),
        ):
            (want,) = golden[f"{name}/{config}"]["scores"].values()
            with pytest.warns(UserWarning, match="zero gradient"):
                exact, quantised = (VMAF(model, mode=m, bit_depth=bits, clip=True) for m in ("exact", "quantised"))
            assert exact(ref, dist).tolist() == want
            made = quantised(ref, dist)
            assert made.tolist() == pytest.approx(want, abs=1e-4)
            if twin:
                (want,) = golden[f"{name}/{twin}"]["scores"].values()
                smooth = VMAF(model)(ref, dist).tolist()
                compared += len(want)
                apart += [(name, i) for i, (a, b) in enumerate(zip(smooth, want, strict=True)) if abs(a - b) > 1e-3]
    assert compared > 100
    # Where rounding to binary32 in the float extractors themselves decides: an angle within 3e-8 of
    # one degree, and variances of a few grey levels at the coarsest scale of a small picture.
    assert {name for name, _ in apart} <= {"small_160x90_420_8b"}
    assert len(apart) <= 10
