# SPDX-License-Identifier: BSD-2-Clause-Patent
"""float_psnr, float_moment and float_ansnr: values of the definition, depths, limits, refusals."""

from __future__ import annotations

import json
import math
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import luma as reference
from support import scoring, spec_clip
from support.clips import Clip, make_frames

from pyvmaf import VmafContext, VmafError

NAMES = ("float_psnr", "float_moment", "float_ansnr")
MASKS = (0, 16, 48, scoring.SCALAR)
DEPTHS = (8, 10, 12, 16)
# Frame 0 of the definition's clip.
SPEC = {
    8: {
        "float_psnr": 34.3286545397432,
        "float_moment_ref1st": 111.04852430555556, "float_moment_dis1st": 111.04837962962964,
        "float_moment_ref2nd": 13100.136082175926, "float_moment_dis2nd": 13124.192534722222,
        "float_ansnr": 17.097129415853868, "float_anpsnr": 37.84625963094571,
    },
    10: {
        "float_psnr": 34.325934458444,
        "float_moment_ref1st": 111.42352430555556, "float_moment_dis1st": 111.42337962962964,
        "float_moment_ref2nd": 13183.700405092593, "float_moment_dis2nd": 13207.764713541666,
        "float_ansnr": 16.9857831594788, "float_anpsnr": 37.861104141271944,
    },
}  # fmt: skip


def bits(values: dict[str, float]) -> dict[str, bytes]:
    return {name: struct.pack("d", value) for name, value in values.items()}


def score(ref: NDArray[np.generic], dist: NDArray[np.generic], bpc: int, **context: int) -> dict[str, float]:
    """What the three publish for one pair of luma planes, in their order."""
    features = [(name, {}) for name in NAMES]
    out = scoring.score([(ref,)], [(dist,)], chroma="400", bpc=bpc, features=features, **context)
    return {key: value[0] for key, value in out.items()}  # type: ignore[misc]


def want(ref: NDArray[np.generic], dist: NDArray[np.generic], bpc: int) -> dict[str, float]:
    return (
        reference.psnr(ref, dist, bpc) | reference.moment(ref, dist, bpc) | reference.ansnr(ref, dist, bpc)
    )  # fmt: skip


@pytest.mark.parametrize("bpc", [8, 10])
@pytest.mark.parametrize("mask", MASKS)
def test_values_of_the_definition(bpc: int, mask: int) -> None:
    ref, dist = spec_clip.frame(0, bpc)
    got = scoring.score([ref], [dist], bpc=bpc, features=[(name, {}) for name in NAMES], cpumask=mask)
    assert {name: values[0] for name, values in got.items()} == SPEC[bpc]
    assert list(got) == list(SPEC[bpc])


def test_smallest_windows() -> None:
    rng = np.random.default_rng(2)
    for h, w in ((3, 3), (3, 40), (40, 3), (4, 4), (5, 3)):
        ref, dist = (rng.integers(0, 256, (h, w)).astype(np.uint8) for _ in range(2))
        assert bits(score(ref, dist, 8, cpumask=0)) == bits(want(ref, dist, 8))


@pytest.mark.parametrize("bpc", DEPTHS)
def test_limits(bpc: int) -> None:
    """Flat pictures: no error, no noise where both windows agree, no signal at mid-grey."""
    dtype = np.uint8 if bpc == 8 else np.uint16
    half = np.full((20, 30), 1 << (bpc - 1), dtype)
    got = score(half, half, bpc, cpumask=0)
    assert got["float_psnr"] == got["float_ansnr"] == got["float_anpsnr"] == reference.cap(bpc)
    assert got["float_moment_ref1st"] == 128.0
    assert got["float_moment_dis2nd"] == 16384.0
    apart = score(half, np.full_like(half, 0), bpc, cpumask=0)
    assert apart["float_ansnr"] == -math.inf


def test_level_at_which_windows_round_differently() -> None:
    flat = np.full((64, 64), 17, np.uint8)
    assert score(flat, flat, 8)["float_ansnr"] == pytest.approx(143.26, abs=0.005)


