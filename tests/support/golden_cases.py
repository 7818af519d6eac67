# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the stored golden numbers cover: configurations and generated clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.clips import Clip

GOLDEN_FILE = Path(__file__).parents[1] / "data" / "golden.json"


@dataclass(frozen=True)
class Config:
    """Models and features of one context."""

    models: tuple[str, ...] = ()
    features: tuple[tuple[str, Mapping[str, object]], ...] = ()


# The option set of the v1.0.16 models at three picture heights.
V1_ADM = {
    "adm_csf_mode": 2, "adm_dlm_weight": 0.7, "adm_enhn_gain_limit": 1, "adm_noise_weight": 0.02,
    "adm_min_val": 0.5,
}  # fmt: skip

CONFIGS = {
    "default": Config(models=("vmaf_v0.6.1",)),
    "neg": Config(models=("vmaf_v0.6.1neg",)),
    "4k": Config(models=("vmaf_4k_v0.6.1", "vmaf_4k_v0.6.1neg")),
    "both": Config(models=("vmaf_v0.6.1", "vmaf_v0.6.1neg")),
    "debug": Config(features=tuple((name, {"debug": True}) for name in ("vif", "adm", "motion"))),
    "limits": Config(
        features=(
            ("vif", {"vif_enhn_gain_limit": 1.2}),
            ("vif", {"vif_skip_scale0": True, "debug": True}),
            ("adm", {"adm_enhn_gain_limit": 1.2}),
            ("adm", {"adm_skip_scale0": True, "debug": True}),
            ("adm", {"adm_norm_view_dist": 5, "adm_skip_aim": True}),
        )
    ),
    "csf": Config(
        features=(
            ("adm", V1_ADM),
            ("adm", {**V1_ADM, "adm_norm_view_dist": 5}),
            ("adm", {**V1_ADM, "adm_norm_view_dist": 1.5, "adm_ref_display_height": 2160}),
            ("adm", {"adm_csf_mode": 3, "adm_noise_weight": 0.1}),
            ("adm", {"adm_csf_mode": 1, "adm_csf_scale": 0.02, "adm_csf_diag_scale": 0.005}),
        )
    ),
    "motion": Config(
        features=(
            ("motion", {"motion_five_frame_window": True, "motion_moving_average": True, "motion_max_val": 3}),
            ("motion", {"motion_blend_factor": 0.5, "motion_blend_offset": 2, "debug": True}),
            ("motion", {"motion_fps_weight": 1.5, "motion_moving_average": True}),
            ("motion", {"motion_force_zero": True}),
        )
    ),
    "psnr": Config(features=(("psnr", {"enable_mse": True, "min_sse": 0.5, "reduced_hbd_peak": True}),)),
}

CLIPS = [
    Clip(160, 90, 8, content="natural", damage="light", frames=5),
    Clip(176, 144, 10, content="natural", damage="heavy", frames=5),
    Clip(97, 131, 12, content="natural", damage="blur", frames=4),
    Clip(130, 75, 16, chroma="444", content="natural", damage="gain", frames=4),
    Clip(337, 61, 8, chroma="422", content="noise", damage="light", frames=3),
    Clip(64, 201, 10, content="binary", damage="heavy", frames=3),
    Clip(33, 33, 8, content="natural", damage="light", frames=2),
    Clip(35, 34, 12, content="dots", damage="light", frames=3),
    Clip(225, 47, 8, content="blocks", damage="blur", frames=3),
    Clip(128, 96, 8, content="flat", damage="heavy", frames=2),
    Clip(128, 96, 10, content="zero", damage="none", frames=2),
    Clip(128, 97, 8, chroma="400", content="max", damage="heavy", frames=2),
    Clip(240, 135, 8, content="natural", damage="none", frames=3),
    Clip(144, 80, 16, content="ramp", damage="inverse", frames=3),
    Clip(101, 50, 8, content="lines", damage="blur", frames=3),
    Clip(256, 144, 8, content="dark", damage="heavy", frames=3),
]
