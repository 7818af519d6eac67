# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames woven of two fields from different times: they are combed where the other side is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .alignment import Alignment
from .facts import Facts
from .signature import Signatures
from .tags import SIDES
from .verdict import Finding

#: Share of combed samples, beyond thrice what the other side has, from which a frame is woven; and where the other
#: side is of another height, as scaling makes lines that go up and down of what was finer.
WOVEN, WOVEN_SCALED = 0.004, 0.03
#: So many woven frames, and such a share of all, are no accident of compression.
ENOUGH, SHARE = 6, 0.01
Frames = NDArray[np.int64]


def woven_frames(ref: Signatures, dist: Signatures, alignment: Alignment, *, scaled: bool) -> dict[str, Frames]:
    """Numbers of the woven frames of both sides ("ref", "dist"); none where there are too few to mean anything.

    `scaled`: whether they have different numbers of lines for the same picture.
    """
    least = WOVEN_SCALED if scaled else WOVEN
    shown = np.array([pair for segment in alignment.segments for pair in segment.shown()], np.int64).reshape(-1, 2)
    usual = {"ref": _usual(ref.combs, shown[:, 0]), "dist": _usual(dist.combs, shown[:, 1])}
    partner = {"ref": np.full(len(ref), usual["dist"]), "dist": np.full(len(dist), usual["ref"])}
    partner["ref"][shown[:, 0]] = dist.combs[shown[:, 1]]
    partner["dist"][shown[:, 1]] = ref.combs[shown[:, 0]]
    found = {
        "ref": np.flatnonzero(ref.combs > least + 3 * partner["ref"]),
        "dist": np.flatnonzero(dist.combs > least + 3 * partner["dist"]),
    }
    counts = {"ref": len(ref), "dist": len(dist)}
    return {
        side: frames if len(frames) >= max(ENOUGH, SHARE * counts[side]) else frames[:0]
        for side, frames in found.items()
    }


def _usual(combs: NDArray[np.float32], frames: Frames) -> float:
    """For frames that match none."""
    return float(np.median(combs[frames])) if len(frames) else 0.0


def woven_findings(ref: Facts, dist: Facts, woven: Mapping[str, Frames]) -> Iterator[Finding]:
    """Pulldown and interlacing."""
    for side, facts in (("ref", ref), ("dist", dist)):
        frames = woven[side]
        if facts.interlaced or not len(frames):
            continue
        code, what, do = "interlaced", "frames are woven of two fields, though no tag says so", "deinterlace"
        if is_pulldown(ref, dist, frames):
            code, what, do = "telecine", "of five frames, two are woven of two pictures", "detelecine"
        yield Finding(
            code, "request", f"{what} in {SIDES[side]}",
            {"side": side, "count": len(frames), "frames": frames[:50].tolist()}, {"do": do, "side": side},
        )  # fmt: skip


def first_field(facts: Facts, woven: Frames, *, pulldown: bool) -> int | None:
    """The field that a deinterlacer makes frames of: 0 for the even lines, 1 for the odd ones; None: not interlaced."""
    if facts.interlaced:
        return 1 if facts.field_order == "bottom" else 0
    return 0 if len(woven) and not pulldown else None


#: Rates, reference frames per distorted frame, of film beside its pulldown.
PULLDOWN = (Fraction(4, 5), Fraction(5, 4))


def is_pulldown(ref: Facts, dist: Facts, frames: Frames) -> bool:
    """Whether woven frames are those of a pulldown: by the clocks, or, where they are the same, by which frames are.

    Pulldown weaves two neighbours of every five, so none is woven two or three after a woven one, and of those five
    after all. Interlacing weaves all that move.
    """
    clocks = ref.rate / dist.rate if ref.rate and dist.rate else Fraction(1)
    if clocks in PULLDOWN:
        return True
    apart = {by: len(np.intersect1d(frames, frames + by)) for by in (2, 3, 5)}
    return clocks == 1 and 2 * (apart[2] + apart[3]) < apart[5]
