# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pairs of videos: frames are read ahead, few are held, and none longer than needed."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pyvmaf.video import Pair, RawVideo, Video, VideoFormat, Y4mVideo
from pyvmaf.video.base import Frame

FORMAT = VideoFormat(16, 8, "400")


class Counting(Video):
    """Frames that are counted as long as anybody holds them."""

    def __init__(self, frames: int) -> None:
        super().__init__("counting", FORMAT)
        self.frames = frames
        self.alive = self.most = 0
        self.lock = threading.Lock()
        self.made = [threading.Event() for _ in range(frames)]

    def _change(self, by: int) -> None:
        with self.lock:
            self.alive += by
            self.most = max(self.most, self.alive)

    def _frame(self, index: int) -> Frame:
        plane = np.full((8, 16), index, np.uint8)
        self._change(+1)
        weakref.finalize(plane, self._change, -1)
        self.made[index].set()
        return (plane,)

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self.frames):
            yield self._frame(index)

    def close(self) -> None:
        pass


def test_the_next_pair_is_read_while_this_one_is_scored() -> None:
    ref, dist = Counting(20), Counting(20)
    seen = []
    for a, b in Pair(ref, dist):
        seen.append((int(a[0][0, 0]), int(b[0][0, 0])))
        following = len(seen)
        if following < 20:
            assert ref.made[following].wait(30) and dist.made[following].wait(30)
    assert seen == [(i, i) for i in range(20)]


def test_few_frames_are_held() -> None:
    """Those that wait, one in the reader's hands, one in the caller's."""
    ref, dist = Counting(60), Counting(60)
    for pair in Pair(ref, dist):
        assert pair[0][0].shape == (8, 16)
        del pair
    for side in (ref, dist):
        assert 1 <= side.most <= 3
        assert side.alive == 0


def test_readers_hold_no_frame_between_two(tmp_path: Path) -> None:
    data = [bytes([i]) * 128 for i in range(3)]
    raw, y4m = tmp_path / "a.yuv", tmp_path / "a.y4m"
    raw.write_bytes(b"".join(data))
    y4m.write_bytes(b"YUV4MPEG2 W16 H8 F25:1 Ip Cmono\n" + b"".join(b"FRAME\n" + d for d in data))
    for video in (RawVideo(raw, FORMAT), Y4mVideo(y4m)):
        with video:
            values = []
            for frame in video:
                memory = frame[0]
                while isinstance(memory.base, np.ndarray):
                    memory = memory.base
                values.append(int(memory[-1]))
                held = weakref.ref(memory)
                del frame, memory
                assert held() is None
            assert values == [0, 1, 2]
