# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which frames VMAF v1's own features are defined for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .models import Feature
from .options import CambiOptions, SpeedOptions
from .speed import MIN_SIZE, resized

#: What is not made from luma's detail and motion.
EXTRACTORS = ("cambi", "speed_chroma")
Size = tuple[int, ...]  # height and width

#: Of width and height, one that CAMBI asks for.
_CAMBI_SIZE = 216


def misfit(luma: Size, chroma: Size) -> str:
    """What is allowed instead beside luma of that size; "" where this is 4:4:4, 4:2:2 or 4:2:0, rounded up or down."""
    height, width = luma
    rows, cols = ({size // 2, (size + 1) // 2} for size in luma)
    if chroma == (height, width) or (chroma[1] in cols and chroma[0] in {height, *rows}):
        return ""
    sizes = ((height, width), (height, max(cols)), (max(rows), max(cols)))
    return " or ".join(f"{w}x{h}" for h, w in sizes)


def cropped(luma: Size, chroma: Any) -> Any:
    """A plane [..., h, w] beside luma of that size as the extractor reads it: subsampled sizes are rounded down."""
    height, width = (size if own == size else size // 2 for size, own in zip(luma, chroma.shape[-2:], strict=True))
    return chroma[..., :height, :width]


def check(features: Iterable[Feature], luma: Size, chroma: Any, source: str) -> None:
    """Raise for frames that have not what these features measure.

    Args:
        features: those of `source`, as messages name it.
        luma: height and width.
        chroma: a plane of it; None: there is none.

    Raises:
        ValueError: no chroma, or frames that are too small.
    """
    height, width = luma
    for options in dict.fromkeys(feature.options for feature in features):
        if isinstance(options, SpeedOptions):
            if chroma is None:
                raise ValueError(f"{source} measures chroma: give planes (y, cb, cr)")
            size = cropped(luma, chroma).shape[-2:]
            made = [resized(n, options) for n in size]
            if min(made) < MIN_SIZE:
                raise ValueError(
                    f"chroma is {size[1]}x{size[0]}, by a speed_prescale of {options.speed_prescale:g} "
                    f"{made[1]}x{made[0]}; at least {MIN_SIZE}x{MIN_SIZE} is allowed"
                )
        if isinstance(options, CambiOptions) and not options.enc_width and max(luma) < _CAMBI_SIZE:
            raise ValueError(f"frames are {width}x{height}; CAMBI needs {_CAMBI_SIZE} in width or height")
