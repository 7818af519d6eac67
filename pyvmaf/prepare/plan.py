# SPDX-License-Identifier: BSD-2-Clause-Patent
"""From the facts of two videos to the filters that make them comparable; docs/preparing.md has the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..pairs.facts import NO_EDGES, Facts
from ..video.base import DEPTHS, Video, VideoFormat
from ..video.pair import TRANSPOSED, are_transposed
from .colour import Colour, colours
from .errors import PrepareError
from .facts import facts_of_video
from .geometry import Geometry, geometries, same_shape
from .picture import NEAREST_CHROMA, Picture, changes
from .pixels import depth_above
from .preparation import Preparation, Side, Step
from .scaler import COLORSPACE_DEPTHS, check_library, colorspace, is_recoloured, recoloured, scale
from .settings import Prepare, Settings, check_prepare

SHAPES = "crop one of them, or say the size that both are scaled to and that shapes may differ: " + (
    'prepare={"size": (width, height), "aspect": False}'
)


def plan_preparation(ref: Video | Facts, dist: Video | Facts, prepare: Prepare = "auto") -> Preparation | None:
    """What makes the pair comparable, by the rules of docs/preparing.md.

    Args:
        ref: the facts of the reference, or the video, open and not read yet; one on
            disk is looked into.
        dist: likewise.
        prepare: "auto", "none" or a mapping, see `Settings`; a preparation is given back.

    Returns:
        The preparation; None if nothing is asked for, or nothing is to be done and no tag is overruled.

    Raises:
        PrepareError: no stated rule makes the pair comparable.
        VmafValueError: `prepare` has an unknown key or value.
    """
    settings = check_prepare(prepare)
    if settings is None or isinstance(settings, Preparation):
        return settings
    a, b = (one if isinstance(one, Facts) else facts_of_video(one, settings.crop is True) for one in (ref, dist))
    check_library(settings)
    fields = _fields(a, settings, "ref"), _fields(b, settings, "dist")
    *own, coded = colours(a, b, settings)
    cuts = geometries(a, b, settings)
    if settings.aspect and not same_shape(*cuts):
        shapes = " and ".join(f"{cut.size[0]}x{cut.size[1]} ({cut.shape:.3f}:1)" for cut in cuts)
        remedy = TRANSPOSED if are_transposed(cuts[0].size, cuts[1].size) else SHAPES
        raise PrepareError(b.path, b.stream, f"the pictures have different shapes, {shapes}", remedy)
    target = _target(cuts, own, coded, settings)
    sides = zip(cuts, own, fields, strict=True)
    made = Preparation(*(_side(cut, colour, deinterlacer, target, settings) for cut, colour, deinterlacer in sides))
    return made if made.ref.steps or made.dist.steps or settings.assume else None


def _fields(facts: Facts, settings: Settings, side: str) -> str:
    """What makes frames of fields; "off" for nothing."""
    found = settings.deinterlacer(side, facts.interlaced)
    if found is None:
        raise PrepareError(
            facts.path,
            facts.stream,
            "the video is tagged as interlaced, and models are made for progressive pictures",
            'prepare={"deinterlace": "bwdif"} makes frames of fields, '
            'prepare={"deinterlace": False} compares fields as woven',
        )
    return found


#: Bits that hold what a change of matrix makes of samples of 8, so that mending adds no rounding of its own.
FINE = 10


def _target(cuts: tuple[Geometry, Geometry], own: Sequence[Colour], colour: Colour, settings: Settings) -> Picture:
    ref, dist = cuts[0].facts, cuts[1].facts
    chroma = settings.chroma or NEAREST_CHROMA.get(ref.chroma, ref.chroma)
    coloured = "400" not in (chroma, ref.chroma, dist.chroma)
    fine = FINE if coloured and any(one.matrix != colour.matrix for one in own) else 0
    depth = settings.depth or depth_above(max(ref.depth, dist.depth, fine))
    return Picture.planar(VideoFormat(*(settings.size or cuts[0].size), chroma, depth), colour)


def _side(cut: Geometry, colour: Colour, deinterlacer: str, target: Picture, settings: Settings) -> Side:
    facts = cut.facts
    first = now = Picture.of(facts, colour)
    steps: list[Step] = []
    fields, matrix = deinterlacer != "off", is_recoloured(first, target, settings)
    if fields or matrix or cut.rotation or (cut.edges != NO_EDGES and not first.is_cropped_as_it_is):
        now = first.at_hand(cut.is_on_its_side, COLORSPACE_DEPTHS if matrix else DEPTHS)
    if now is not first:
        what = "deinterlaced" if fields else "turned" if cut.rotation else "cropped" if not matrix else "converted"
        steps.append(Step(scale(first, now, settings), f"{first.pixel} is made {now.pixel} to be {what}"))
    if fields:
        steps.append(Step(f"{deinterlacer}=mode=send_frame", "frames are made of fields"))
    if matrix:
        then = recoloured(now, target)
        steps.append(Step(colorspace(now, then), "; ".join(changes(now, then))))
        now = then
    steps += cut.steps()
    now = replace(now, size=cut.size)
    if reasons := changes(now, target):
        steps.append(Step(scale(now, target, settings), "; ".join(reasons)))
    if steps and target.chroma == "400":
        steps.append(Step("extractplanes=y", "luma alone is compared"))
    return Side(
        input=facts.pixel_format,
        size=first.size,
        picture=cut.size,
        depth=facts.depth,
        output=VideoFormat(*target.size, target.chroma, target.depth),
        steps=tuple(steps),
        assumed=colour.assumed,
        range=target.colour.range,
        matrix=target.colour.matrix,
        aspect=1.0 if settings.size else cut.aspect,
        opaque=first.alpha and settings.alpha == "refuse",
    )
