# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Two open videos in, two comparable ones out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..choices import FilmGrain
from ..video import AvVideo, Video
from .decoded import DecodedVideo, check_grain
from .errors import PrepareError
from .grain import grain_warnings
from .preparation import Preparation, Side
from .settings import Prepare, Settings, check_prepare

if TYPE_CHECKING:
    from ..pairs.facts import Facts


@dataclass(frozen=True)
class Prepared:
    """A pair as it will be scored.

    Attributes:
        ref: the reference; the video that was given, or one that goes through filters.
        dist: likewise.
        preparation: what is done; None for nothing.
        warnings: what is to be told before scoring.
    """

    ref: Video
    dist: Video
    preparation: Preparation | None
    warnings: tuple[str, ...] = ()


def decoder_for(prepare: Prepare = "none", film_grain: FilmGrain = "apply") -> Callable[..., AvVideo]:
    """What `open_video` is to decode files with: the plain reader unless something else is needed.

    Raises:
        VmafError: one of the two cannot be.
    """
    check_grain(film_grain)
    if check_prepare(prepare) is None and film_grain == "apply":
        return AvVideo
    return partial(DecodedVideo, film_grain=film_grain)


def prepared(ref: Video, dist: Video, preparation: Preparation | None) -> tuple[Video, Video]:
    """Both videos as a preparation wants them; one that it leaves alone is given back, tagged as it was found to be."""
    if preparation is None:
        return ref, dist
    return _prepared(ref, preparation.ref), _prepared(dist, preparation.dist)


def _prepared(video: Video, side: Side) -> Video:
    from .video import PreparedVideo

    if side.steps:
        return PreparedVideo(video, side)
    found = {name: value for name, value in (("range", side.range), ("matrix", side.matrix)) if value}
    video.colour = {name: found.get(name, value) for name, value in video.colour.items()}
    return video


def prepare_videos(
    videos: Sequence[Video],
    prepare: Prepare = "none",
    film_grain: FilmGrain = "apply",
    facts: Sequence[Facts] | None = None,
) -> Prepared:
    """Make two open videos comparable.

    Args:
        videos: reference and distorted video, of which nothing was read; best opened by what
            `decoder_for` says, since other readers refuse RGB.
        prepare: "auto", "none", a mapping of steps, or a preparation.
        film_grain: what they were opened with.
        facts: their `Facts`, where they are known; else they are looked into.

    Raises:
        PrepareError: no stated rule makes them comparable.
        VmafValueError: `prepare` has an unknown key or value.
    """
    _check_mirrored(videos, check_prepare(prepare))
    told = grain_warnings(videos, film_grain)
    ref, dist = videos
    if check_prepare(prepare) is None:
        return Prepared(ref, dist, None, tuple(told))
    from .plan import plan_preparation

    a, b = facts or videos
    preparation = plan_preparation(a, b, prepare)
    return Prepared(*prepared(ref, dist, preparation), preparation, tuple(told))


def _check_mirrored(videos: Sequence[Video], asked: Settings | Preparation | None) -> None:
    for video in videos:
        if isinstance(video, DecodedVideo) and video.mirrored and isinstance(asked, Settings) and asked.rotate is True:
            problem = "the file says that the picture is shown mirrored, which is not done here"
            remedy = 'flip it first, or prepare={"rotate": False} takes it as it is stored'
            raise PrepareError(video.path, video.stream_index, problem, remedy)
