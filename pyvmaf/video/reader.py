# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the readers of files share: read once, closed by whoever is last."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from itertools import count

from .._ffi import unsigned
from .base import BeyondEndError, Frame, Video, VideoError, VideoFormat, beyond_end
from .guard import Guard


class FileVideo(Video):
    """A video whose frames come one by one from `_frame()`."""

    #: Whether no frame is beyond `frame_count`; some containers' counts are guesses.
    _count_is_sure = True

    def __init__(self, path: str, format: VideoFormat, guard: Guard) -> None:
        super().__init__(path, format)
        self._guard = guard
        self._begun = self._placed = False

    @abc.abstractmethod
    def _frame(self, index: int) -> Frame | None:
        """The next frame; None after the last."""

    def _pass(self, index: int) -> bool:
        """Go past the next frame; False after the last."""
        return self._frame(index) is not None

    def _jump(self, index: int) -> int:
        """Before the first read: go straight to a frame, not after `index`, and say which it is."""
        return 0

    def start_at(self, index: int) -> None:
        """See `Video.start_at`. What can be jumped over is not read; damage in it is not seen."""
        index = unsigned("frame", index, 64)
        if self._begun:
            raise VideoError(self.path, f"frame {index} cannot be started at: the video is being read; open it again")
        count = self.frame_count
        if index and count is not None and self._count_is_sure and index >= count:
            raise BeyondEndError(self.path, beyond_end(count), index)
        self.first = index

    def __iter__(self) -> Iterator[Frame]:
        """
        Raises:
            VideoError: the video was read before.
        """
        if self._begun:
            raise VideoError(self.path, "this video was read already, and is read once; open it again")
        self._begun = True
        # Not a generator: its names would hold a frame while the next one is read.
        index = count(self.first)
        return iter(lambda: self._guarded(next(index)), None)

    def _guarded(self, index: int) -> Frame | None:
        if not self._placed and not self._place():
            return None
        with self._guard.reading():
            frame = self._frame(index)
        if frame is None:
            self.frame_count = index
        return frame

    def _place(self) -> bool:
        """Go to the first frame that is wanted; False when the video ends before."""
        self._placed = True
        with self._guard.reading():
            here = self._jump(self.first) if self.first else 0
        for passed in range(here, self.first):
            with self._guard.reading():  # one frame each, so that closing need not wait for all
                if not self._pass(passed):
                    self.frame_count = passed
                    return False
        return True

    def close(self) -> None:
        self._guard.close()
