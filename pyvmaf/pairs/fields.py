# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames woven of two fields from different times: they are combed where the other side is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from .alignment import Alignment
from .facts import Facts
from .signature import Signatures
from .tags import SIDES
from .verdict import Finding

#: Share of combed samples, beyond thrice what the other side has, from which a frame is woven.
WOVEN = 0.01
#: So many woven frames are no accident.
ENOUGH = 4
#: Pulldown weaves two of five frames; interlacing all that move. The share is taken near woven frames.
BETWEEN, NEAR = 0.65, 3

Frames = NDArray[np.int64]


def woven_frames(ref: Signatures, dist: Signatures, alignment: Alignment) -> dict[str, Frames]:
    """Numbers of the woven frames of both sides ("ref", "dist"); none where there are too few to mean anything."""
    shown = np.array([pair for segment in alignment.segments for pair in segment.shown()], np.int64).reshape(-1, 2)
    usual = {"ref": _usual(ref.combs, shown[:, 0]), "dist": _usual(dist.combs, shown[:, 1])}
    partner = {"ref": np.full(len(ref), usual["dist"]), "dist": np.full(len(dist), usual["ref"])}
    partner["ref"][shown[:, 0]] = dist.combs[shown[:, 1]]
    partner["dist"][shown[:, 1]] = ref.combs[shown[:, 0]]
    found = {
        "ref": np.flatnonzero(ref.combs > WOVEN + 3 * partner["ref"]),
        "dist": np.flatnonzero(dist.combs > WOVEN + 3 * partner["dist"]),
    }
    return {side: frames if len(frames) >= ENOUGH else frames[:0] for side, frames in found.items()}


def _usual(combs: NDArray[np.float32], frames: Frames) -> float:
    """For frames that match none."""
    return float(np.median(combs[frames])) if len(frames) else 0.0


def woven_findings(ref: Facts, dist: Facts, woven: Mapping[str, Frames]) -> Iterator[Finding]:
    """Pulldown and interlacing."""
    for side, facts in (("ref", ref), ("dist", dist)):
        frames = woven[side]
        if facts.interlaced or not len(frames):
            continue
        around = np.unique(frames[:, None] + np.arange(-NEAR, NEAR + 1)[None])
        share = len(frames) / len(around)
        code, what, do = "telecine", "of five frames, two are woven of two pictures", "detelecine"
        if share > BETWEEN:
            code, what, do = "interlaced", "frames are woven of two fields, though no tag says so", "deinterlace"
        yield Finding(
            code, "request", f"{what} in {SIDES[side]}",
            {"side": side, "share": round(share, 3), "count": len(frames), "frames": frames[:50].tolist()},
            {"do": do, "side": side},
        )  # fmt: skip
