# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Findings that follow from the facts of both files alone, and from colours that were measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .colours import Measured
from .facts import Facts
from .verdict import Finding

#: Bits of samples that are scored; RGB may have fewer, floating point more.
LEAST_DEPTH, MOST_DEPTH = 8, 16
SIDES = {"ref": "the reference", "dist": "the distorted video"}


def tag_findings(
    ref: Facts, dist: Facts, measured: Measured | None, overruled: Sequence[str] = ()
) -> Iterator[Finding]:
    """Sizes, samples, colours, fields, clocks; `overruled`: the sides whose rotation pictures contradict."""
    yield from (one for one in _rotation(ref, dist) if one.step and one.step["side"] not in overruled)
    if "rgb" not in (ref.chroma, dist.chroma):  # which becomes what the other side is
        yield from _range(ref, dist, measured)
        yield from _matrix(ref, dist, measured)
    yield from _transfer(ref, dist, measured)
    yield from _samples(ref, dist)
    yield from _fields(ref, dist)
    yield from _asides(ref, dist)


def _rotation(ref: Facts, dist: Facts) -> Iterator[Finding]:
    for side, facts in (("ref", ref), ("dist", dist)):
        if not facts.rotation or ref.rotation == dist.rotation:
            continue
        text, degrees = f"{SIDES[side]} is to be turned by {facts.rotation} degrees when shown", facts.rotation
        if degrees % 90:
            text, degrees = f"{text}, which is no quarter turn: it is taken as it is stored", 0
        yield Finding(
            "rotation", "step", text, {"ref": ref.rotation, "dist": dist.rotation},
            {"do": "rotate", "side": side, "degrees": degrees},
        )  # fmt: skip


def _range(ref: Facts, dist: Facts, measured: Measured | None) -> Iterator[Finding]:
    evidence = {"ref": ref.range, "dist": dist.range}
    differ = bool(ref.range and dist.range and ref.range != dist.range)
    if measured is not None:
        evidence["samples"] = "alike" if measured.range is None else "{} against {}".format(*measured.range)
    if measured is not None and measured.range:
        own, other = measured.range
        tagged = "as they are tagged" if (dist.range, ref.range) == (own, other) else "whatever the tags say"
        yield Finding(
            "range", "step", f"the distorted samples are of {own} range, those of the reference {other}, {tagged}",
            evidence, {"do": "range", "side": "dist", "from": own, "to": other},
        )  # fmt: skip
    elif differ and measured is None:
        yield Finding(
            "range", "step", f"ranges differ: {ref.range} and {dist.range} (distorted)", evidence,
            {"do": "range", "side": "dist", "from": dist.range, "to": ref.range},
        )  # fmt: skip
    elif differ:
        yield Finding(
            "range_tag", "step", f"ranges are tagged {ref.range} and {dist.range}, yet samples are alike: one is wrong",
            evidence, {"do": "assume", "side": "dist", "range": ref.range},
        )  # fmt: skip


def _matrix(ref: Facts, dist: Facts, measured: Measured | None) -> Iterator[Finding]:
    evidence = {"ref": ref.matrix, "dist": dist.matrix}
    differ = bool(ref.matrix and dist.matrix and ref.matrix != dist.matrix)
    if measured is not None and measured.matrix:
        own, other = measured.matrix
        if differ or not (ref.matrix and dist.matrix):
            # Which two they are is known from tags where there are tags.
            own, other = dist.matrix or own, ref.matrix or other
        evidence["samples"] = "{} against {}".format(*measured.matrix)
        if own != other:
            yield Finding(
                "matrix", "step", f"the distorted samples are of matrix {own}, those of the reference {other}",
                evidence, {"do": "matrix", "side": "dist", "from": own, "to": other},
            )  # fmt: skip
    elif differ:
        evidence["samples"] = "alike" if measured is not None else None
        yield Finding(
            "matrix_tag", "step", f"matrices are tagged {ref.matrix} and {dist.matrix}, but samples are alike or grey",
            evidence, {"do": "assume", "side": "dist", "matrix": ref.matrix},
        )  # fmt: skip


