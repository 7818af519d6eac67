# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The programs in examples/ run and print what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.common import noise

import pyvmaf

EXAMPLES = Path(__file__).parents[1] / "examples"


def write(path: Path, luma: list[np.ndarray]) -> str:
    chroma = np.full((24, 32), 128, np.uint8)
    frames = b"".join(b"FRAME\n" + p.tobytes() + 2 * chroma.tobytes() for p in luma)
    path.write_bytes(b"YUV4MPEG2 W64 H48 F25:1 Ip C420jpeg\n" + frames)
    return str(path)


def test_edge_psnr(tmp_path: Path) -> None:
    """A constant error weighs the same everywhere, so the weighted PSNR is the plain one."""
    ref = [noise(i) // 2 for i in range(3)]
    paths = [write(tmp_path / "ref.y4m", ref), write(tmp_path / "dist.y4m", [p + 5 for p in ref])]
    command = [sys.executable, str(EXAMPLES / "edge_psnr.py"), *paths]
    environment = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found = dict(line.split(": ") for line in done.stdout.splitlines())
    wanted = 10 * np.log10(255**2 / 25)
    assert abs(float(found["edge_psnr"]) - wanted) < 1e-3
    assert abs(float(found["psnr_y"]) - wanted) < 1e-3


def test_the_demo_s_rate_and_score_are_those_of_ffmpeg(tmp_path: Path) -> None:
    """Frames with real timestamps get the bits that FFmpeg gives them."""
    pytest.importorskip("av", reason="the demo encodes by PyAV")
    tool = pytest.importorskip("imageio_ffmpeg", reason="FFmpeg encodes the other file").get_ffmpeg_exe()
    base = np.add.outer(np.arange(48) * 3, np.arange(200) * 2) % 180 + noise(3, 48, 200) // 8
    luma = [np.ascontiguousarray(base[:, 3 * i : 3 * i + 64], np.uint8) for i in range(40)]
    source = write(tmp_path / "ref.y4m", luma)
    command = [sys.executable, str(EXAMPLES / "demo.py"), source, "--crf", "26", "--frames", "40"]
    environment = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    row = next(line.split() for line in done.stdout.splitlines() if line.split()[:1] == ["26"])
    other = tmp_path / "other.mp4"
    options = ["-c:v", "libx264", "-crf", "26", "-preset", "fast", "-pix_fmt", "yuv420p"]
    subprocess.run([tool, "-loglevel", "error", "-i", source, *options, str(other)], check=True)
    rate = other.stat().st_size * 8 / 1000 / (40 / 25)
    assert float(row[1]) == pytest.approx(rate, rel=0.1)
    assert float(row[2]) == pytest.approx(pyvmaf.score(source, other).score, abs=1)
