# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Raw planar YUV: no header at all, so the caller says what it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

from .base import Frame, Video, VideoError, VideoFormat, check_range
from .file import ByteFile


class RawVideo(Video):
    """Planes Y, U, V of each frame, 16-bit little-endian above 8 bits.

    Chroma of odd sizes is rounded up in the file, as everybody writes it; when
    only rounding it down, as libvmaf's tool does, gives a whole number of
    frames, it is read so.
    """

    def __init__(self, path: str | os.PathLike[str], format: VideoFormat) -> None:
        super().__init__(path, format)
        self._file = ByteFile(path)
        try:
            self._up = self._find_rounding()
        except BaseException:
            self._file.close()
            raise

    def _find_rounding(self) -> bool:
        size = self._file.size
        if size is None:
            return True
        for up in (True, False):
            frames, rest = divmod(size, self.format.frame_bytes(up))
            if frames and not rest:
                self.frame_count = frames
                return up
        need = self.format.frame_bytes()
        if size < need:
            raise VideoError(
                self.path,
                f"{size} bytes are less than one frame of {self.format}, {need} bytes; "
                "check width, height, pixel format and bit depth",
            )
        # The whole frames are still read; the error comes after them.
        self.frame_count = size // need
        return True

    def __iter__(self) -> Iterator[Frame]:
        # Not a generator: its names would hold a frame while the next one is read.
        index = count()
        return iter(lambda: self._frame(next(index)), None)

    def _frame(self, index: int) -> Frame | None:
        buffer = self._file.frame(self.format.frame_bytes(self._up), index)
        return None if buffer is None else check_range(self, self.format.planes(buffer, self._up), index)

    def close(self) -> None:
        self._file.close()
