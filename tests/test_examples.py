# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The programs in examples/ run and print what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
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
