# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Range and matrix of both sides: by their tags, and what is assumed without them.

Transfer and primaries are never converted: a pair that differs in them is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..pairs.facts import Facts
from ..pairs.tags import wide_apart
from .errors import PrepareError
from .pixels import is_rgb
from .settings import Settings

#: What RGB becomes: the coding of video for displays of today, on which models were trained.
RGB_RANGE, RGB_MATRIX = "limited", "bt709"
#: Without a matrix tag on either side both are taken as players take the reference: BT.601 up to so many lines.
SD_LINES = 576


@dataclass(frozen=True)
class Colour:
    """Range ("limited", "full") and matrix of a picture, and what was assumed of them."""

    range: str
    matrix: str
    assumed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.range} range {self.matrix}"


def colours(ref: Facts, dist: Facts, settings: Settings) -> tuple[Colour, Colour, Colour]:
    """How both sides are stored, and what both become.

    Raises:
        PrepareError: transfer characteristics or primaries differ.
    """
    _check_transfer(ref, dist)
    _check_primaries(ref, dist)
    usual = "bt709" if ref.height > SD_LINES else "bt601"
    stated: dict[str, dict[str, str]] = {"ref": {}, "dist": {}, **{side: dict(own) for side, own in settings.assume}}
    a = _own(_tags(ref, stated["ref"]), _lent(dist, stated["dist"]), ref, usual)
    b = _own(_tags(dist, stated["dist"]), _lent(ref, stated["ref"]), dist, usual)
    return a, b, Colour(settings.range or a.range, settings.matrix or a.matrix)


def _tags(facts: Facts, stated: dict[str, str]) -> dict[str, str | None]:
    """Range and matrix of a side as stated, or as tagged."""
    return {"range": facts.range, "matrix": facts.matrix, **stated}


def _lent(facts: Facts, stated: dict[str, str]) -> dict[str, str | None]:
    """What a side's tags say of the other one; neither RGB nor a tag that is overruled says anything."""
    tagged = {} if is_rgb(facts.pixel_format) else _tags(facts, {})
    return {name: value for name, value in tagged.items() if name not in stated}


def _own(tags: dict[str, str | None], lent: dict[str, str | None], facts: Facts, usual: str) -> Colour:
    """What a side is stored in: its tags, else the other's, else what is usual; RGB counts as what it is made."""
    if is_rgb(facts.pixel_format):
        return Colour(RGB_RANGE, RGB_MATRIX)
    assumed = []
    found = {}
    for name, default in (("range", "limited"), ("matrix", usual)):
        found[name] = tags[name] or lent.get(name) or default
        if not tags[name] and not (name == "matrix" and facts.chroma == "400"):
            why = "as the other is tagged" if lent.get(name) else "as is usual"
            assumed.append(f"no tag for the {name}: taken as {found[name]}, {why}")
    return Colour(found["range"], found["matrix"], tuple(assumed))


def convert(own: Colour, target: Colour) -> list[str]:
    """What is to be converted, in words."""
    out = []
    if own.range != target.range:
        out.append(f"{own.range} range becomes {target.range}")
    if own.matrix != target.matrix:
        out.append(f"matrix {own.matrix} becomes {target.matrix}")
    return out


def _check_transfer(ref: Facts, dist: Facts) -> None:
    a, b = ref.transfer, dist.transfer
    if a and b and a != b:
        problem = f"the transfer characteristics differ: the reference is {a}, the distorted video {b}"
        remedy = "there is no tone mapping here; bring one of them to the other's first, by a method that you name"
        raise PrepareError(dist.path, dist.stream, problem, remedy)


def _check_primaries(ref: Facts, dist: Facts) -> None:
    if wide_apart(ref, dist):
        problem = f"the primaries differ: the reference has {ref.primaries}, the distorted video {dist.primaries}"
        remedy = "gamuts are not converted here; bring one of them to the other's first"
        raise PrepareError(dist.path, dist.stream, problem, remedy)
