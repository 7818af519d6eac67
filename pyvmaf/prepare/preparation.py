# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What is done to both sides before they are compared, as a plain value that a result can carry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import VmafValueError
from ..pictures.frames import layout_of
from ..video.base import VideoFormat
from .pixels import is_grey, pixel_format

SIDES = {"ref": "reference", "dist": "distorted video"}


@dataclass(frozen=True)
class Step:
    """One filter, and why it is there."""

    filter: str
    reason: str


@dataclass(frozen=True)
class Side:
    """What becomes of one side.

    Attributes:
        input: FFmpeg's name of the pixel format that the decoder gives.
        size: width and height of it.
        picture: width and height of the side's own picture, cropped and turned, before any scaling.
        depth: bits per sample of the input.
        output: what comes out.
        steps: filters in their order, each with its reason; none: the video is read as it is.
        assumed: what was assumed where tags are missing.
        range: "limited" or "full", of the output; None where neither tags nor steps tell.
        matrix: of the output, likewise.
        aspect: width of a sample to its height, in the output.
        opaque: whether every alpha sample must be opaque.
    """

    input: str
    size: tuple[int, int]
    picture: tuple[int, int]
    depth: int
    output: VideoFormat
    steps: tuple[Step, ...] = ()
    assumed: tuple[str, ...] = ()
    range: str | None = None
    matrix: str | None = None
    aspect: float = 1.0
    opaque: bool = False

    @property
    def entry(self) -> str:
        """The pixel format that enters the filters: 4:4:4 with neutral chroma for grey, which swscale would
        take for full range whatever it is told."""
        return pixel_format("444", layout_of(self.input).bpc) if is_grey(self.input) else self.input

    @property
    def graph(self) -> str:
        """The chain of filters as FFmpeg's ``-vf`` takes it."""
        return ",".join(step.filter for step in self.steps)

    @property
    def deinterlaced(self) -> bool:
        """Whether fields are made into frames, so that a frame depends on its neighbours."""
        return any(step.filter.startswith(("bwdif", "yadif")) for step in self.steps)


@dataclass(frozen=True)
class Preparation:
    """Both sides of a pair; made by `plan_preparation`, carried by results."""

    ref: Side
    dist: Side

    def as_dict(self) -> dict[str, Any]:
        """What JSON holds; `from_dict` reads it back."""
        found = {name: {**asdict(side), "graph": side.graph} for name, side in self._sides}
        plain: dict[str, Any] = json.loads(json.dumps(found))  # lists in the place of tuples
        return plain

    @property
    def _sides(self) -> tuple[tuple[str, Side], tuple[str, Side]]:
        return ("ref", self.ref), ("dist", self.dist)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preparation:
        """The preparation that `as_dict` wrote.

        Raises:
            VmafValueError: a key is missing or has a value of another kind.
        """
        try:
            return cls(_side_from(values["ref"]), _side_from(values["dist"]))
        except (KeyError, TypeError) as error:
            raise VmafValueError(f"this is no preparation that was written by as_dict(): {error!r}") from None

    @property
    def notes(self) -> list[str]:
        """A sentence per step, then what was assumed, once where it is of both sides."""
        steps = [f"{SIDES[name]}: {step.reason}" for name, side in self._sides for step in side.steps]
        assumed = []
        for line in dict.fromkeys([*self.ref.assumed, *self.dist.assumed]):
            sides = [SIDES[name] for name, side in self._sides if line in side.assumed]
            whose = f"the {sides[0]}" if len(sides) == 1 else "either"
            assumed.append(line.replace(":", f" of {whose}:", 1))
        return list(dict.fromkeys([*steps, *assumed]))


def _side_from(values: Mapping[str, Any]) -> Side:
    taken = {name: values[name] for name in ("input", "depth", "range", "matrix", "aspect", "opaque")}
    taken |= {name: (int(values[name][0]), int(values[name][1])) for name in ("size", "picture")}
    taken["output"] = VideoFormat(**values["output"])
    taken["steps"] = tuple(Step(**step) for step in values["steps"])
    return Side(**taken, assumed=tuple(values["assumed"]))
