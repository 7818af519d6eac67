# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The input is a file's bytes: told apart, and read as y4m or raw video, from a disk, a pipe, or the middle."""

from __future__ import annotations

import io
from itertools import islice

from pyvmaf import VmafError
from pyvmaf.video import RawVideo, VideoFormat, Y4mVideo
from pyvmaf.video.sniff import START, names_itself

WORDS = [
    b"YUV4MPEG2 ", b"FRAME\n", b"FRAME Ip\n", b" W", b" H", b" F25:1", b" F0:0", b" Ip", b" It", b" A1:1", b" C420p10",
    b" Cmono", b" C444alpha", b" C422", b" XCOLORRANGE=FULL", b"\r\n", b"\n", b"65535", b"65536", b"2", b"\xff\xff",
]  # fmt: skip
FORMATS = [VideoFormat(4, 2), VideoFormat(5, 3, "422", 10), VideoFormat(1, 1, "400", 16), VideoFormat(3, 3, "444")]


class Pipe:
    """Bytes that come once, and not more than asked for."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, 1000) if size > 0 else size)


def read(make: type[Y4mVideo] | type[RawVideo], *arguments: object, start: int = 0) -> list[tuple[bytes, ...]]:
    """Frames up to the end or the first error."""
    found: list[tuple[bytes, ...]] = []
    try:
        with make(*arguments) as video:  # type: ignore[arg-type]
            if video.format.frame_bytes() > 1 << 20:
                return found
            video.start_at(start)
            for frame in islice(video, 20):
                found.append(tuple(plane.tobytes() for plane in frame))
    except VmafError as error:
        assert str(error)
    return found


def told_by_size(data: bytes, format: VideoFormat) -> bool:
    """Whether only the file's size tells that odd chroma was rounded down; a pipe has no size."""
    return len(data) % format.frame_bytes() != 0 and len(data) % format.frame_bytes(False) == 0


def check(data: bytes) -> None:
    """A pipe gives the frames that a disk gives; starting at a frame gives the rest of them."""
    assert names_itself(data[:START]) in (True, False)
    for kind, *format in [(Y4mVideo,), *((RawVideo, f) for f in FORMATS)]:
        whole = read(kind, io.BytesIO(data), *format)
        piped = read(kind, Pipe(data), *format)
        if whole and not any(told_by_size(data, f) for f in format):  # a disk's size is refused before frame 0
            assert piped == whole
        rest = read(kind, io.BytesIO(data), *format, start=2)
        assert not rest or rest[: len(whole) - 2] == whole[2:] or len(whole) < 3
