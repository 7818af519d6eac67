# SPDX-License-Identifier: BSD-2-Clause-Patent
"""High dynamic range: the models here are made for standard range, so it is refused unless asked for by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..engine.model import VmafModel, VmafModelCollection, builtin_models
from ..video.base import Video
from .errors import HdrError

HDR = ("PQ", "HLG")


def check_hdr(
    videos: Sequence[Video], models: Iterable[VmafModel | VmafModelCollection], allow: bool = False
) -> str | None:
    """Refuse built-in models on PQ and HLG; all of them were trained on standard dynamic range.

    A model of the caller's own file may be made for anything, and features (`cambi`
    has ``eotf=pq``) are what they are: neither is refused.

    Args:
        videos: both sides, prepared or not; one that is not tagged counts as standard range.
        models: what they are to be scored with.
        allow: score all the same.

    Returns:
        What the result has to say; None where there is nothing.

    Raises:
        HdrError: a built-in model on such a video, and `allow` is not set.
    """
    found = [video for video in videos if video.colour.get("transfer") in HDR]
    sources = [model.source for model in models if model.source in builtin_models()]
    if not found or not sources:
        return None
    what, names = found[0].colour["transfer"], ", ".join(sources)
    if not allow:
        first = found[0]
        raise HdrError(
            first.path,
            getattr(first, "stream_index", None),
            f"the video is tagged as {what}, and {names} was made for standard dynamic range",
            "score a version in standard range, or say allow_hdr=True for a number of unknown meaning",
        )
    return f"{names} was made for standard dynamic range, the video is {what}: the score has no known meaning"
