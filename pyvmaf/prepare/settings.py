# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What `prepare=` may say: "auto", "none", or "auto" with some steps named otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias, get_args

from ..choices import Matrix, PrepareWord, Range
from ..errors import VmafTypeError, VmafValueError
from ..video.base import CHROMA, DEPTHS, MAX_SIDE
from .preparation import SIDES, Preparation
from .steps import ELSEWHERE, prepare_of_steps

#: `prepare=` of `score`: "auto", "none", a mapping of steps, the steps of an inspection, any of them checked, or a
#: preparation that was made before.
Prepare: TypeAlias = "PrepareWord | Mapping[str, Any] | Sequence[Mapping[str, Any]] | Settings | Preparation | None"

SCALERS = ("bicubic", "bilinear", "lanczos", "spline", "area", "gauss", "sinc", "neighbor")
LIBRARIES = ("swscale", "zscale")
RANGES = get_args(Range)
MATRICES = get_args(Matrix)
DEINTERLACERS = ("bwdif", "yadif")

Size: TypeAlias = tuple[int, int]
#: Samples at the left, top, right and bottom edge.
Edges: TypeAlias = tuple[int, int, int, int]


def one_of(*allowed: Any) -> Callable[[str, Any], Any]:
    """Takes these values; numbers also as text."""

    def check(name: str, value: Any) -> Any:
        for one in allowed:
            if str(value) == str(one) and isinstance(value, (str, type(one))):
                return one
        raise VmafValueError(f"prepare[{name!r}] is {value!r}, must be one of: {', '.join(map(str, allowed))}")

    return check


def switch(name: str, value: Any) -> bool:
    """True, False, "on" or "off"."""
    if value is True or value == "on":
        return True
    if value is False or value == "off":
        return False
    raise VmafValueError(f'prepare[{name!r}] is {value!r}, must be True, False, "on" or "off"')