def test_sums_of_squares_beyond_53_bits() -> None:
    """White 16-bit 4K against black: binary64 sums in order round, and so must ours."""
    white = np.full((2160, 3840), 65535, np.uint16)
    white[1800:] = 1  # what is added last, and lost
    black = np.zeros_like(white)
    got = score(white, black, 16, cpumask=0, n_threads=2)
    assert got["float_psnr"] == reference.psnr(white, black, 16)["float_psnr"]
    moments = reference.moment(white, black, 16)
    assert {name: got[name] for name in moments} == moments
    exact = int((white.astype(np.float32) ** 2).astype(np.float64).astype(np.int64).sum())
    assert exact > 1 << 53
    assert moments["float_moment_ref2nd"] != exact / 65536 / white.size


@pytest.mark.parametrize("bpc", [9, 11, 13, 15])
def test_depths_between(bpc: int) -> None:
    """Two refuse them; moments are on the scale of 8 bits at any depth."""
    rng = np.random.default_rng(bpc)
    plane = rng.integers(0, 1 << bpc, (30, 41)).astype(np.uint16)
    for name in ("float_psnr", "float_ansnr"):
        with VmafContext(log_level="none") as ctx:
            ctx.use_feature(name)
            with pytest.raises(VmafError, match=f"{name}: bit depth {bpc}; it scores 8, 10, 12 and 16 bits"):
                ctx.read_pictures(plane, plane, 0, bpc=bpc, pix_fmt="gray")
    got = scoring.score([(plane,)], [(plane,)], chroma="400", bpc=bpc, features=[("float_moment", {})])
    assert {name: values[0] for name, values in got.items()} == reference.moment(plane, plane, bpc)


@pytest.mark.parametrize(("w", "h"), [(2, 9), (9, 2), (1, 1)])
def test_pictures_that_are_too_small(w: int, h: int) -> None:
    plane = np.zeros((h, w), np.uint8)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("float_ansnr")
        with pytest.raises(VmafError, match=f"float_ansnr: picture of {w}x{h}; its windows need 3x3"):
            ctx.read_pictures(plane, plane, 0, pix_fmt="gray")


def filtered(ffmpeg: str, folder: Path, clip: Clip, features: str) -> list[dict[str, float]]:
    """What FFmpeg's libvmaf filter logs of a 4:2:0 clip, six digits each."""
    sides = make_frames(clip)
    for name, frames in zip(("ref", "dist"), sides, strict=True):
        (folder / name).write_bytes(b"".join(plane.tobytes() for frame in frames for plane in frame))
    pix_fmt = "yuv420p" if clip.bpc == 8 else f"yuv420p{clip.bpc}le"
    given = ["-f", "rawvideo", "-pix_fmt", pix_fmt, "-s", f"{clip.width}x{clip.height}"]
    chosen = "|".join(f"name={name}" for name in features.split())
    graph = f"libvmaf=log_fmt=json:log_path=log:feature={chosen}"
    command = [ffmpeg, "-v", "error", *given, "-i", "dist", *given, "-i", "ref", "-lavfi", graph, "-f", "null", "-"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return [frame["metrics"] for frame in json.loads((folder / "log").read_text())["frames"]]


@pytest.mark.parametrize("bpc", [8, 10])
@pytest.mark.parametrize("size", [(176, 144), (320, 182)])
def test_against_ffmpegs_filter(tmp_path: Path, bpc: int, size: tuple[int, int]) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    clip = Clip(*size, bpc, content="natural", damage="light", frames=3)
    logged = filtered(ffmpeg, tmp_path, clip, " ".join(NAMES))
    refs, dists = make_frames(clip)
    got = scoring.score(refs, dists, bpc=bpc, features=[(name, {}) for name in NAMES], cpumask=0)
    for i, frame in enumerate(logged):
        assert {name: f"{frame[name]:.6f}" for name in got} == {n: f"{v[i]:.6f}" for n, v in got.items()}
