# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Everything else that FFmpeg decodes, through PyAV (extra `video`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np

from .base import DEPTHS, Frame, Plane, Video, VideoError, VideoFormat, check_range

if TYPE_CHECKING:
    import av

# Layouts that hold the same samples in another order: repacked, not converted.
REPACKED = {
    "nv12": "yuv420p", "nv21": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p", "nv42": "yuv444p",
    "yuyv422": "yuv422p", "uyvy422": "yuv422p", "yvyu422": "yuv422p",
    "p010le": "yuv420p10le", "p210le": "yuv422p10le", "p410le": "yuv444p10le",
    "p012le": "yuv420p12le", "p212le": "yuv422p12le", "p412le": "yuv444p12le",
    "p016le": "yuv420p16le", "p216le": "yuv422p16le", "p416le": "yuv444p16le",
}  # fmt: skip


# FFmpeg's numbers, which are those of ITU-T H.273, as `lpips` names them.
MATRICES = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}
RANGES = {1: "limited", 2: "full"}


def parse_pixel_format(name: str) -> tuple[str, int] | None:
    """Chroma and depth of a planar YUV or grey format; None for any other.

    >>> parse_pixel_format("yuv422p10le"), parse_pixel_format("gray"), parse_pixel_format("rgb24")
    (('422', 10), ('400', 8), None)
    """
    match = re.fullmatch(r"(?:yuvj?a?(420|422|444)p|gray)(?:(\d+)le)?", name)
    if not match or int(match[2] or 8) not in DEPTHS:
        return None
    return match[1] or "400", int(match[2] or 8)


class AvVideo(Video):
    """The first video stream of a file, decoded frame by frame."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            import av
        except ImportError:
            raise VideoError(
                os.fspath(path),
                "neither y4m nor raw; other files need PyAV: pip install 'pyvmaf[video]'",
            ) from None
        name = os.fspath(path)
        self._errors: tuple[type[Exception], ...] = (av.error.FFmpegError,)
        with open(path, "rb"):  # the system's own error when it cannot be read
            pass
        try:
            self._container = av.open(name)
        except self._errors as error:
            raise VideoError(name, f"not a video that FFmpeg knows: {error}") from None
        try:
            super().__init__(path, self._open_stream(name))
            self.frame_count = self._stream.frames or None
            self.frame_rate = float(self._stream.average_rate or 0) or None
            self.colour = self._colour()
        except BaseException:
            self._container.close()
            raise

    def _open_stream(self, path: str) -> VideoFormat:
        streams = self._container.streams.video
        if not streams:
            raise VideoError(path, "the file has no video stream")
        self._stream = streams[0]
        self._stream.thread_type = "AUTO"
        self._repack: str | None = None
        # Decoding one frame is the only sure way to know the format.
        self._decoder = self._container.decode(self._stream)
        self._first = self._next(path, 0)
        if self._first is None:
            raise VideoError(path, "the video stream has no frame")
        return self._format_of(self._first, path, None)

    def _colour(self) -> dict[str, str]:
        first = self._first
        found = {
            "matrix": MATRICES.get(int(getattr(first, "colorspace", 0))),
            "range": RANGES.get(int(getattr(first, "color_range", 0))),
        }
        return {name: value for name, value in found.items() if value}

    def _next(self, path: str, index: int) -> av.VideoFrame | None:
        try:
            return next(self._decoder, None)
        except self._errors as error:
            raise VideoError(path, f"cannot be decoded: {error}", index) from None

    @staticmethod
    def _format_of(frame: av.VideoFrame, path: str, index: int | None) -> VideoFormat:
        name = frame.format.name
        known = parse_pixel_format(REPACKED.get(name, name))
        if known is None:
            raise VideoError(
                path,
                f"pixel format {name} is not planar YUV or grey of 8 to 16 bits; "
                "convert it, for example with ffmpeg -pix_fmt yuv420p",
                index,
            )
        return VideoFormat(frame.width, frame.height, *known)

    def _planes(self, frame: av.VideoFrame, index: int) -> Frame:
        format = self._format_of(frame, self.path, index)
        if format != self.format:
            raise VideoError(self.path, f"the video changes from {self.format} to {format}", index)
        if frame.format.name in REPACKED:
            frame = frame.reformat(format=REPACKED[frame.format.name])
        out: list[Plane] = []
        for p in range(format.plane_count):
            plane = frame.planes[p]
            memory = cast(memoryview, plane)  # it has the buffer interface
            samples: Plane = np.frombuffer(memory, np.uint8 if format.bpc == 8 else np.uint16)
            rows = samples.reshape(plane.height, -1)
            out.append(rows[:, : plane.width])
        return check_range(self, tuple(out), index)

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        frame, self._first = self._first, None
        while frame is not None:
            yield self._planes(frame, index)
            index += 1
            frame = self._next(self.path, index)

    def close(self) -> None:
        self._first = None
        self._container.close()
