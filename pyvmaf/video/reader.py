# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the readers of files share: read once, closed by whoever is last."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator
from itertools import count

from .base import Frame, Video, VideoError, VideoFormat
from .guard import Guard


class FileVideo(Video):
    """A video whose frames come one by one from `_frame()`."""

    def __init__(self, path: str, format: VideoFormat, let_go: Callable[[], None]) -> None:
        super().__init__(path, format)
        self._guard = Guard(path, let_go)
        self._begun = False

    @abc.abstractmethod
    def _frame(self, index: int) -> Frame | None:
        """The next frame; None after the last."""

    def __iter__(self) -> Iterator[Frame]:
        """
        Raises:
            VideoError: the video was read before.
        """
        if self._begun:
            raise VideoError(self.path, "this video was read already, and is read once; open it again")
        self._begun = True
        # Not a generator: its names would hold a frame while the next one is read.
        index = count()
        return iter(lambda: self._guarded(next(index)), None)

    def _guarded(self, index: int) -> Frame | None:
        with self._guard.reading():
            return self._frame(index)

    def close(self) -> None:
        self._guard.close()
