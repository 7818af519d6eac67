# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames to look at: also of files that cannot be scored as they are, such as RGB and interlaced ones."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from ..errors import VmafError
from ..pictures.frames import planes_of
from ..video import VideoError, VideoFormat, open_video
from ..video.decode import reason
from .facts import Facts
from .probe import choose_stream, open_container

Planes = tuple[NDArray[Any], ...]


class Reading:
    """(planes, depth) of each frame of a file, as far as it can be read; then `problem` says why no further."""

    def __init__(self, facts: Facts, raw: VideoFormat | None = None) -> None:
        self.facts, self.raw = facts, raw
        self.problem: VideoError | None = None

    def __iter__(self) -> Iterator[tuple[Planes, int]]:
        """
        Raises:
            VideoError: no frame can be read.
        """
        problem: VideoError | None = None
        for way in self._ways():
            begun = False
            try:
                for one in way:
                    begun = True
                    yield one
                return
            except VmafError as error:
                found = error if isinstance(error, VideoError) else VideoError(self.facts.path, str(error))
                if begun:
                    self.problem = found
                    return
                problem = problem or found
        assert problem is not None  # there is one way at least
        raise problem

    def _ways(self) -> Iterator[Iterator[tuple[Planes, int]]]:
        if self.facts.chroma != "rgb" and not (self.facts.container == "yuv4mpeg" and self.facts.interlaced):
            yield self._as_scored()
        yield _converted(self.facts)

    def _as_scored(self) -> Iterator[tuple[Planes, int]]:
        facts = self.facts
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            video = open_video(facts.path, self.raw, stream=None if facts.container in PLAIN else facts.stream)
        with video:
            for planes in video:
                yield planes, video.format.bpc


PLAIN = ("yuv4mpeg", "rawvideo")


def _converted(facts: Facts) -> Iterator[tuple[Planes, int]]:
    """What FFmpeg decodes; in 4:4:4 of 8 bits where planes are none that are read here, RGB as BT.709."""
    import av

    rgb = {"dst_colorspace": 1, "dst_color_range": 1} if facts.chroma == "rgb" else {}
    try:
        with open_container(facts.path) as container:
            stream = choose_stream(facts.path, container, facts.stream)
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                try:
                    layout, planes = planes_of(frame)
                    yield planes, layout.bpc
                except VmafError:
                    layout, planes = planes_of(frame.reformat(format="yuv444p", **rgb))
                    yield planes, layout.bpc
    except av.error.FFmpegError as error:
        raise VideoError(facts.path, f"cannot be decoded: {reason(error)}") from None
