# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Film grain that a decoder adds because the stream asks for it: told wherever it is there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing, suppress
from typing import Any

from ..choices import FilmGrain
from ..errors import VmafError
from ..video import AvVideo, Video
from .decoded import DecodedVideo
from .sei import asks_for_grain

#: Codecs whose streams carry film grain, by FFmpeg's names of its decoders.
CODECS = ("av1", "libdav1d", "libaom-av1", "hevc")


def has_grain(video: Video) -> bool:
    """Whether the first frame of an AV1, HEVC or H.264 file comes with film grain.

    What a decoder has added cannot be told afterwards, so a file on disk is opened once more and one frame decoded
    without; of H.264, which hardly ever has any, its first packet is read. A pipe or a URL is not, and has none as
    far as is known.
    """
    if isinstance(video, DecodedVideo) and video.has_grain:
        return True
    file: Any = getattr(video, "_file", None)
    if not isinstance(video, AvVideo) or file is None or not file.on_disk:
        return False
    if video.codec == "h264":
        return asks_for_grain(video.path, video.stream_index)
    if video.codec not in CODECS:
        return False
    with suppress(VmafError), closing(DecodedVideo(video.path, video.stream_index, "skip")) as again:
        return again.has_grain
    return False


def grain_warnings(videos: Iterable[Video], film_grain: FilmGrain = "apply") -> list[str]:
    """A sentence for each video that carries film grain, which is noise to every measure here."""
    added = 'the decoder added: it counts as distortion; film_grain="skip" leaves it out'
    what = added if film_grain == "apply" else "was left out, though viewers will see it"
    return [f"{video.path}: the stream carries film grain, which {what}" for video in videos if has_grain(video)]