def size_of(name: str, value: Any) -> Size:
    """(width, height), or text as "1920x1080"."""
    if isinstance(value, str) and (match := re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", value.lower())):
        value = (int(match[1]), int(match[2]))
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(type(n) is int for n in value):
        width, height = value
        if 1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE:
            return width, height
    raise VmafValueError(f"prepare[{name!r}] is {value!r}, must be (width, height) of 1 to {MAX_SIDE} each")


def per_side(check: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """For all, or by {"ref": value, "dist": value}; kept as pairs, so that settings can be hashed."""

    def check_sides(name: str, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return switch(name, value)
        for side in value:
            if side not in SIDES:
                raise VmafValueError(f"prepare[{name!r}] has {side!r}, must be of: {', '.join(SIDES)}")
        return tuple((side, check(name, value[side])) for side in SIDES if side in value)

    return check_sides


def edges(name: str, value: Any) -> Edges:
    """Samples to cut off the decoded picture: left, top, right, bottom."""
    if isinstance(value, (tuple, list)) and len(value) == 4 and all(type(n) is int and n >= 0 for n in value):
        return (value[0], value[1], value[2], value[3])
    raise VmafValueError(f"prepare[{name!r}] has {value!r}, must be (left, top, right, bottom) in samples")


def tags(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    """Range and matrix of one side, whatever its tags say."""
    known = {"range": RANGES, "matrix": MATRICES}
    if not isinstance(value, Mapping) or not set(value) <= set(known):
        raise VmafValueError(f"prepare[{name!r}] has {value!r}, must be a mapping of: {', '.join(known)}")
    return tuple((key, str(one_of(*known[key])(key, value[key]))) for key in known if key in value)


def assumed(name: str, value: Any) -> Any:
    """{"ref": {"range": ...}, ...}."""
    if not isinstance(value, Mapping):
        raise VmafValueError(f"prepare[{name!r}] is {value!r}, must be a mapping of: {', '.join(SIDES)}")
    return per_side(tags)(name, value)


def deinterlacer(name: str, value: Any) -> str:
    """A filter's name, or "off": fields are compared as they are woven."""
    return "off" if value is False else str(one_of(*DEINTERLACERS, "off")(name, value))


def deinterlacing(name: str, value: Any) -> str | tuple[tuple[str, str], ...]:
    """One for the sides that are tagged as interlaced, or by side, whatever the tags say."""
    found = per_side(deinterlacer)(name, value) if isinstance(value, Mapping) else deinterlacer(name, value)
    return found if isinstance(found, str) else tuple(found)


#: What each key takes.
CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "size": size_of,
    "scaler": one_of(*SCALERS),
    "library": one_of(*LIBRARIES),
    "chroma": one_of(*CHROMA),
    "depth": one_of(*DEPTHS),
    "range": one_of(*RANGES),
    "matrix": one_of(*MATRICES),
    "crop": per_side(edges),
    "rotate": per_side(one_of(0, 90, 180, 270)),
    "aspect": switch,
    "deinterlace": deinterlacing,
    "alpha": one_of("refuse", "ignore"),
    "assume": assumed,
}


@dataclass(frozen=True)
class Settings:
    """Every key of `prepare={...}`; the defaults are those of "auto".

    Attributes:
        size: width and height of both sides; None: the reference's.
        scaler: the kernel, by FFmpeg's name.
        library: "swscale", or "zscale" where this FFmpeg has it.
        chroma: "420", "422", "444" or "400"; None: the reference's, 4:4:4 for RGB.
        depth: bits per sample; None: the deeper of both.
        range: "limited" or "full"; None: by the tags.
        matrix: "bt601", "bt709" or "bt2020"; None: by the tags.
        crop: remove black bars where both pictures agree on what they surround; or
            {"ref": (left, top, right, bottom), "dist": ...}: cut off these samples instead.
        rotate: turn pictures as their files say; or by these degrees anticlockwise, {"dist": 90}.
        aspect: refuse pictures whose shapes differ, samples' shapes counted in.
        deinterlace: "bwdif", "yadif", "off" to compare woven fields; None: interlaced video is refused;
            {"dist": "bwdif"}: one side, whatever its tags say.
        alpha: "refuse" where a sample is not opaque, or "ignore".
        assume: range and matrix of a side whatever its tags say, {"dist": {"range": "full"}}.
    """

    size: Size | None = None
    scaler: str = "bicubic"
    library: str = "swscale"
    chroma: str | None = None
    depth: int | None = None
    range: str | None = None
    matrix: str | None = None
    crop: bool | tuple[tuple[str, Edges], ...] = True
    rotate: bool | tuple[tuple[str, int], ...] = True
    aspect: bool = True
    deinterlace: str | tuple[tuple[str, str], ...] | None = None
    alpha: str = "refuse"
    assume: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    @classmethod
    def of(cls, prepare: str | Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Settings | None:
        """The settings that a word, a mapping or an inspection's steps mean; None for "none".

        Raises:
            VmafTypeError, VmafValueError: it is neither of the two words nor a mapping of known keys.

        >>> Settings.of("none"), Settings.of({"size": "1280x720"}).size
        (None, (1280, 720))
        """
        if isinstance(prepare, str):
            if prepare not in get_args(PrepareWord):
                raise VmafValueError(f'prepare is {prepare!r}, must be "auto", "none" or a dictionary of steps')
            return cls() if prepare == "auto" else None
        if isinstance(prepare, (list, tuple)):
            prepare = prepare_of_steps(prepare)
        if not isinstance(prepare, Mapping):
            raise VmafTypeError(f'prepare is {prepare!r}, must be "auto", "none" or a dictionary of steps')
        known = [f.name for f in fields(cls)]
        for key in prepare:
            if key not in known:
                raise VmafValueError(f"prepare has no step {key!r}; there are: {', '.join(known)}")
        return cls(**{key: CHECKS[key](key, value) for key, value in prepare.items()})

    def over(self, steps: Sequence[Mapping[str, Any]]) -> Settings:
        """These settings over the steps of an inspection: what is left to the rules here is taken from there.

        Pictures were found to match, so that shapes by tags do not count.

        >>> steps = [{"do": "depth", "bits": 12}, {"do": "chroma", "to": "422"}]
        >>> found = Settings(depth=10).over(steps)
        >>> found.depth, found.chroma
        (10, '422')
        """
        found = Settings.of([step for step in steps if step["do"] not in ELSEWHERE])
        named = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return replace(found or Settings(), **{"aspect": False, **named})

    def deinterlacer(self, side: str, tagged: bool) -> str | None:
        """The filter that makes frames of a side's fields, or "off"; None: nothing is said of fields that are there."""
        named = dict(self.deinterlace) if isinstance(self.deinterlace, tuple) else {}
        if side in named or not tagged:
            return named.get(side, "off")
        return self.deinterlace if isinstance(self.deinterlace, str) else None

    def as_dict(self) -> dict[str, Any]:
        """What `of` takes, as JSON has it: the keys that are not left to the rules."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        found |= {n: dict(found[n]) for n in ("crop", "rotate", "deinterlace") if isinstance(found[n], tuple)}
        found["assume"] = {side: dict(own) for side, own in self.assume}
        plain: dict[str, Any] = json.loads(json.dumps(found))
        return {name: value for name, value in plain.items() if value is not None}


def check_prepare(prepare: Prepare) -> Settings | Preparation | None:
    """What is asked for, as a value; None for nothing.

    Raises:
        VmafTypeError, VmafValueError: see `Settings.of`.
    """
    if prepare is None or isinstance(prepare, (Settings, Preparation)):
        return prepare
    return Settings.of(prepare)


def prepare_from_dict(values: Mapping[str, Any] | None) -> Settings | Preparation | None:
    """What `as_dict` of either wrote."""
    if values is None:
        return None
    return Preparation.from_dict(values) if "dist" in values else Settings.of(values)
