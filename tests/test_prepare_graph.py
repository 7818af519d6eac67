# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How pairs are prepared: the same bits from the graph elsewhere, plain values, seeking, closing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")
from support.prepared_clips import clip, each, frames_of, opened, write

import pyvmaf
from pyvmaf.errors import VmafNotSupportedError, VmafValueError
from pyvmaf.pairs.facts import Facts
from pyvmaf.pairs.probe import facts_of
from pyvmaf.prepare import (
    Preparation,
    PreparedVideo,
    plan_preparation,
)
from pyvmaf.prepare.graph import has_filter
from pyvmaf.video import VideoError, open_video

REF, DIST = clip(), clip(noise=30)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}


def deep(frames: list[Any]) -> list[Any]:
    """The same in 10 bits."""
    return each(frames, lambda plane: plane.astype(np.uint16) << 2)


@pytest.mark.parametrize(
    "prepare",
    [
        {"size": "160x96", "aspect": "off"},
        {"size": (300, 200), "scaler": "lanczos", "depth": 10},
        {"chroma": "444", "range": "full", "matrix": "bt601"},
    ],
    ids=lambda how: next(iter(how)),
)
@pytest.mark.parametrize("cpu", [[], ["-cpuflags", "0"]], ids=["any", "no-simd"])
def test_ffmpeg_makes_the_same_bits_of_the_graph(tmp_path: Path, prepare: Any, cpu: list[str]) -> None:
    """The graph of the result, given to the command line of another build, with and without SIMD."""
    tool = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    ref, dist = write(tmp_path / "ref.mkv", REF), write(tmp_path / "dist.mkv", DIST)
    pair = opened(ref, dist, prepare)
    assert pair.preparation is not None
    command = [tool, "-v", "error", *cpu, "-i", dist, "-vf", pair.preparation.dist.graph, "-f", "rawvideo", "-"]
    want = subprocess.run(command, capture_output=True, check=True).stdout
    assert b"".join(p.tobytes() for _, frame in frames_of(pair) for p in frame) == want


