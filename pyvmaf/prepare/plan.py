# SPDX-License-Identifier: BSD-2-Clause-Patent
"""From the facts of two videos to the filters that make them comparable; docs/preparing.md has the rules."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import VmafError, VmafNotSupportedError
from ..frames import layout_of
from ..pairs.facts import Facts
from ..video.base import Video, VideoFormat
from .colour import Colour, colours, convert
from .errors import PrepareError
from .facts import facts_of_video
from .geometry import Geometry, geometries, same_shape
from .graph import has_filter
from .pixels import is_rgb, pixel_format
from .preparation import Preparation, Side, Step
from .settings import Prepare, Settings, Size, check_prepare

#: What a side is read in where its own chroma is not scored; RGB is 4:4:4.
NEAREST_CHROMA = {"rgb": "444", "411": "422", "440": "444", "410": "420"}
SHAPES = "crop one of them, or say the size that both are scaled to and that shapes may differ: " + (
    'prepare={"size": (width, height), "aspect": False}'
)
SWSCALE = "accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"


@dataclass(frozen=True)
class Target:
    """What both sides become."""

    format: VideoFormat
    colour: Colour

    @property
    def pixel(self) -> str:
        """FFmpeg's name of the pixel format that leaves the scaler; of grey it is not the last."""
        return pixel_format("444" if self.format.chroma == "400" else self.format.chroma, self.format.bpc)


def plan_preparation(ref: Video | Facts, dist: Video | Facts, prepare: Prepare = "auto") -> Preparation | None:
    """What makes the pair comparable, by the rules of docs/preparing.md.

    Args:
        ref: the facts of the reference, or the video, open and not read yet; one on
            disk is looked into.
        dist: likewise.
        prepare: "auto", "none" or a mapping, see `Settings`; a preparation is given back.

    Returns:
        The preparation; None if nothing is asked for, or nothing is to be done.

    Raises:
        PrepareError: no stated rule makes the pair comparable.
        VmafValueError: `prepare` has an unknown key or value.
    """
    settings = check_prepare(prepare)
    if settings is None or isinstance(settings, Preparation):
        return settings
    a, b = (one if isinstance(one, Facts) else facts_of_video(one, settings.crop) for one in (ref, dist))
    _check_library(settings)
    for facts in (a, b):
        _check_fields(facts, settings)
    *own, coded = colours(a, b, settings)
    cuts = geometries(a, b, settings)
    if settings.aspect and not same_shape(*cuts):
        shapes = " and ".join(f"{cut.size[0]}x{cut.size[1]} ({cut.shape:.3f}:1)" for cut in cuts)
        raise PrepareError(b.path, b.stream, f"the pictures have different shapes, {shapes}", SHAPES)
    target = _target(cuts, coded, settings)
    made = Preparation(*(_side(cut, colour, target, settings) for cut, colour in zip(cuts, own, strict=True)))
    return made if made.ref.steps or made.dist.steps else None


def _check_library(settings: Settings) -> None:
    if settings.library == "zscale" and not has_filter("zscale"):
        raise VmafNotSupportedError('PyAV\'s FFmpeg was built without zscale; leave "library" out for swscale')


def _check_fields(facts: Facts, settings: Settings) -> None:
    if facts.interlaced and settings.deinterlace is None:
        raise PrepareError(
            facts.path,
            facts.stream,
            "the video is tagged as interlaced, and models are made for progressive pictures",
            'prepare={"deinterlace": "bwdif"} makes frames of fields, {"deinterlace": False} compares fields as woven',
        )


def _target(cuts: tuple[Geometry, Geometry], colour: Colour, settings: Settings) -> Target:
    ref, dist = cuts[0].facts, cuts[1].facts
    width, height = settings.size or cuts[0].size
    chroma = settings.chroma or NEAREST_CHROMA.get(ref.chroma, ref.chroma)
    depth = settings.depth or min(max(ref.depth, dist.depth), 16)
    return Target(VideoFormat(width, height, chroma, depth), colour)


