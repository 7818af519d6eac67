# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The float extractors and models against recorded numbers, and against the libvmaf filter of an ffmpeg program.

VIF and motion are equal to the last bit; ADM is a division away, see docs/exactness.md.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from support import capi, scoring
from support.clips import Clip, make_frames
from test_golden import SHARED, expected, library, shared_frames, shared_pairs

Result = Mapping[str, Sequence[float | None]]
MODELS = {"float": "vmaf_float_v0.6.1", "float_neg": "vmaf_float_v0.6.1neg"}
ADM, SCORE = 2e-7, 2e-5  # of the features of ADM, and of models that weigh them


def tolerance(name: str) -> float:
    if name.startswith("vmaf"):
        return SCORE
    return ADM if name.startswith(("adm", "aim")) else 0


def near(got: Result, want: Result) -> list[str]:
    """What is further apart than it may be."""
    assert list(got) == list(want), "columns and their order"
    pairs = [(name, a, b) for name in want for a, b in zip(got[name], want[name], strict=True)]
    return [f"{name}: {a}, not {b}" for name, a, b in pairs if abs((a or 0) - (b or 0)) > tolerance(name)]


@pytest.mark.skipif(not shared_pairs(), reason="no recorded clips beside the project")
@pytest.mark.parametrize("config", MODELS)
@pytest.mark.parametrize("pair", shared_pairs() or ["none"])
def test_recorded_clips(pair: str, config: str) -> None:
    refs, dists, chroma, bpc = shared_frames(pair)
    model = SHARED / "model" / f"{MODELS[config]}.json"
    want = expected(pair, config)
    results = [
        scoring.score(refs, dists, chroma=chroma, bpc=bpc, models=[model], n_threads=n, cpumask=0) for n in (0, 1, 4)
    ]
    assert near(results[0], want) == []
    assert results[1:] == results[:1] * 2
    features = [(name, {}) for name in ("float_adm", "float_motion", "float_vif")]
    if config == "float":
        got = capi.score(library(), refs, dists, chroma=chroma, bpc=bpc, features=features, n_threads=2, cpumask=0)
        assert got == {name: results[0][name] for name in got}


FEATURES = (
    ("float_vif", {"debug": "true"}), ("float_adm", {"debug": "true"}), ("float_motion", {}),
    ("float_vif", {"vif_kernelscale": "1.5"}),
    ("float_vif", {"vif_prescale": "0.73", "vif_prescale_method": "bicubic"}),
    ("float_vif", {"vif_prescale": "1.5", "vif_prescale_method": "lanczos4"}),
    ("float_vif", {"vif_prescale": "0.5", "vif_prescale_method": "bilinear"}),
    ("float_vif", {"vif_prescale": "0.73", "vif_sigma_nsq": "1.3"}), ("float_vif", {"vif_sigma_nsq": "0"}),
    ("float_adm", {"adm_csf_mode": "1", "adm_csf_scale": "0.02"}), ("float_adm", {"adm_p_norm": "2.5"}),
    ("float_adm", {"adm_csf_mode": "2", "adm_norm_view_dist": "5", "adm_adm3_apply_hm": "true"}),
    ("float_motion", {"motion_add_scale1": "true", "motion_filter_size": "3"}),
    ("float_motion", {"motion_blend_factor": "0.5", "motion_blend_offset": "2", "motion_fps_weight": "1.5"}),
)  # fmt: skip
CLIPS = (
    Clip(160, 90, frames=3), Clip(98, 130, 10, damage="heavy", frames=3), Clip(64, 64, content="noise", frames=2),
    Clip(176, 144, 12, content="binary", damage="blur", frames=2),
    Clip(82, 76, content="flat", damage="none", frames=2), Clip(90, 60, content="zero", damage="flat", frames=1),
)  # fmt: skip


def ffmpeg() -> str:
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    program = str(imageio_ffmpeg.get_ffmpeg_exe())
    about = subprocess.run([program, "-hide_banner", "-h", "filter=libvmaf"], capture_output=True, text=True)
    if "libvmaf AVOptions" not in about.stdout:
        pytest.skip("this ffmpeg has no libvmaf filter")
    return program


def filtered(program: str, clip: Clip, folder: Path) -> dict[str, list[float | None]]:
    """The columns of its log, with six decimals; sizes are even, as odd ones have other chroma there."""
    pixels = {8: "yuv420p", 10: "yuv420p10le", 12: "yuv420p12le"}[clip.bpc]
    command = [program, "-hide_banner", "-loglevel", "error", "-y"]
    for name, frames in zip(("dist", "ref"), reversed(make_frames(clip)), strict=True):
        (folder / name).write_bytes(b"".join(plane.tobytes() for frame in frames for plane in frame))
        size = f"{clip.width}x{clip.height}"
        command += ["-f", "rawvideo", "-pix_fmt", pixels, "-s", size, "-r", "25", "-i", str(folder / name)]
    features = "|".join(
        "\\:".join([f"name={name}", *(f"{k}={v}" for k, v in options.items())]) for name, options in FEATURES
    )
    log = folder / "log.json"
    graph = f"[0:v][1:v]libvmaf=model='':feature='{features}':log_fmt=json:log_path={log}"
    run = subprocess.run([*command, "-lavfi", graph, "-f", "null", "-"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    frames = [frame["metrics"] for frame in json.loads(log.read_text())["frames"]]
    return {name: [frame[name] for frame in frames] for name in frames[0]}


@pytest.mark.parametrize("clip", CLIPS, ids=str)
def test_ffmpegs_filter(clip: Clip, tmp_path: Path) -> None:
    want = filtered(ffmpeg(), clip, tmp_path)
    refs, dists = make_frames(clip)
    got = scoring.score(refs, dists, bpc=clip.bpc, features=FEATURES, cpumask=0)
    assert set(got) == set(want)
    apart = {
        name: (got[name], want[name])
        for name in want
        if any(
            abs((a or 0) - (b or 0)) > 0.5001e-6 + tolerance(name) * max(1, abs(b or 0))
            for a, b in zip(got[name], want[name], strict=True)
        )
    }
    assert apart == {}