def test_zscale_where_there_is_one(tmp_path: Path) -> None:
    tool = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    ref, dist = write(tmp_path / "ref.mkv", REF), write(tmp_path / "dist.mkv", DIST)
    how = {"library": "zscale", "size": (160, 96), "aspect": False, "matrix": "bt601", "range": "full"}
    if not has_filter("zscale"):
        with pytest.raises(VmafNotSupportedError, match="without zscale"):
            opened(ref, dist, how)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pyvmaf.prepare.scaler.has_filter", lambda _: True)
        facts = [facts_of(path) for path in (ref, dist)]
        made = plan_preparation(*facts, how)
    assert made is not None
    command = [tool, "-v", "error", "-i", dist, "-vf", made.dist.graph, "-f", "rawvideo", "-"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    assert len(data) == 3 * 160 * 96 * 3 // 2


def test_a_preparation_is_a_plain_value(tmp_path: Path) -> None:
    pair = opened(write(tmp_path / "a.mkv", REF), write(tmp_path / "b.mkv", deep(DIST), "yuv420p10le"))
    made = pair.preparation
    assert made is not None
    assert Preparation.from_dict(json.loads(json.dumps(made.as_dict()))) == made
    assert made.notes[0] == "reference: 8 bits become 10"
    assert made.ref.graph.startswith("scale=w=192:h=128:flags=bicubic+accurate_rnd+")
    assert "no tag for the range of either: taken as limited, as is usual" in made.notes[-2:]


def test_a_foreign_graph_runs_no_other_filter(tmp_path: Path) -> None:
    """A preparation may come out of somebody else's result."""
    pair = opened(write(tmp_path / "a.mkv", REF), write(tmp_path / "b.mkv", DIST), {"depth": 10})
    assert pair.preparation is not None
    values = pair.preparation.as_dict()
    values["dist"]["steps"][0]["filter"] = "movie=/etc/hostname"
    with open_video(tmp_path / "b.mkv") as video, pytest.raises(VideoError, match=r"b\.mkv: filter 'movie' is none"):
        PreparedVideo(video, Preparation.from_dict(values).dist)
    with pytest.raises(VmafValueError, match="no preparation that was written by as_dict"):
        Preparation.from_dict({"ref": {}})


def test_starting_in_the_middle(tmp_path: Path) -> None:
    many = clip(noise=30, frames=8)
    ref, dist = write(tmp_path / "ref.mkv", many), write(tmp_path / "dist.mkv", many)
    how = {"size": (160, 96), "aspect": False}
    whole = frames_of(opened(ref, dist, how))
    pair = opened(ref, dist, how)
    for video in (pair.ref, pair.dist):
        video.start_at(5)
    part = frames_of(pair)
    assert len(part) == 3
    assert all(
        np.array_equal(x, y) for a, b in zip(whole[5:], part, strict=True) for x, y in zip(a[1], b[1], strict=True)
    )


def test_a_video_that_is_not_what_was_planned_is_refused(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.mkv", REF), write(tmp_path / "b.mkv", DIST)
    side = opened(a, b, {"depth": 10}).preparation.dist  # type: ignore[union-attr]
    other = write(tmp_path / "c.mkv", deep(REF), "yuv420p10le")
    with (
        open_video(other) as video,
        pytest.raises(VideoError, match="made for 192x128 yuv420p, but this is 192x128 yuv420p10le"),
    ):
        PreparedVideo(video, side)


def test_closing_closes_the_file(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.mkv", REF), write(tmp_path / "b.mkv", DIST)
    pair = opened(a, b, {"depth": 10})
    frames = iter(pair.dist)
    next(frames)
    pair.dist.close()
    pair.dist.close()
    with pytest.raises(VideoError, match="the video is closed"):
        next(frames)
    with pytest.raises(VideoError, match="the video is closed"):
        pair.dist.video._guarded(0)  # type: ignore[attr-defined]
    pair.ref.close()


def test_names_of_the_package_are_there_whatever_was_imported_before() -> None:
    code = "import pyvmaf.prepare as p, pyvmaf.prepare.video; "
    code += "print([name for name in p.__all__ if repr(getattr(p, name)).startswith('<module')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    code = "import sys, pyvmaf; print([m for m in sys.modules if m.startswith('pyvmaf.pairs')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_matrix_is_converted_in_one_step(tmp_path: Path) -> None:
    """By colorspace, each sample by the chroma that belongs to it, within one code of 10 bits."""
    frames = clip(noise=8)
    ref, dist = (write(tmp_path / f"{n}.mkv", frames, colorspace=n, color_range=1) for n in (1, 6))
    assert steps(facts_of(ref), facts_of(dist)) == ["colorspace"]
    _, got = zip(*frames_of(opened(ref, dist)), strict=True)
    for planes, (luma, u, v) in zip(got, frames, strict=True):
        wide = [c.repeat(2, 0).repeat(2, 1).astype(float) for c in (u, v)]
        assert np.abs(planes[0] - 4 * from_601(luma.astype(float), *wide)).max() <= 1


def test_what_colorspace_does_not_take_is_converted_otherwise(tmp_path: Path) -> None:
    frames = clip(noise=8, size=(190, 126))
    ref, dist = (facts_of(write(tmp_path / f"{n}.mkv", frames, colorspace=n, color_range=1)) for n in (1, 6))
    assert steps(ref, replace(dist, pixel_format="nv12")) == ["scale", "colorspace"]
    assert steps(ref, replace(dist, pixel_format="yuv420p16le", depth=16)) == ["scale"]
    assert steps(replace(ref, width=191), replace(dist, width=191)) == ["scale"]
    assert steps(ref, dist, size=(95, 63)) == ["colorspace", "scale"]


def steps(ref: Facts, dist: Facts, **how: Any) -> list[str]:
    """The filters of the distorted side."""
    made = plan_preparation(ref, dist, how)
    assert made is not None
    return [step.filter.partition("=")[0] for step in made.dist.steps]


def from_601(y: np.ndarray[Any, Any], u: np.ndarray[Any, Any], v: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """BT.709 luma of BT.601 samples of limited range, by ITU-T H.273."""
    red, blue = ((y - 16) / 219 + scale * (c - 128) / 224 for scale, c in ((1.402, v), (1.772, u)))
    green = ((y - 16) / 219 - 0.299 * red - 0.114 * blue) / 0.587
    out: np.ndarray[Any, Any] = 16 + 219 * (0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return out
