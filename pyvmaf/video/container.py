# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Containers as FFmpeg opens them, and what they promise."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .base import VideoError
from .decode import reason
from .file import ByteFile, SeekableStream, Stream
from .url import shown

# Names by which FFmpeg takes a file for raw video, whatever it holds.
RAW_NAMES = (".yuv", ".raw", ".rgb", ".cif", ".qcif")

PATIENCE = 30.0  # seconds without a byte from the network


def comes_once(file: ByteFile | None) -> bool:
    """Whether it is a pipe; None is a URL, which can be asked again."""
    return file is not None and file.size is None


def hint_of_pipes(file: ByteFile | None) -> str:
    """What may be the matter when a video cannot be read at all."""
    return "; some formats, such as MP4 with its index at the end, cannot come by a pipe" if comes_once(file) else ""


def unopened(av: Any, error: BaseException, *, remote: bool) -> str:
    """Why there is no container; of a URL it need not be what it holds."""
    read = not remote or isinstance(error, (av.error.InvalidDataError, EOFError))
    return f"{'not a video that FFmpeg knows' if read else 'the URL cannot be opened'}: {reason(error)}"


def open_container(av: Any, url: str, file: ByteFile | None) -> Any:
    """A container of PyAV on an open file, or, without one, on a URL.

    Raises:
        VideoError: FFmpeg does not know it.
    """
    name = shown(url) if file is None else file.path
    # A name is a name: neither a protocol nor a pattern of numbered images.
    how: dict[str, Any] = {"options": {"pattern_type": "none"}, "metadata_errors": "replace"}
    what: Any = f"file:{name}"
    if file is None:
        what, how = url, {"timeout": PATIENCE, "metadata_errors": "replace"}
    elif not file.on_disk or name.lower().endswith(RAW_NAMES):
        what = Stream(file) if file.size is None else SeekableStream(file)
    try:
        return av.open(what, **how)
    except av.error.FFmpegError as error:
        raise VideoError(name, f"{unopened(av, error, remote=file is None)}{hint_of_pipes(file)}") from None


def has_table(container: Any, stream: Any) -> bool:
    """Whether the container lists each frame, as MP4 does, so that its count is one."""
    return "mp4" in container.format.name and hasattr(stream, "index_entries")


def rate_of(stream: Any) -> Fraction | None:
    """Frames a second of a stream of PyAV: on average, or FFmpeg's guess where that is but its clock, as in raw DV."""
    average, guessed = stream.average_rate, stream.guessed_rate
    if average and (not guessed or average * stream.time_base != 1):
        return Fraction(average)
    return Fraction(guessed) if guessed else None


def promised_frames(container: Any, stream: Any) -> int:
    """Frames that the container says there are, without those that an edit list leaves out; 0: it says nothing."""
    count = int(stream.frames)
    if has_table(container, stream) and count:
        shown = [not entry.is_discard for entry in stream.index_entries]
        # More in the table than promised: the promise is of the first of many fragments.
        return sum(shown) if len(shown) <= count else 0
    return count
