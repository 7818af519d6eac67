# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Bytes of an uncompressed file, from disk or from a pipe, never more than asked."""

from __future__ import annotations

import os
import stat

import numpy as np
from numpy.typing import NDArray

from .base import VideoError

LINE_LIMIT = 4096


class ByteFile:
    """An unbuffered file: frames go straight into memory of their own.

    That costs one copy more than mapping the file would, but a file that
    shrinks meanwhile ends in an error instead of a signal, and pipes work. It
    has no lock either, so a reader that waits for a pipe holds nobody up.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by close()
        status = os.fstat(self._file.fileno())
        self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
        """Bytes of a regular file; None for a pipe or a device."""
        if self.size == 0:
            self._file.close()
            raise VideoError(self.path, "the file is empty")

    def fill(self, buffer: memoryview) -> int:
        """Read until `buffer` is full or the file ends; how many bytes came."""
        got = 0
        while got < len(buffer):
            n = self._file.readinto(buffer[got:])
            if not n:
                break
            got += n
        return got

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end of the file."""
        out = bytearray(size)
        return bytes(out[: self.fill(memoryview(out))])

    def rest_of_line(self, start: bytes, what: str, frame: int | None = None) -> bytes:
        """The line that begins with `start`, without its newline."""
        line = bytearray(start)
        while not line.endswith(b"\n"):
            if len(line) >= LINE_LIMIT:
                raise VideoError(self.path, f"{what} has no newline in {LINE_LIMIT} bytes", frame)
            byte = self._file.read(1)
            if not byte:
                raise VideoError(self.path, f"the file ends inside {what} {bytes(line[:40])!r}", frame)
            line += byte
        return bytes(line[:-1])

    def frame(self, size: int, index: int) -> NDArray[np.uint8] | None:
        """The next `size` bytes in new memory; None when there is not one."""
        try:
            buffer = np.empty(size, np.uint8)
        except MemoryError:
            raise VideoError(self.path, f"no memory for {size} bytes", index) from None
        got = self.fill(buffer.data)
        if got == size:
            return buffer
        if got == 0:
            return None
        raise VideoError(
            self.path,
            f"truncated: {got} of {size} bytes; the file was cut short, or its size, "
            "pixel format or bit depth is wrong",
            index,
        )

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
