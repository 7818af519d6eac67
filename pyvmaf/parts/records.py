# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A file that only grows: records, each with its length and its CRC, so that a torn end is seen.

Whatever a crash cuts off, what was written before it reads back; what was changed
since it was written does not.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from errno import EBUSY, EIO
from typing import BinaryIO, TypeAlias

from .._ffi import encoded
from ..errors import VmafError, VmafValueError, error_for

MAGIC = b"pyvmaf scores 1\n"
HEAD = struct.Struct("<II")  # length and CRC-32 of what follows
LIMIT = 1 << 28  # bytes of a record; a torn length is not believed

State: TypeAlias = "tuple[int, int]"  # a file's size, and when it was written
ABSENT: State = (0, 0)  # of a file that is not there


def state_of(path: str | os.PathLike[str]) -> State:
    """By which it is seen that a file was written meanwhile; `ABSENT` if it is not there."""
    try:
        return _state(os.stat(path))
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        raise error_for(error.errno or EIO, os.fsdecode(path), error.strerror or str(error)) from None


def _state(stat: os.stat_result) -> State:
    return stat.st_size, stat.st_mtime_ns


def read_records(path: str | os.PathLike[str]) -> tuple[list[bytes], int]:
    """The whole records of a file, and where the last of them ends.

    Raises:
        VmafValueError: the file is something else.
        VmafOSError: it cannot be read.
        VmafTypeError: no path.
    """
    encoded(path)
    try:
        with open(path, "rb") as file:
            start = file.read(len(MAGIC))
            if start != MAGIC:
                if MAGIC.startswith(start):
                    return [], 0  # cut off before the first record
                raise VmafValueError(f"{os.fsdecode(path)}: holds no scores of pyvmaf")
            records = list(_whole_records(file))
    except OSError as error:
        raise error_for(error.errno or EIO, os.fsdecode(path), error.strerror or str(error)) from None
    return records, len(MAGIC) + sum(HEAD.size + len(one) for one in records)


def _whole_records(file: BinaryIO) -> Iterator[bytes]:
    while len(head := file.read(HEAD.size)) == HEAD.size:
        length, crc = HEAD.unpack(head)
        if length > LIMIT:
            return
        payload = file.read(length)
        if len(payload) < length or zlib.crc32(payload) != crc:
            return
        yield payload


class RecordFile:
    """The file opened to go on behind its last whole record; what is torn is cut off.

    Args:
        path: made if need be.
        end: where to go on, as `read_records` says; 0 for a new file.
        seen: `state_of` it before it was read; None: whatever is there is given up.

    Raises:
        VmafBusyError: another process writes it, or has done so since.
        VmafOSError: it cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], end: int, seen: State | None = None) -> None:
        self.path = os.fsdecode(path)
        how = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | (os.O_EXCL if seen == ABSENT else 0)
        try:
            with self._named():
                self._file = os.fdopen(os.open(path, how, 0o666), "r+b", buffering=0)
        except FileExistsError:
            raise self._busy() from None
        try:
            self._lock()
            if seen not in (None, ABSENT, _state(os.fstat(self._file.fileno()))):
                raise self._busy()
            with self._named():
                self._file.truncate(end)
                self._file.seek(end)
                if not end:
                    self._file.write(MAGIC)
        except BaseException:
            self._file.close()
            raise

    def _named(self) -> _Named:
        return _Named(self.path)

    def _busy(self) -> VmafError:
        return error_for(EBUSY, self.path, "another process began to write it at the same time; start this one again")

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # no POSIX: whoever starts two of them is on their own
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise error_for(EBUSY, self.path, "another process is writing it") from None
        except OSError:
            return  # a file system without locks

    def append(self, payload: bytes) -> None:
        """Write one record; it is in the system's hands on return, and survives the end of the process."""
        data = memoryview(HEAD.pack(len(payload), zlib.crc32(payload)) + payload)
        with self._named():
            while data:
                data = data[self._file.write(data) :]

    def clear(self) -> None:
        """Cut off everything."""
        with self._named():
            self._file.truncate(0)

    def sync(self) -> None:
        """Have it on the disk on return, so that it survives the end of the machine."""
        with self._named():
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Twice is fine."""
        self._file.close()


class _Named:
    """Errors of the system within the block name the file."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, VmafError):
            raise error_for(error.errno or EIO, self._path, error.strerror or str(error)) from None
