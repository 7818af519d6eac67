# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames of PyAV as planes: the pixel formats that hold YUV or grey samples, by FFmpeg's names.

Nothing is converted: samples that lie in another order, byte order or position
within their 16 bits are put in ours. Files and frames take the same formats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import VmafValueError

# Where the samples of Y, U and V lie: plane, first sample, samples from one to the next.
Places = tuple[tuple[int, int, int], ...]
PLANAR: Places = ((0, 0, 1), (1, 0, 1), (2, 0, 1))
UV: Places = ((0, 0, 1), (1, 0, 2), (1, 1, 2))
VU: Places = ((0, 0, 1), (1, 1, 2), (1, 0, 2))
YUYV: Places = ((0, 0, 2), (0, 1, 4), (0, 3, 4))

# Name without byte order: chroma, bits, empty bits below the value, places.
OTHERS: dict[str, tuple[str, int, int, Places]] = {
    "nv12": ("420", 8, 0, UV), "nv21": ("420", 8, 0, VU), "nv16": ("422", 8, 0, UV), "nv20": ("422", 10, 0, UV),
    "nv24": ("444", 8, 0, UV), "nv42": ("444", 8, 0, VU),
    **{f"p{n}{bits}": (chroma, bits, 16 - bits, UV)
       for n, chroma in ((0, "420"), (2, "422"), (4, "444")) for bits in (10, 12, 16)},
    "yuyv422": ("422", 8, 0, YUYV), "y210": ("422", 10, 6, YUYV), "y212": ("422", 12, 4, YUYV),
    "uyvy422": ("422", 8, 0, ((0, 1, 2), (0, 0, 4), (0, 2, 4))),
    "yvyu422": ("422", 8, 0, ((0, 0, 2), (0, 3, 4), (0, 1, 4))),
    "ya8": ("400", 8, 0, ((0, 0, 2),)), "ya16": ("400", 16, 0, ((0, 0, 2),)),
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Chroma ("420", "422", "444", "400"), bits, and where in a frame's memory each sample is."""

    chroma: str
    bpc: int
    dtype: str
    shift: int
    places: Places

    @property
    def is_ours(self) -> bool:
        """Whether planes lie as the engine's do: nothing is to be moved."""
        return self.places == PLANAR[: len(self.places)] and np.dtype(self.dtype).isnative and not self.shift


@lru_cache
def layout_of(name: str) -> Layout:
    """The layout of a pixel format; little-endian where the name does not say.

    Raises:
        VmafValueError: it holds something else; the message says what.

    >>> layout_of("yuv422p10le").chroma, layout_of("gray").bpc, layout_of("p010be").shift
    ('422', 8, 6)
    """
    match = re.fullmatch(r"(?:yuvj?a?(420|422|444)p|gray)(?:(9|10|12|14|16)(le|be)?)?", name)
    if match:
        chroma, bits, order = match.groups()
        places = PLANAR if chroma else PLANAR[:1]
        return Layout(chroma or "400", int(bits or 8), ">u2" if order == "be" else "<u2" if bits else "u1", 0, places)
    bare = re.sub("(?:le|be)$", "", name)
    if bare in OTHERS:
        chroma, depth, shift, places = OTHERS[bare]
        order = ">u2" if name.endswith("be") else "<u2"
        return Layout(chroma, depth, "u1" if depth == 8 else order, shift, places)
    raise VmafValueError(f"pixel format {name} {_why_not(name)}")


def _why_not(name: str) -> str:
    odd = re.match(r"yuvj?a?(410|411|440)p|uyyvyy(411)", name)
    if odd:
        return f"has {':'.join(odd[1] or odd[2])} chroma; only 4:2:0, 4:2:2, 4:4:4 and grey are scored"
    if re.search(r"rgb|bgr|gbr|pal8|rgb4|xyz|bayer|mono[wb]", name) or name.startswith("0"):
        return "is not YUV or grey"
    return "is not YUV or grey of 8 to 16 bits in a layout that is read here"


class _Rows:
    """Memory of a plane whose rows go upwards; it keeps the plane."""

    def __init__(self, plane: Any, dtype: np.dtype[Any]) -> None:
        self.plane = plane
        self.__array_interface__ = {
            "version": 3,
            "data": (plane.buffer_ptr, True),
            "typestr": dtype.str,
            "shape": (plane.height, -plane.line_size // dtype.itemsize),
            "strides": (plane.line_size, dtype.itemsize),
        }


def _rows(plane: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """All samples of a plane, from its first row down, without a copy."""
    if plane.line_size < 0:  # flipped: the first row is the last in memory
        return np.asarray(_Rows(plane, dtype))
    length = plane.line_size // dtype.itemsize
    return np.frombuffer(plane, dtype, count=length * plane.height).reshape(plane.height, length)


def planes_of(frame: Any) -> tuple[Layout, tuple[NDArray[Any], ...]]:
    """Layout and planes of an ``av.VideoFrame``; its memory is borrowed where samples lie as ours do.

    Chroma of odd sizes is rounded up. Samples are uint8 or native uint16.

    Raises:
        VmafValueError: a pixel format that holds something else.
    """
    layout = layout_of(frame.format.name)
    dtype = np.dtype(layout.dtype)
    memory = [_rows(plane, dtype) for plane in frame.planes[: 1 + max(plane for plane, _, _ in layout.places)]]
    return layout, gather(layout, memory, frame.width, frame.height)


def gather(layout: Layout, memory: Sequence[NDArray[Any]], width: int, height: int) -> tuple[NDArray[Any], ...]:
    """The planes (y, u, v) or (y,) in memory of that layout, of shape (rows, samples) each; views where they can be.

    Chroma of odd sizes is rounded up. Samples are uint8 or native uint16.
    """
    narrow, low = layout.chroma in ("420", "422"), layout.chroma == "420"
    out = []
    for i, (plane, first, step) in enumerate(layout.places):
        w, h = ((width + narrow) >> narrow, (height + low) >> low) if i else (width, height)
        samples = memory[plane][:h, first::step][:, :w]
        if layout.shift:
            samples = samples >> np.uint16(layout.shift)
        if not samples.dtype.isnative:
            samples = samples.astype(np.uint16)
        out.append(samples)
    return tuple(out)
