# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One kind of picture made of another by swscale or zscale, with everything said that they would guess."""

from __future__ import annotations

from ..errors import VmafNotSupportedError, VmafValueError
from .graph import has_filter
from .picture import Picture
from .pixels import is_rgb
from .settings import Settings

#: swscale's exact arithmetic: the same bits on every instruction set, and no bias.
EXACT = "accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
ZSCALE_MATRICES = {"bt601": "470bg", "bt709": "709", "bt2020": "2020_ncl"}
ZSCALE_FILTERS = {"bicubic": "bicubic", "bilinear": "bilinear", "lanczos": "lanczos", "spline": "spline36",
                  "neighbor": "point"}  # fmt: skip


def check_library(settings: Settings) -> None:
    """
    Raises:
        VmafNotSupportedError: this FFmpeg has no zscale.
        VmafValueError: zscale has no such scaler.
    """
    if settings.library != "zscale":
        return
    if not has_filter("zscale"):
        raise VmafNotSupportedError('PyAV\'s FFmpeg was built without zscale; leave "library" out for swscale')
    if settings.scaler not in ZSCALE_FILTERS:
        known = ", ".join(ZSCALE_FILTERS)
        raise VmafValueError(f"zscale has no scaler {settings.scaler!r}; there are: {known}, or take swscale")


def scale(now: Picture, then: Picture, settings: Settings) -> str:
    """The filters that make `then` of `now`."""
    made = (_zscale if settings.library == "zscale" else _swscale)(now, then, settings.scaler)
    return f"{made},format={then.scaled_pixel}"


def _swscale(now: Picture, then: Picture, scaler: str) -> str:
    options = [f"scale=w={then.size[0]}:h={then.size[1]}:flags={scaler}+{EXACT}"]
    options.append(f"out_range={then.colour.range}:out_color_matrix={then.colour.matrix}")
    if not is_rgb(now.pixel):
        options.append(f"in_range={now.colour.range}:in_color_matrix={now.colour.matrix}")
    return ":".join(options)


def _zscale(now: Picture, then: Picture, scaler: str) -> str:
    options = [f"zscale=w={then.size[0]}:h={then.size[1]}:filter={ZSCALE_FILTERS[scaler]}:dither=none"]
    options.append(f"range={then.colour.range}:matrix={ZSCALE_MATRICES[then.colour.matrix]}")
    if not is_rgb(now.pixel):
        options.append(f"rangein={now.colour.range}:matrixin={ZSCALE_MATRICES[now.colour.matrix]}")
    return ":".join(options)
