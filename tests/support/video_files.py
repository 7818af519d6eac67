# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What tests of the readers share: random planes, and readings compared with them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pyvmaf.video import Video, VideoFormat, open_video


def stored_planes(format: VideoFormat, seed: int) -> list[NDArray[np.generic]]:
    """Random planes as a file holds them: chroma of odd sizes rounded up."""
    rng = np.random.default_rng(seed)
    dtype = np.uint8 if format.bpc == 8 else np.dtype("<u2")
    return [
        rng.integers(0, 1 << format.bpc, format.plane_size(p, up=True)).astype(dtype) for p in range(format.plane_count)
    ]


def assert_frames(video: Video, frames: int, up: bool = True) -> None:
    count = 0
    for i, frame in enumerate(video):
        stored = stored_planes(video.format, i)
        assert len(frame) == video.format.plane_count
        for p, plane in enumerate(frame):
            h, w = video.format.plane_size(p, up)
            assert plane.shape == (h, w)
            assert plane.dtype == (np.uint8 if video.format.bpc == 8 else np.uint16)
            assert np.array_equal(plane, stored[p][:h, :w])
        count += 1
    assert count == frames


def read_all(path: Path) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_video(path) as video:
            return sum(1 for _ in video)
