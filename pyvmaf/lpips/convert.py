# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Y'CbCr planes to the network's input: which numbers; the C code does the work.

The default is what published ``lpips`` scores of video were computed with, and
is kept to the last bit: chroma coefficients that no standard defines
(``compat``), samples rounded to 8 bits with a topmost code of 256, repeated
chroma, RGB rounded to bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._vmaf import ffi, lib
from ..choices import LpipsChroma, LpipsDepth, LpipsMatrix, Range, Siting

Floats = npt.NDArray[np.float32]

#: R from V, G from U and V, B from U, for chroma in -0.5 to 0.5. ``compat`` are
#: the numbers in use for LPIPS of video; they are those of BT.709 for another
#: chroma scale. The others follow from the standards' Kr and Kb.
MATRICES: dict[LpipsMatrix, tuple[float, float, float, float]] = {
    "compat": (1.28033, 0.21482, 0.38059, 2.12798),
    "bt601": (1.402, 0.344136, 0.714136, 1.772),
    "bt709": (1.5748, 0.187324, 0.468124, 1.8556),
    "bt2020": (1.4746, 0.164553, 0.571353, 1.8814),
}
#: Where the first chroma sample lies, in luma samples (MPEG-2, JPEG, BT.2020).
SITINGS: dict[Siting, tuple[float, float]] = {"left": (0.0, 0.5), "center": (0.5, 0.5), "topleft": (0.0, 0.0)}

# ImageNet statistics of R, G, B, which the published network is fed with.
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def imagenet(byte: Floats) -> Floats:
    """Normalise bytes (last axis) for R, G, B: binary32, in this order."""
    one = np.float32(1)
    unit = byte * (one / np.float32(255))
    result: Floats = (unit - MEAN[:, None]) * (one / DEVIATION)[:, None]
    return result


@dataclass(frozen=True)
class Colour:
    """How samples are read; the defaults are those of the published scores."""

    matrix: LpipsMatrix = "compat"
    range: Range = "limited"
    chroma: LpipsChroma = "nearest"
    siting: Siting = "left"
    depth: LpipsDepth = "8"


class Converter:
    """Turns the planes of one picture format into the network's input."""

    def __init__(
        self,
        size: tuple[int, int],
        bpc: int,
        subsampling: tuple[int, int],
        colour: Colour | None = None,
        table: Floats | None = None,
    ) -> None:
        """``table`` is the input for each byte of R, G and B; ImageNet's when absent."""
        colour = colour or Colour()
        table = imagenet(np.arange(256, dtype=np.float32)) if table is None else table
        how = ffi.new("LpipsConversion *")
        how.w, how.h = size
        how.bpc = bpc
        how.sub_x, how.sub_y = subsampling
        how.native = colour.depth == "native"
        how.bilinear = colour.chroma == "bilinear"
        how.site_x, how.site_y = SITINGS[colour.siting]
        how.red_v, how.green_u, how.green_v, how.blue_u = MATRICES[colour.matrix]
        self._set_scale(how, bpc if how.native else 8, colour.range == "full")
        ffi.buffer(how.table)[:] = np.ascontiguousarray(table, np.float32).tobytes()
        # The table of a byte is affine, so a fraction needs its two ends only.
        for i in range(3):
            how.gain[i] = float(table[i, 255]) - float(table[i, 0])
            how.bias[i] = table[i, 0]
        self._how = how
        self.shape = (1, 3, size[1], size[0])

    @staticmethod
    def _set_scale(how: Any, bpc: int, full: bool) -> None:
        one, unit = np.float32(1), 1 << (bpc - 8)
        luma, chroma = (256 * unit - 1,) * 2 if full else (219 * unit, 224 * unit)
        how.luma_offset = 0 if full else 16 * unit
        how.chroma_offset = 128 * unit
        how.luma_scale = one / np.float32(luma)
        how.chroma_scale = one / np.float32(chroma)

    def __call__(self, planes: Sequence[npt.NDArray[Any]], out: Floats | None = None) -> Floats:
        """Fill and return ``out`` (made when absent), 1 x 3 x height x width."""
        if out is None:
            out = np.empty(self.shape, np.float32)
        # Rows may be apart; the samples of one may not.
        planes = [p if p.strides[1] == p.itemsize else np.ascontiguousarray(p) for p in planes]
        pointers = [ffi.cast("void *", plane.ctypes.data) for plane in planes]
        strides = [plane.strides[0] for plane in planes]
        target = ffi.cast("float *", out.ctypes.data)
        if lib.lpips_convert(self._how, pointers, strides, target) < 0:
            raise MemoryError("lpips: no memory for the rows of a picture")
        return out
