# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Examples of the documentation run, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from support.clips import Clip, make_frames

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def write_y4m(path: Path, frames: list[tuple[np.ndarray, ...]]) -> None:
    height, width = frames[0][0].shape
    with open(path, "wb") as out:
        out.write(f"YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            out.write(b"FRAME\n" + b"".join(p.tobytes() for p in frame))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    assert [t for t in targets if not (page.parent / t).exists()] == []


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
    refs, dists = make_frames(Clip(288, 176, frames=10))  # VMAF v1 takes no less than 160 samples
    for name_of, frames in (("ref", refs), ("dist", dists)):
        for ending in ("y4m", "mp4"):
            write_y4m(tmp_path / f"{name_of}.{ending}", frames)
    monkeypatch.chdir(tmp_path)
    if ".mp4" in code:
        pytest.importorskip("av", reason="PyAV is not installed")
    exec(compile(code, name, "exec"), {"pairs": list(zip(refs, dists, strict=True)), "__name__": "example"})
