# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames that were mixed of two, as rate conversion by blending makes them: they belong to neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .align import SAME
from .alignment import Alignment
from .distance import Chunked, Floats
from .facts import Facts
from .signature import Signatures, coarse
from .verdict import Finding

#: A mixture has at least so much of either frame, and leaves at most this share of what either alone would.
SHARE, REST = 0.15, 0.3
#: Mean squared difference of neighbours, in 8-bit luma, below which a mixture of them cannot be told.
MOVES = 1.0
#: So many mixtures, and this share of the frames that tell, are no accident.
ENOUGH, OFTEN = 8, 0.15


def mixed_frames(ref: Signatures, dist: Signatures, alignment: Alignment) -> tuple[NDArray[np.int64], int]:
    """Distorted frames that show two neighbouring reference frames at once; and how many frames could tell."""
    gain, offset = alignment.curve
    shown = np.array([pair for s in alignment.segments for pair in s.shown()], np.int64).reshape(-1, 2)
    found, telling = [shown[:0, 1]], 0
    for first in range(0, len(shown), Chunked.SIZE):
        i, j = shown[first : first + Chunked.SIZE].T
        at = coarse(ref.lumas[i])
        apart = gain * coarse(dist.lumas[j]) + np.float32(offset) - at
        steps = [coarse(ref.lumas[np.clip(i + k, 0, len(ref) - 1)]) - at for k in (-1, 1)]
        (before, moves_before), (after, moves_after) = (_mixtures(apart, step) for step in steps)
        found.append(j[before | after])
        telling += int((moves_before | moves_after).sum())
    return np.concatenate(found), telling


def _mixtures(apart: Floats, step: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which frames lie between two, and of which these are far enough apart to tell."""
    own, energy, along = ((a * b).mean(axis=1) for a, b in ((apart, apart), (step, step), (apart, step)))
    share = along / np.maximum(energy, 1e-6)
    rest = own - share * along
    between = (share > SHARE) & (share < 1 - SHARE) & (rest < REST * np.minimum(own, own - 2 * along + energy))
    return between & (energy > MOVES), energy > MOVES


def blend_findings(
    ref: Facts, dist: Facts, mixed: tuple[NDArray[np.int64], int], woven: Mapping[str, NDArray[np.int64]]
) -> Iterator[Finding]:
    """Blending; of woven frames low-pass pictures cannot tell, so it is not looked for where there are any."""
    frames, telling = mixed
    if len(frames) < max(ENOUGH, OFTEN * telling) or any(len(side) for side in woven.values()):
        return
    counts = Fraction(ref.frame_count or 1, dist.frame_count or 1)
    rate = ref.rate / dist.rate if ref.rate and dist.rate else counts
    text = f"{len(frames)} of {telling} distorted frames that move show two neighbouring reference frames at once"
    evidence = {"count": len(frames), "of": telling, "frames": frames[:50].tolist()}
    if abs(rate - 1) > SAME:
        remedy = "score a version whose rate was converted by repeating or dropping frames"
        yield Finding(
            "blended", "refusal", f"{text}: rates were converted by blending, or fields woven; {remedy}", evidence
        )
    else:
        yield Finding("blended", "warning", f"{text}: they are blurred over time", evidence)