def _side(cut: Geometry, colour: Colour, target: Target, settings: Settings) -> Side:
    facts = cut.facts
    steps = []
    if facts.interlaced and settings.deinterlace != "off":
        steps.append(Step(f"{settings.deinterlace}=mode=send_frame", "the video is interlaced"))
    steps += cut.steps()
    size = target.format.width, target.format.height
    reasons = _conversions(cut, colour, target, size)
    if reasons:
        scale = _zscale if settings.library == "zscale" else _swscale
        filters = f"{scale(cut, colour, target, settings)},format={target.pixel}"
        steps.append(Step(filters, "; ".join(reasons)))
    if steps and target.format.chroma == "400":
        steps.append(Step("extractplanes=y", "luma alone is compared"))
    return Side(
        input=facts.pixel_format,
        size=(facts.width, facts.height),
        picture=cut.size,
        depth=facts.depth,
        output=target.format,
        steps=tuple(steps),
        assumed=colour.assumed,
        range=target.colour.range,
        matrix=target.colour.matrix,
        aspect=1.0 if settings.size else cut.aspect,
        opaque=_has_alpha(facts) and settings.alpha == "refuse",
    )


def _conversions(cut: Geometry, colour: Colour, target: Target, size: Size) -> list[str]:
    """What the scaler has to change, in words; nothing where samples can be taken as they are."""
    facts, want = cut.facts, target.format
    reasons = []
    if cut.size != size:
        reasons.append(f"{cut.size[0]}x{cut.size[1]} is scaled to {size[0]}x{size[1]}")
    if is_rgb(facts.pixel_format):
        reasons.append(f"{facts.pixel_format} is RGB, made {want.chroma} {target.colour}")
    elif NEAREST_CHROMA.get(facts.chroma, facts.chroma) != want.chroma or facts.chroma in NEAREST_CHROMA:
        reasons.append(f"chroma {facts.chroma} becomes {want.chroma}")
    if facts.depth != want.bpc:
        reasons.append(f"{facts.depth} bits become {want.bpc}")
    if not is_rgb(facts.pixel_format):
        reasons += convert(colour, target.colour)
    if _has_alpha(facts):
        reasons.append("alpha is left out")
    if not reasons and not _is_read(facts.pixel_format):
        reasons.append(f"{facts.pixel_format} becomes {target.pixel}")
    return reasons


def _has_alpha(facts: Facts) -> bool:
    """Whether there is alpha; a palette may have it per colour."""
    return facts.alpha or facts.pixel_format == "pal8"


def _is_read(pixel: str) -> bool:
    try:
        layout_of(pixel)
    except VmafError:
        return False
    return True


def _swscale(cut: Geometry, colour: Colour, target: Target, settings: Settings) -> str:
    options = [f"scale=w={target.format.width}:h={target.format.height}", f"flags={settings.scaler}+{SWSCALE}"]
    options += [f"out_range={target.colour.range}", f"out_color_matrix={target.colour.matrix}"]
    if not is_rgb(cut.facts.pixel_format):
        options += [f"in_range={colour.range}", f"in_color_matrix={colour.matrix}"]
    return ":".join(options)


ZSCALE_MATRICES = {"bt601": "470bg", "bt709": "709", "bt2020": "2020_ncl"}
ZSCALE_FILTERS = {"bicubic": "bicubic", "bilinear": "bilinear", "lanczos": "lanczos", "spline": "spline36",
                  "neighbor": "point"}  # fmt: skip


def _zscale(cut: Geometry, colour: Colour, target: Target, settings: Settings) -> str:
    if settings.scaler not in ZSCALE_FILTERS:
        remedy = f"take one of {', '.join(ZSCALE_FILTERS)}, or swscale"
        raise PrepareError(cut.facts.path, cut.facts.stream, f"zscale has no scaler {settings.scaler!r}", remedy)
    options = [f"zscale=w={target.format.width}:h={target.format.height}:filter={ZSCALE_FILTERS[settings.scaler]}"]
    options += [f"rangein={colour.range}", f"range={target.colour.range}", "dither=none"]
    if not is_rgb(cut.facts.pixel_format):
        options.append(f"matrixin={ZSCALE_MATRICES[colour.matrix]}")
    return ":".join([*options, f"matrix={ZSCALE_MATRICES[target.colour.matrix]}"])