#: Primaries of wide gamuts.
WIDE = ("bt2020", "smpte428", "smpte431", "smpte432")


def wide_apart(ref: Facts, dist: Facts) -> bool:
    """Whether tags say that primaries differ, and one gamut is wide."""
    a, b = ref.primaries, dist.primaries
    return bool(a and b and a != b and (a in WIDE or b in WIDE))


def _transfer(ref: Facts, dist: Facts, measured: Measured | None) -> Iterator[Finding]:
    a, b = ref.transfer or "SDR", dist.transfer or "SDR"
    if a != b:
        yield Finding(
            "transfer", "refusal", f"the reference is {a}, the distorted video {b}; their light cannot be compared",
            {"ref": ref.transfer, "dist": dist.transfer},
        )  # fmt: skip
    elif wide_apart(ref, dist):
        yield Finding(
            "primaries", "refusal",
            f"the primaries of the reference are {ref.primaries}, of the distorted video {dist.primaries}; their "
            "colours cannot be compared",
            {"ref": ref.primaries, "dist": dist.primaries},
        )  # fmt: skip
    elif ref.hdr:
        yield Finding("hdr", "warning", f"both are {a}; the models were made for SDR", {"transfer": a})
    elif measured is not None and measured.luma_changed:
        yield Finding(
            "luma", "warning",
            f"brightness or contrast differ: the reference's luma is {measured.gain:.3g} times the distorted one "
            f"{measured.offset:+.3g}",
            {"gain": measured.gain, "offset": measured.offset},
        )  # fmt: skip


def _samples(ref: Facts, dist: Facts) -> Iterator[Finding]:
    depths = [min(max(facts.depth, LEAST_DEPTH), MOST_DEPTH) for facts in (ref, dist)]
    if depths[0] != depths[1]:
        side, bits = "ref" if depths[0] < depths[1] else "dist", max(depths)
        yield Finding(
            "depth", "step", f"samples have {ref.depth} and {dist.depth} (distorted) bits",
            {"ref": ref.depth, "dist": dist.depth}, {"do": "depth", "side": side, "bits": bits},
        )  # fmt: skip
    if ref.chroma != dist.chroma:
        side, to = ("ref", dist.chroma) if ref.chroma == "rgb" else ("dist", ref.chroma)
        yield Finding(
            "chroma", "step", f"chroma is {ref.chroma} and {dist.chroma} (distorted)",
            {"ref": ref.chroma, "dist": dist.chroma}, {"do": "chroma", "side": side, "to": to},
        )  # fmt: skip
    for side, facts in (("ref", ref), ("dist", dist)):
        if facts.alpha:
            yield Finding("alpha", "note", f"{SIDES[side]} has alpha, which is left out", {"side": side})


def _fields(ref: Facts, dist: Facts) -> Iterator[Finding]:
    for side, facts in (("ref", ref), ("dist", dist)):
        if facts.interlaced:
            yield Finding(
                "interlaced", "request", f"{SIDES[side]} is interlaced, {facts.field_order} field first",
                {"side": side, "field_order": facts.field_order}, {"do": "deinterlace", "side": side},
            )  # fmt: skip


def _asides(ref: Facts, dist: Facts) -> Iterator[Finding]:
    for side, facts in (("ref", ref), ("dist", dist)):
        if facts.film_grain:
            yield Finding(
                "film_grain", "warning", f"{SIDES[side]} has film grain that the decoder makes up", {"side": side}
            )
        if facts.constant_rate is False:
            yield Finding("clock", "note", f"frames of {SIDES[side]} do not last equally long", {"side": side})
        if facts.edit_list:
            yield Finding(
                "edit_list", "note", f"{SIDES[side]} has an edit list; {facts.hidden_frames} frames are not shown",
                {"side": side, "hidden_frames": facts.hidden_frames},
            )  # fmt: skip
