# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What `prepare=` may say: "auto", "none", or "auto" with some steps named otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeAlias

from ..errors import VmafTypeError, VmafValueError
from ..video.base import CHROMA, DEPTHS, MAX_SIDE
from .preparation import Preparation

#: `prepare=` of `score`: "auto", "none", a mapping of steps, what one of them came to be checked, or a preparation
#: that was made before.
Prepare: TypeAlias = "str | Mapping[str, Any] | Settings | Preparation | None"

SCALERS = ("bicubic", "bilinear", "lanczos", "spline", "area", "gauss", "sinc", "neighbor")
LIBRARIES = ("swscale", "zscale")
RANGES = ("limited", "full")
MATRICES = ("bt601", "bt709", "bt2020")
DEINTERLACERS = ("bwdif", "yadif")

Size: TypeAlias = tuple[int, int]


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


def deinterlacer(name: str, value: Any) -> str:
    """A filter's name, or "off": fields are compared as they are woven."""
    return "off" if value is False else str(one_of(*DEINTERLACERS, "off")(name, value))


#: What each key takes.
CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "size": size_of,
    "scaler": one_of(*SCALERS),
    "library": one_of(*LIBRARIES),
    "chroma": one_of(*CHROMA),
    "depth": one_of(*DEPTHS),
    "range": one_of(*RANGES),
    "matrix": one_of(*MATRICES),
    "crop": switch,
    "rotate": switch,
    "aspect": switch,
    "deinterlace": deinterlacer,
    "alpha": one_of("refuse", "ignore"),
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
        crop: remove black bars where both pictures agree on what they surround.
        rotate: turn pictures as their files say.
        aspect: refuse pictures whose shapes differ, samples' shapes counted in.
        deinterlace: "bwdif", "yadif", "off" to compare woven fields; None: interlaced video is refused.
        alpha: "refuse" where a sample is not opaque, or "ignore".
    """

    size: Size | None = None
    scaler: str = "bicubic"
    library: str = "swscale"
    chroma: str | None = None
    depth: int | None = None
    range: str | None = None
    matrix: str | None = None
    crop: bool = True
    rotate: bool = True
    aspect: bool = True
    deinterlace: str | None = None
    alpha: str = "refuse"

    @classmethod
    def of(cls, prepare: str | Mapping[str, Any]) -> Settings | None:
        """The settings that a word or a mapping means; None for "none".

        Raises:
            VmafTypeError, VmafValueError: it is neither of the two words nor a mapping of known keys.

        >>> Settings.of("none"), Settings.of({"size": "1280x720"}).size
        (None, (1280, 720))
        """
        if isinstance(prepare, str):
            if prepare not in ("auto", "none"):
                raise VmafValueError(f'prepare is {prepare!r}, must be "auto", "none" or a dictionary of steps')
            return cls() if prepare == "auto" else None
        if not isinstance(prepare, Mapping):
            raise VmafTypeError(f'prepare is {prepare!r}, must be "auto", "none" or a dictionary of steps')
        known = [f.name for f in fields(cls)]
        for key in prepare:
            if key not in known:
                raise VmafValueError(f"prepare has no step {key!r}; there are: {', '.join(known)}")
        return cls(**{key: CHECKS[key](key, value) for key, value in prepare.items()})

    def as_dict(self) -> dict[str, Any]:
        """What `of` takes: the keys that are not left to the rules."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        return found | ({"size": list(self.size)} if self.size else {})


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
