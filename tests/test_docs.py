# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Examples of the documentation run, links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.clips import Clip, make_frames
from support.parts import write_y4m
from support.ray_runs import run_on_ray

import pyvmaf

ROOT = Path(__file__).parents[1]
PACKAGE = str(Path(pyvmaf.__file__).parents[1])  # where it is installed
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    assert [t for t in targets if not (page.parent / t).exists()] == []


def make_videos(folder: Path) -> list[tuple[Any, Any]]:
    """ref and dist as y4m and mp4, dist at half the size, and frames of the first two."""
    refs, dists = make_frames(Clip(288, 176, frames=10))  # VMAF v1 takes no less than 160 samples
    for name_of, frames in (("ref", refs), ("dist", dists)):
        for ending in ("y4m", "mp4"):
            write_y4m(folder / f"{name_of}.{ending}", frames)
    small = [tuple(np.ascontiguousarray(p[::2, ::2]) for p in frame) for frame in dists]
    write_y4m(folder / "small.mp4", small)
    return list(zip(refs, dists, strict=True))


def examples() -> list[tuple[str, str]]:
    out = []
    for page in PAGES:
        for i, code in enumerate(EXAMPLE.findall(page.read_text())):
            out.append((f"{page.relative_to(ROOT).as_posix()}#{i}", code))
    return out


@pytest.mark.parametrize("name,code", examples(), ids=[name for name, _ in examples()])
def test_examples_run(name: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example runs in a folder with ref and dist as y4m and mp4, with `pairs` of their frames at hand."""
    if "import torch" in code or "pyvmaf.torch" in code:
        pytest.importorskip("torch", reason="PyTorch is not installed")
    if "# not run" in code:
        pytest.skip("the page says that this one is not run")
    pairs = make_videos(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name_of, module in (("PyAV", "av"), ("pyarrow", "pyarrow"), ("Ray", "ray")):
        if re.search(rf"import {module}|pyvmaf\.{module}", code):
            pytest.importorskip(module, reason=f"{name_of} is not installed")
    if "# on Ray" in code:
        run_on_ray(code, tmp_path)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # what the examples make must be what they say it is
        warnings.filterwarnings("ignore", "VMAFLoss alone")
        exec(compile(code, name, "exec"), {"pairs": pairs, "__name__": "example"})


def test_shell_examples_of_pipelines_run(tmp_path: Path) -> None:
    make_videos(tmp_path)
    command = "import sys; from pyvmaf.cli.pyvmaf import main; sys.exit(main())"
    shim = tmp_path / "bin" / "pyvmaf"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(command)} "$@"\n')
    shim.chmod(0o755)
    environment = {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}", "PYTHONPATH": PACKAGE}
    blocks = SHELL.findall((ROOT / "docs" / "pipelines.md").read_text())
    assert blocks
    for block in blocks:
        done = subprocess.run(["sh", "-e", "-c", block], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    scores = pyvmaf.Result.from_json(tmp_path / "scores.json")
    assert list(scores["vmaf"]) == list(pyvmaf.score(tmp_path / "ref.mp4", tmp_path / "dist.mp4")["vmaf"])
