# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What FFmpeg's pixel formats hold, and which of them planes are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..video.base import DEPTHS


def pixel_format(chroma: str, depth: int) -> str:
    """FFmpeg's name of planar YUV or grey, of 16-bit samples in the byte order of files.

    >>> pixel_format("420", 8), pixel_format("400", 10)
    ('yuv420p', 'gray10le')
    """
    name = "gray" if chroma == "400" else f"yuv{chroma}p"
    return name if depth == 8 else f"{name}{depth}le"


def is_grey(name: str) -> bool:
    """Whether a pixel format has luma alone, with or without alpha, in integers of 8 to 16 bits.

    >>> [is_grey(name) for name in ("gray", "gray12be", "ya16le", "grayf32le", "nv12")]
    [True, True, True, False, False]
    """
    return re.fullmatch(r"(?:gray|ya)[0-9]*(?:le|be)?", name) is not None


def is_rgb(name: str) -> bool:
    """Whether samples of a pixel format are red, green and blue, or point into a palette of such.

    >>> [is_rgb(name) for name in ("rgb24", "gbrp10le", "pal8", "yuv420p", "gray", "nv12")]
    [True, True, True, False, False, False]
    """
    return re.search(r"rgb|bgr|gbr|pal8|xyz|bayer|^0|x2", name) is not None


def chroma_of(format: Any) -> str:
    """The chroma that keeps what a pixel format (``av.VideoFormat``) has: 4:4:4 for RGB, 4:2:2 for 4:1:1."""
    if is_rgb(format.name):
        return "444"
    if sum(not c.is_alpha for c in format.components) < 3:
        return "400"
    narrow, low = format.chroma_width(64) < 64, format.chroma_height(64) < 64
    return "420" if narrow and low else "422" if narrow else "444"


def depth_of(format: Any) -> int:
    """Bits per sample of a pixel format (``av.VideoFormat``), at least 8 and at most 16."""
    return depth_above(max((c.bits for c in format.components), default=8))


def depth_above(bits: int, depths: Sequence[int] = DEPTHS) -> int:
    """The least of these depths that holds samples of so many bits; the last where none does.

    >>> depth_above(5), depth_above(11), depth_above(32)
    (8, 12, 16)
    """
    return next((depth for depth in depths if depth >= bits), depths[-1])
