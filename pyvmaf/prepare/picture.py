# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What frames are between one step and the next, and what it takes to make one kind of another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..errors import VmafError
from ..pairs.facts import Facts
from ..pictures.frames import layout_of
from ..video.base import DEPTHS, VideoFormat
from .colour import Colour, convert
from .pixels import depth_above, is_grey, is_rgb, pixel_format
from .settings import Size

#: What a side is read in where its own chroma is not scored; RGB is 4:4:4.
NEAREST_CHROMA = {"rgb": "444", "411": "422", "440": "444", "410": "420"}


@dataclass(frozen=True)
class Picture:
    """The frames of one side at one place.

    Attributes:
        pixel: FFmpeg's name of the pixel format.
        size: width and height.
        chroma: "420", "422", "444" or "400", or what is none of them: "rgb", "411", "440", "410".
        depth: bits per sample.
        colour: range and matrix; of RGB those that it will have.
        alpha: whether there is alpha; a palette may have it per colour.
    """

    pixel: str
    size: Size
    chroma: str
    depth: int
    colour: Colour
    alpha: bool = False

    @classmethod
    def of(cls, facts: Facts, colour: Colour) -> Picture:
        """What the decoder gives."""
        alpha = facts.alpha or facts.pixel_format == "pal8"
        size = facts.width, facts.height
        return cls(facts.pixel_format, size, facts.chroma, facts.depth, colour, alpha)

    @classmethod
    def planar(cls, format: VideoFormat, colour: Colour) -> Picture:
        """What is to be scored."""
        pixel = pixel_format(format.chroma, format.bpc)
        return cls(pixel, (format.width, format.height), format.chroma, format.bpc, colour)

    @property
    def nearest_chroma(self) -> str:
        """What it is read in."""
        return NEAREST_CHROMA.get(self.chroma, self.chroma)

    @property
    def scaled_pixel(self) -> str:
        """The pixel format in which a scaler takes or leaves it: grey is 4:4:4 until the end."""
        return pixel_format("444", depth_above(self.depth)) if self.chroma == "400" else self.pixel

    @property
    def is_cropped_as_it_is(self) -> bool:
        """Whether FFmpeg's crop takes it without a conversion of its own choice."""
        planar = r"(?:yuvj?a?4\d\dp|gray|ya|nv|p[024]1|gbra?p)"
        return is_rgb(self.pixel) or re.match(planar, self.pixel) is not None

    def at_hand(self, turned: bool, depths: Sequence[int] = DEPTHS) -> Picture:
        """It in a format that FFmpeg deinterlaces, crops and turns without a conversion of its own choice.

        `depths`: those that are taken, rising.
        """
        if is_grey(self.pixel):
            return self
        plain = re.fullmatch(r"yuv4(20|22|44)p(?:(?:9|10|12|14|16)le)?", self.pixel)
        if plain and self.depth in depths and not (turned and plain[1] == "22"):
            return self
        chroma = "444" if turned and self.nearest_chroma == "422" else self.nearest_chroma
        depth = depth_above(self.depth, depths)
        return replace(self, pixel=pixel_format(chroma, depth), chroma=chroma, depth=depth, alpha=False)


def changes(now: Picture, then: Picture) -> list[str]:
    """What a scaler has to change, in words; nothing where samples can be taken as they are."""
    reasons = []
    if now.size != then.size:
        reasons.append(f"{now.size[0]}x{now.size[1]} is scaled to {then.size[0]}x{then.size[1]}")
    if is_rgb(now.pixel):
        reasons.append(f"{now.pixel} is RGB, made {then.chroma} {then.colour}")
    elif now.chroma != then.chroma:
        reasons.append(f"chroma {now.chroma} becomes {then.chroma}")
    if now.depth != then.depth:
        reasons.append(f"{now.depth} bits become {then.depth}")
    if not is_rgb(now.pixel):
        reasons += convert(now.colour, then.colour)
    if now.alpha:
        reasons.append("alpha is left out")
    if not reasons and not _is_read(now.pixel):
        reasons.append(f"{now.pixel} becomes {then.pixel}")
    return reasons


def _is_read(pixel: str) -> bool:
    try:
        layout_of(pixel)
    except VmafError:
        return False
    return True
