# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What tests of streams share: a clip, its scores, a consumer, an extractor that waits and fails as told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import pyvmaf
from pyvmaf import FeatureExtractor, FrameScores, Result, Stream, VideoFormat, VmafPicture
from pyvmaf.video import Video
from support.clips import Clip, make_frames

REFS, DISTS = make_frames(Clip(70, 54, frames=9))
PSNR = ("psnr", {"enable_apsnr": True})
#: Nothing here takes as long, unless something waits that should not.
LONG = 20


class Frames(Video):
    """Frames in memory as a video."""

    def __init__(self, name: str, frames: list[Any]) -> None:
        super().__init__(name, VideoFormat(frames[0][0].shape[1], frames[0][0].shape[0]))
        self.frames = frames

    def __iter__(self) -> Iterator[Any]:
        return iter(self.frames)

    def close(self) -> None:
        pass


def scored(frames: int, **options: Any) -> Result:
    return pyvmaf.score(Frames("a", REFS[:frames]), Frames("b", DISTS[:frames]), **options)


def rows(result: Result) -> list[dict[str, float]]:
    """What iteration gives for a result's frames."""
    return [
        {name: float(column[i]) for name, column in result.items() if not np.isnan(column[i])}
        for i in range(len(result.frames))
    ]


class Consumer(threading.Thread):
    """Takes frames until they end, however."""

    def __init__(self, stream: Stream[FrameScores, Result], pause: float = 0.0) -> None:
        super().__init__(daemon=True)
        self.stream, self.pause = stream, pause
        self.frames: list[FrameScores] = []
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            for frame in self.stream:
                self.frames.append(frame)
                time.sleep(self.pause)
        except BaseException as error:
            self.error = error

    def ended(self) -> list[FrameScores]:
        self.join(LONG)
        assert not self.is_alive()
        return self.frames


class Gate(FeatureExtractor):
    """Waits at each frame until the test lets it through; frame 3 of some fails."""

    name = "gate"
    features = ("gate",)
    options = (pyvmaf.Option("fails", bool, False),)
    fails: bool
    passes = threading.Semaphore(0)
    entered = threading.Semaphore(0)

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        self.entered.release()
        self.passes.acquire(timeout=LONG)
        if self.fails and index == 3:
            raise ZeroDivisionError("no third frame")
        return {"gate": float(index)}
