# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Ranges of real files, however they are coded: merged, they are one run, every double and every byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import lpips_models, seek_files
from support.parts import check_equal

import pyvmaf
from pyvmaf import Plan, Result, merge
from pyvmaf.scoring.score import Means, carry_out

pytest.importorskip("av", reason="PyAV is not installed")
pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg is not installed: it encodes the files")

MODELS: dict[str, Any] = {
    "model": ["vmaf_v0.6.1", "vmaf_v0.6.1neg"],
    "features": [("psnr", {"enable_apsnr": True}), ("motion", {"motion_five_frame_window": True})],
    "align": "off",  # some show other frames than the file that they are compared with
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("encodes")


def in_pieces(plan: Plan, size: int) -> list[Result]:
    """Ranges of so many frames, until there are no more, however many a file says that it has."""
    parts: list[Result] = []
    first = 0
    while True:
        try:
            parts.append(carry_out(plan.of(range(first, first + size)), Means(0)))
        except pyvmaf.IncompleteError as error:  # the last one is shorter
            return [*parts, error.result]
        except pyvmaf.VmafValueError:
            return parts
        first += size


@pytest.mark.filterwarnings("ignore")  # files that are cut and spliced are told of
@pytest.mark.parametrize("name", seek_files.MAIN)
def test_merged_ranges_are_one_run(folder: Path, name: str) -> None:
    path = seek_files.make(folder, name)
    for subsample, size in ((1, 17), (5, 100)):
        plan = Plan.make(path, seek_files.make(folder, "mpeg2.ts"), subsample=subsample, **MODELS)
        whole = carry_out(plan, Means(2))
        assert len(whole.frames) * subsample > 40
        merged = merge(in_pieces(plan, size))
        assert [list(merged[column]) for column in whole] == [list(whole[column]) for column in whole]
        assert merged == whole and dict(merged.aggregates) == dict(whole.aggregates)


@pytest.mark.parametrize("size", [1, 7])
def test_small_ranges(folder: Path, size: int) -> None:
    paths = [seek_files.make(folder, name) for name in ("clip.y4m", "h264-open.mp4")]
    plan = Plan.make(*paths, frames=range(20, 41), **MODELS)
    whole = carry_out(plan, Means(0))
    parts = [carry_out(plan.of(range(at, min(at + size, 41))), Means(0)) for at in range(20, 41, size)]
    check_equal(merge(parts), whole)


def test_lpips_in_ranges(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(lpips_models.tiny())
    paths = [seek_files.make(folder, name) for name in ("clip.y4m", "h264-closed.mp4")]
    features = [("lpips", {"model_path": str(tmp_path / "tiny.onnx")})]
    plan = Plan.make(*paths, model=None, features=features, frames=range(30, 40))
    parts = [carry_out(plan.of(range(at, at + 5)), Means(0)) for at in (30, 35)]
    whole = carry_out(plan, Means(2))
    assert len(set(whole["lpips"])) == 10
    check_equal(merge(parts), whole)
