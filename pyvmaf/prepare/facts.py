# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The facts of an open video that preparation goes by."""

from __future__ import annotations

from fractions import Fraction

from ..pairs.facts import Facts
from ..pairs.probe import facts_of, header_facts
from ..video import AvVideo, RawVideo, Video, VideoError
from ..video.reader import FileVideo
from .pixels import pixel_format


def facts_of_video(video: Video, look: bool = True) -> Facts:
    """Facts of a video of which nothing was read yet.

    Args:
        video: it stays where it is.
        look: open a file on disk once more and look into it: for black bars, film
            grain and the times of frames. A pipe is never looked into.

    Raises:
        VideoError: it was read.
    """
    if getattr(video, "_begun", False):
        raise VideoError(video.path, "this video was read already, and is read once; open it again")
    file = getattr(video, "_file", None)
    if look and isinstance(video, FileVideo) and file is not None and file.on_disk:
        raw = video.format if isinstance(video, RawVideo) else None
        stream = video.stream_index if isinstance(video, AvVideo) else None
        return facts_of(video.path, raw, stream=stream)
    return header_facts(video) if isinstance(video, AvVideo) else _plain(video)


def _plain(video: Video) -> Facts:
    """What a video that pyvmaf reads itself, or one of the caller's own, says."""
    format, colour = video.format, video.colour
    size = format.width, format.height
    aspect = Fraction(video.sample_aspect or 1).limit_denominator(10000)
    return Facts(
        video.path, "", "rawvideo", 0, *size, *size,
        sample_aspect=f"{aspect.numerator}:{aspect.denominator}",
        rotation=video.rotation,
        field_order="top" if video.interlaced else "unknown",
        pixel_format=pixel_format(format.chroma, format.bpc), chroma=format.chroma, depth=format.bpc,
        range=colour.get("range"), matrix=colour.get("matrix"), transfer=colour.get("transfer"),
    )  # fmt: skip
