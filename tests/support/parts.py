# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A short clip, everything that may be asked of it, and how results of it are compared: for tests of parts of runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyvmaf
from pyvmaf import FeatureExtractor, Result, VmafPicture

from .clips import Clip, make_frames
from .pair_clips import y4m

FRAMES = 23
SIZE = (96, 64)
REFS, DISTS = make_frames(Clip(*SIZE, 8, "420", frames=FRAMES))
EVERYTHING: dict[str, Any] = {
    "model": ["vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_b_v0.6.3"],
    "features": [
        ("psnr", {"enable_apsnr": True}),
        ("motion", {"motion_five_frame_window": True, "motion_moving_average": True}),
        "running_mean",
    ],
}


class RunningMean(FeatureExtractor):
    """Mean of everything so far: carries state along, and publishes at the end what no score holds."""

    name = "running_mean"
    features = ("running_mean",)
    temporal = True

    def init(self, *format: object) -> None:
        self.total, self.count = 0.0, 0

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> dict[str, float]:
        self.total += float(dist.planes[0].mean())
        self.count += 1
        return {"running_mean": self.total / self.count, "not_listed": float(index)}

    def flush(self) -> dict[str, float]:
        return {"running_total": self.total}


def with_running_mean() -> Iterator[None]:
    """For a fixture: the extractor is known meanwhile."""
    pyvmaf.register(RunningMean)
    yield
    pyvmaf.unregister(RunningMean)


def write_y4m(path: Path, frames: list[Any]) -> Path:
    path.write_bytes(y4m(frames, "25:1"))
    return path


def write_pair(folder: Path, frames: int = FRAMES) -> tuple[Path, Path]:
    """The clip and its distorted twin as files."""
    refs, dists = make_frames(Clip(*SIZE, 8, "420", frames=frames))
    return write_y4m(folder / "ref.y4m", refs), write_y4m(folder / "dist.y4m", dists)


def text(result: Result) -> str:
    """The log, but for the time that the run took and what it takes to merge it."""
    return re.sub(r'"seconds": [^\n]*|,\n  "part".*', "", result.to_json())


def check_equal(one: Result, other: Result) -> None:
    assert one == other
    assert text(one) == text(other)
    assert one.to_csv() == other.to_csv()
