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


def read_planes(facts: Facts, raw: VideoFormat | None = None) -> Iterator[tuple[Planes, int]]:
    """(planes, depth) of each frame of the file, as far as it can be read."""
    problem = None
    if facts.chroma != "rgb" and not (facts.container == "yuv4mpeg" and facts.interlaced):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                video = open_video(facts.path, raw, stream=facts.stream if facts.container not in PLAIN else None)
            with video:
                for planes in video:
                    yield planes, video.format.bpc
            return
        except VideoError as error:
            if error.frame is not None:
                return  # damage: what comes before is looked at
            problem = error
    try:
        yield from _converted(facts)
    except VmafError as error:
        raise problem or error from None


PLAIN = ("yuv4mpeg", "rawvideo")


def _converted(facts: Facts) -> Iterator[tuple[Planes, int]]:
    """What FFmpeg decodes, in 4:4:4 of 8 bits where planes are none that are read here."""
    import av

    try:
        with open_container(facts.path) as container:
            stream = choose_stream(facts.path, container, facts.stream)
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                try:
                    layout, planes = planes_of(frame)
                    yield planes, layout.bpc
                except VmafError:
                    layout, planes = planes_of(frame.reformat(format="yuv444p"))
                    yield planes, layout.bpc
    except av.error.FFmpegError as error:
        raise VideoError(facts.path, f"cannot be decoded: {reason(error)}") from None
