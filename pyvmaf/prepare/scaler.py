# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One kind of picture made of another by swscale, colorspace or zscale, with everything said that they would guess."""

from __future__ import annotations

from dataclasses import replace

from ..errors import VmafNotSupportedError, VmafValueError
from .graph import has_filter
from .picture import Picture
from .pixels import depth_above, is_rgb, pixel_format
from .settings import Settings

#: swscale's exact arithmetic: the same bits on every instruction set, and no bias.
EXACT = "accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
ZSCALE_MATRICES = {"bt601": "470bg", "bt709": "709", "bt2020": "2020_ncl"}
ZSCALE_FILTERS = {"bicubic": "bicubic", "bilinear": "bilinear", "lanczos": "lanczos", "spline": "spline36",
                  "neighbor": "point"}  # fmt: skip

#: FFmpeg's colorspace converts samples of one matrix straight to those of the other, rounded once; swscale goes
#: through RGB of 8 bits, which clips, and mixes chroma with that beside it.
COLORSPACE_MATRICES = {"bt601": "smpte170m", "bt709": "bt709", "bt2020": "bt2020ncl"}
COLORSPACE_DEPTHS = (8, 10, 12)
FFMPEG_RANGES = {"limited": "tv", "full": "pc"}


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


def is_recoloured(now: Picture, then: Picture, settings: Settings) -> bool:
    """Whether the matrix changes, and does so before and apart from all that swscale does."""
    if is_rgb(now.pixel) or "400" in (now.chroma, then.chroma) or now.colour.matrix == then.colour.matrix:
        return False
    # Of more bits swscale's detour is one of 16 bits; and colorspace takes no odd size.
    taken = now.depth <= COLORSPACE_DEPTHS[-1] and not any(n % 2 for n in now.size)
    return settings.library == "swscale" and taken


def recoloured(now: Picture, then: Picture) -> Picture:
    """Planar YUV, as `Picture.at_hand` gives it, in the colour and as far as can be in the depth of `then`."""
    depth = depth_above(then.depth, COLORSPACE_DEPTHS)
    return replace(now, pixel=pixel_format(now.chroma, depth), depth=depth, colour=then.colour)


def colorspace(now: Picture, then: Picture) -> str:
    """The filter that makes `then`, as `recoloured` gives it. Light is not converted, so its kind does not matter."""
    options = [f"colorspace=space={COLORSPACE_MATRICES[then.colour.matrix]}:range={FFMPEG_RANGES[then.colour.range]}"]
    options.append(f"ispace={COLORSPACE_MATRICES[now.colour.matrix]}:irange={FFMPEG_RANGES[now.colour.range]}")
    options.append("primaries=bt709:iprimaries=bt709:trc=bt709:itrc=bt709:dither=none")
    return ":".join([*options, f"format={then.pixel.removesuffix('le')}"])


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
