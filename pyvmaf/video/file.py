# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Bytes of an uncompressed file, from disk or from a pipe, never more than asked."""

from __future__ import annotations

import io
import os
import select
import stat
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import VmafTypeError
from ..parts.origin import object_digest
from .base import VideoError

LINE_LIMIT = 4096

#: A path, "-" for standard input, or a binary file object.
Source: TypeAlias = "str | os.PathLike[str] | Any"
STDIN = "-"


class ByteFile:
    """An unbuffered file: frames go straight into memory of their own.

    That costs one copy more than mapping the file would, but a file that
    shrinks meanwhile ends in an error instead of a signal, and pipes work. It
    has no lock either, so a reader that waits for a pipe holds nobody up.

    Args:
        source: a path, "-" for standard input, or an object with `read()`, which
            is read from where it stands and stays open.
    """

    def __init__(self, source: Source) -> None:
        self._owned = not hasattr(source, "read")
        if not self._owned:
            self.path = str(getattr(source, "name", None) or f"<{type(source).__name__}>")
            self._file: Any = source
        elif source == STDIN:
            self.path = STDIN
            self._file = open(os.dup(0), "rb", buffering=0)  # noqa: SIM115 - closed by close()
        else:
            self.path = os.fspath(source)
            self._file = open(source, "rb", buffering=0)  # noqa: SIM115 - closed by close()
        self._head = b""
        self._position = 0
        self.size = self._find_size()
        """Bytes from here to the end; None for a pipe or a device."""
        self.start = 0 if self.size is None else int(self._file.tell())
        """Where in the file its first byte is."""
        if self.size == 0:
            self.close()
            raise VideoError(self.path, "the file is empty")

    @property
    def on_disk(self) -> bool:
        """Whether it is a regular file that was opened by its path."""
        return self._owned and self.size is not None and self.path != STDIN

    def digest(self) -> dict[str, Any] | None:
        """That of an object of the caller's, from where it stood; None of a file that has a name, and of a pipe."""
        return None if self._owned or self.size is None else object_digest(self._file, self.start, self.size)

    def _find_size(self) -> int | None:
        if self._owned:
            status = os.fstat(self._file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return None
            return max(0, status.st_size - (self._file.tell() if self.path == STDIN else 0))
        try:
            here = self._file.tell()
            end = self._file.seek(0, io.SEEK_END)
            self._file.seek(here)
        except (AttributeError, OSError, ValueError):
            return None
        return int(end) - int(here)

    def _some(self, buffer: memoryview) -> int:
        """Read into `buffer` what there is, at least a byte; 0 at the end."""
        if self._head:
            n = min(len(buffer), len(self._head))
            buffer[:n], self._head = self._head[:n], self._head[n:]
        elif hasattr(self._file, "readinto"):
            while (n := self._file.readinto(buffer)) is None:  # not blocking, and nothing there yet
                select.select([self._file], [], [])
        else:
            data = self._file.read(len(buffer))
            if not isinstance(data, (bytes, bytearray, memoryview)):
                raise VmafTypeError(f"{self.path}: read() gives {type(data).__name__}; open the file in binary mode")
            n = len(data)
            buffer[:n] = data
        self._position += n
        return int(n)

    def fill(self, buffer: memoryview) -> int:
        """Read until `buffer` is full or the file ends; how many bytes came."""
        got = 0
        while got < len(buffer):
            n = self._some(buffer[got:])
            if not n:
                break
            got += n
        return got

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end of the file, which are read again later."""
        if self.on_disk:
            return os.pread(self._file.fileno(), size, self._position)
        start = self.take(size)
        self._head = start + self._head
        self._position -= len(start)
        return start

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end of the file."""
        out = bytearray(size)
        return bytes(out[: self.fill(memoryview(out))])

    def move(self, by: int) -> None:
        """Go forwards or back by so many bytes in a file whose size is known."""
        self._file.seek(by - len(self._head), io.SEEK_CUR)
        self._head = b""
        self._position += by

    def rest_of_line(self, start: bytes, what: str, frame: int | None = None) -> bytes:
        """The line that begins with `start`, without its newline."""
        line = bytearray(start)
        while not line.endswith(b"\n"):
            if len(line) >= LINE_LIMIT:
                raise VideoError(self.path, f"{what} has no newline in {LINE_LIMIT} bytes", frame)
            byte = self.take(1)
            if not byte:
                raise VideoError(self.path, f"the file ends inside {what} {bytes(line[:40])!r}", frame)
            line += byte
        return bytes(line[:-1])

    def frame(self, size: int, index: int) -> NDArray[np.uint8] | None:
        """The next `size` bytes in new memory; None when the file has ended."""
        try:
            buffer = np.empty(size, np.uint8)
        except MemoryError:
            raise VideoError(self.path, f"no memory for {size} bytes", index) from None
        got = self.fill(buffer.data)
        if got == size:
            return buffer
        if got == 0:
            self.check_end(index)
            return None
        raise VideoError(
            self.path,
            f"truncated: {got} of {size} bytes; the file was cut short, or its size, "
            "pixel format or bit depth is wrong",
            index,
        )

    def check_end(self, index: int) -> None:
        """The file ends before frame `index`: raise when it had more bytes as it was opened."""
        if self.size is not None and self._position < self.size:
            raise VideoError(
                self.path, f"the file had {self.size} bytes and ends after {self._position}: it shrank meanwhile", index
            )

    def tell(self) -> int:
        """Bytes that were read."""
        return self._position

    def close(self) -> None:
        """Close the file."""
        if self._owned:
            self._file.close()


class Interruption(Exception):
    """What is no `Exception`, such as Ctrl-C, on its way through PyAV, which lets only those pass.

    Attributes:
        error: what is to be raised behind it.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


class Stream:
    """A pipe as PyAV reads it: no name, no way back."""

    def __init__(self, file: ByteFile) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many."""
        out = bytearray(size)
        try:
            return bytes(out[: self._file._some(memoryview(out))])
        except Exception:
            raise
        except BaseException as error:
            raise Interruption(error) from error


class SeekableStream(Stream):
    """A file object of the caller's, whose start is where it stood.

    Each has a position of its own, so that several may read one object in turn.
    """

    def __init__(self, file: ByteFile) -> None:
        super().__init__(file)
        self._start = file.start
        file._head = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many."""
        self._file._file.seek(self._start + self._at)
        data = super().read(size)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size or 0}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """The position."""
        return self._at
