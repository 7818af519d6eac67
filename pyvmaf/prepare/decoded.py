# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Files of any pixel format, as what the decoder gives: RGB, palettes, 4:1:1 and alpha too."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, cast, get_args

from .._ffi import nearest
from ..choices import FilmGrain
from ..errors import VmafValueError
from ..video.av import AvVideo
from ..video.base import Frame, VideoError, VideoFormat
from ..video.file import ByteFile, Source
from .pixels import chroma_of, depth_of

if TYPE_CHECKING:
    import av

GRAIN = get_args(FilmGrain)


def check_grain(film_grain: FilmGrain) -> FilmGrain:
    """`film_grain=`, when it is one of the two words."""
    if film_grain not in GRAIN:
        raise VmafValueError(f"film_grain is {film_grain!r}{nearest(str(film_grain), GRAIN)}")
    return film_grain


class DecodedVideo(AvVideo):
    """A video that PyAV decodes, in whatever pixel format.

    Iterated, it gives planes like every `AvVideo`, and refuses what is not YUV. A
    `PreparedVideo` takes the decoder's frames instead. `format` is what comes nearest.

    Args:
        source: a path, a URL, "-", a binary file object, or such a file opened.
        stream: its number in the file; None: what FFmpeg thinks best.
        film_grain: "apply", as players do, or "skip": decode without the grain that
            AV1, HEVC and H.264 ask the decoder to add.
    """

    def __init__(self, source: Source | ByteFile, stream: int | None = None, film_grain: FilmGrain = "apply") -> None:
        self._film_grain = check_grain(film_grain)
        self.gives_frames = False
        """Whether iteration gives frames of PyAV instead of planes."""
        self.has_grain = False
        """Whether a frame was decoded without the film grain that came with it."""
        super().__init__(source, stream)

    def _choose(self, path: str, wanted: int | None) -> Any:
        stream = super()._choose(path, wanted)
        if self._film_grain == "skip":
            # What is exported is not applied: libdav1d, hevc and h264 all keep to that.
            stream.codec_context.options = {"export_side_data": "film_grain"}
        return stream

    def _describe(self) -> None:
        super()._describe()
        first: Any = self._first
        self.pixels: Any = first.format
        self.mirrored = any(_mirrors(bytes(data)) for data in first.side_data if data.type.name == "DISPLAYMATRIX")
        """Whether the file says that the picture is shown mirrored."""
        self._note_grain(first)

    @staticmethod
    def _format_of(frame: av.VideoFrame, path: str, index: int | None) -> VideoFormat:
        return VideoFormat(frame.width, frame.height, chroma_of(frame.format), depth_of(frame.format))

    def _note_grain(self, frame: Any) -> None:
        if frame is not None and not self.has_grain:
            self.has_grain = any(data.type.name == "FILM_GRAIN_PARAMS" for data in frame.side_data)

    def _planes(self, frame: av.VideoFrame, index: int) -> Frame:
        self._note_grain(frame)
        if not self.gives_frames:
            AvVideo._format_of(frame, self.path, index)  # refuses what is not YUV
            return super()._planes(frame, index)
        now = (frame.width, frame.height, frame.format.name)
        if now != (self.format.width, self.format.height, self.pixels.name):
            first = f"{self.format.width}x{self.format.height} {self.pixels.name}"
            raise VideoError(self.path, f"the video changes from {first} to {now[0]}x{now[1]} {now[2]}", index)
        return cast(Frame, frame)


def _mirrors(matrix: bytes) -> bool:
    """Whether a display matrix, nine native integers row by row, turns the picture inside out."""
    a, b, _, c, d, *_ = struct.unpack("9i", matrix[:36])
    return bool(a * d < b * c)
