# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Raw planar YUV: no header at all, so the caller says what it is."""

from __future__ import annotations

from .base import Frame, VideoError, VideoFormat, check_range
from .file import ByteFile, Source
from .guard import Guard
from .reader import FileVideo


class RawVideo(FileVideo):
    """Planes Y, U, V of each frame, 16-bit little-endian above 8 bits.

    Chroma of odd sizes is rounded up in the file, as everybody writes it; when
    only rounding it down, as libvmaf's tool does, gives a whole number of
    frames, it is read so. A pipe, whose size nobody knows, is always rounded up.
    """

    def __init__(self, source: Source | ByteFile, format: VideoFormat) -> None:
        self._file = source if isinstance(source, ByteFile) else ByteFile(source)
        try:
            super().__init__(self._file.path, format, Guard(self._file.path, self._file.close))
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

    def _jump(self, index: int) -> int:
        if self._file.size is None:
            return 0
        self._file.move(index * self.format.frame_bytes(self._up))
        return index

    def _pass(self, index: int) -> bool:
        return self._file.frame(self.format.frame_bytes(self._up), index) is not None

    def _frame(self, index: int) -> Frame | None:
        buffer = self._file.frame(self.format.frame_bytes(self._up), index)
        return None if buffer is None else check_range(self, self.format.planes(buffer, self._up), index)
