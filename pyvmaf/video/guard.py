# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Any thread may close a video; it is let go of only while nobody is inside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakMethod

from .base import VideoError


class Guard:
    """Lets a reader finish before what it reads is freed.

    FFmpeg's structures and file descriptors must not go while a thread is at work
    on them, and a call that waits for a slow disk or a pipe cannot be ended. So
    `close()` never waits: when a read is under way, the thread that reads closes.

    Args:
        path: of the video.
        let_go: a method, whose object is not kept: a video that nobody has any more goes at once.
    """

    def __init__(self, path: str, let_go: Callable[[], None]) -> None:
        self._path = path
        self._let_go = WeakMethod(let_go)
        self._has_gone = False
        self._lock = threading.Lock()
        self._closing = False

    def check(self) -> None:
        """Within a long read.

        Raises:
            VideoError: the video was closed meanwhile.
        """
        if self._closing:
            raise VideoError(self._path, "the video is closed")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Around each read.

        Raises:
            VideoError: the video is closed, or another thread reads it.
        """
        self.check()
        if not self._lock.acquire(blocking=False):
            raise VideoError(self._path, "another thread is reading this video")
        try:
            yield
        finally:
            self._lock.release()
            if self._closing:
                self._try()

    def close(self) -> None:
        """Let go now, or as soon as the read that is under way returns."""
        self._closing = True
        self._try()

    def _try(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                let_go = self._let_go()
                if let_go and not self._has_gone:
                    self._has_gone = True
                    let_go()
            finally:
                self._lock.release()
