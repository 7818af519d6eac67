# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Are two videos in step? Told from the first seconds and from some later ones, while they are scored.

An observer of pairs of lumas, so cheap that it is always on: it adds up six lines for each row of
18x32 values, and looks whether the n-th frame fits the n-th best. Only where it does not, frames are matched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .align import align
from .alignment import Alignment, Event, Span
from .distance import NOTHING, expected, normalised, strange_from
from .match import is_faint
from .signature import COLUMNS, ROWS, Floats, Signatures, fine, product

#: So many frames are looked at, from the first on; after them so many of every so many: what was dropped or inserted
#: shows ever after.
FRAMES = 120
LATER, EVERY = 60, 600
#: Fewer than these tell nothing.
FEWEST = 8
#: Below this correlation the two are not of one content, or not of one part of it.
UNLIKE = 0.8
#: Below this one, pictures that are all but even do not tell.
LIKE = 0.95
#: A pair is refused only if its frames would fit so much worse beside where they are found.
SURE = 0.95
#: Lines that are added up for a row, at most: a tenth of 1080p's.
LINES = 6
#: This share of frames has to fit best, or about so, where they are.
FITTING = 0.95
ONE = Fraction(1)


@dataclass(frozen=True)
class CheckResult:
    """What some frames say."""

    in_step: bool
    """Whether the n-th frame belongs to the n-th; also when the pictures do not tell."""
    unlike: bool
    """Whether the two show different things."""
    alignment: Alignment | None
    """How they match, where that had to be looked for."""
    text: str
    """A sentence: what is wrong and what mends it; "" when nothing is."""
    late: bool = False
    """Whether they are not the first that were looked at."""


def thumbnail(luma: NDArray[Any], depth: int) -> Floats:
    """(18, 32) averages over some lines of a luma plane of at least 32x32, in 8-bit units."""
    height, width = luma.shape
    period = height // ROWS
    lines = min(period, LINES)
    total = np.zeros((ROWS, width), np.uint32 if luma.itemsize > 1 else np.uint16)
    for i in range(lines):
        first = (2 * i + 1) * period // (2 * lines)
        total += luma[first : first + ROWS * period : period][:ROWS]
    across = np.arange(COLUMNS + 1) * width // COLUMNS
    out: Floats = np.add.reduceat(total, across[:-1], axis=1, dtype=np.uint32).astype(np.float32)
    out /= (np.diff(across) * (lines << (depth - 8))).astype(np.float32)
    return out


class Check:
    """An observer of pairs that are scored, in order.

    Args:
        depth: bits of a sample.
        frames: so many pairs are looked at; their signatures take 2.3 KB per pair.
        first: the index of the first of them.
        rate: reference frames per distorted frame by the clocks.
    """

    def __init__(self, depth: int, frames: int = FRAMES, first: int = 0, rate: Fraction = ONE) -> None:
        self.depth, self.frames, self.first, self.rate = depth, frames, first, rate
        self._thumbnails: tuple[list[NDArray[np.uint16]], list[NDArray[np.uint16]]] = ([], [])
        self._result: CheckResult | None = None

    @property
    def wants(self) -> bool:
        """Whether more frames are looked at."""
        return self._result is None and len(self._thumbnails[0]) < self.frames

    def add(self, index: int, ref: NDArray[Any], dist: NDArray[Any]) -> None:
        """Look at the lumas (height, width) of pair `index`; those out of order or beyond the last are left out."""
        expected_index = self.first + len(self._thumbnails[0])
        if not self.wants or index != expected_index or min(ref.shape) < COLUMNS or ref.shape != dist.shape:
            return
        for side, luma in zip(self._thumbnails, (ref, dist), strict=True):
            side.append(fine(thumbnail(luma, self.depth)))

    def result(self) -> CheckResult:
        """What the frames so far say; from then on no more are looked at."""
        if self._result is None:
            self._result = self._judge()
        return self._result

    def _judge(self) -> CheckResult:
        count = len(self._thumbnails[0])
        if count < FEWEST:
            return CheckResult(True, False, None, "")
        nothing = np.zeros(count, np.float32)
        ref, dist = (Signatures(np.stack(side), None, nothing, nothing) for side in self._thumbnails)
        if fits(ref, dist):
            return CheckResult(True, False, None, "")
        alignment = align(ref, dist, self.rate, ONE)
        if (rate := Fraction(alignment.rate)) != 1:  # one side goes beyond what was looked at of the other
            ref, dist = _first(ref, math.ceil(count * rate)), _first(dist, math.ceil(count / rate))
            alignment = align(ref, dist, rate, ONE)
        if alignment.similarity < LIKE and is_faint(ref) and is_faint(dist):
            return CheckResult(True, False, alignment, "")
        if alignment.similarity < UNLIKE:
            which = (
                f"the first {count} frames" if not self.first else f"frames {self.first} to {self.first + count - 1}"
            )
            what = "show different things, or other parts of one picture"
            text = f"{which} {what} (similarity {alignment.similarity:.2f})"
            return CheckResult(False, True, alignment, f"{text}; `pyvmaf inspect` says more")
        # At the end of what was looked at, frames that are late or early are missing on one side.
        events = [e for e in alignment.events if e.kind not in ("short", "tail")]
        if (not events and alignment.rate == "1") or alignment.confidence < SURE:
            return CheckResult(True, False, alignment, "")
        what = "; ".join(self._told(e) for e in events[:3])
        if alignment.rate != "1":
            what = f"one distorted frame stands for {alignment.rate} reference frames"
        elif all(e.kind == "replace" and _length(e.ref) == _length(e.dist) for e in events):
            text = f'{what}: they count as distortion; align="auto" leaves them out'
            return CheckResult(True, False, alignment, text)
        return CheckResult(False, False, alignment, f'frames are out of step: {what}; align="auto" matches them')

    def _told(self, event: Event) -> str:
        """The event in numbers of the whole videos."""
        first = self.first
        if first and event.kind in ("late", "lead"):
            ref, dist = first + event.ref[1], first + event.dist[1]
            return f"distorted frame {dist} shows reference frame {ref}"
        spans = (_moved(span, first) for span in (event.ref, event.dist, event.within))
        return str(Event(event.kind, *spans))


def _first(of: Signatures, count: int) -> Signatures:
    return Signatures(of.lumas[:count], None, of.details[:count], of.combs[:count])


def _length(span: Span) -> int:
    return span[1] - span[0]


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


class Watch:
    """Checks of the first pairs of a run, wherever it begins, and of some later on.

    Args:
        depth: bits of a sample.
        late: whether earlier ones were looked at before.
        rate: reference frames per distorted frame by the clocks.
    """

    def __init__(self, depth: int, *, late: bool = False, rate: Fraction = ONE) -> None:
        self.depth, self._late, self.rate = depth, late, rate
        self._check: Check | None = None
        self._next = 0

    def add(self, index: int, ref: NDArray[Any], dist: NDArray[Any]) -> CheckResult | None:
        """Look at the lumas of the next pair; what is known now that was not before."""
        if index < self._next:
            return None
        if self._check is None:
            self._check = Check(self.depth, LATER if self._late else FRAMES, index, self.rate)
        self._check.add(index, ref, dist)
        return None if self._check.wants else self.end()

    def end(self) -> CheckResult | None:
        """What those say that were not judged yet."""
        if self._check is None:
            return None
        found = replace(self._check.result(), late=self._late)
        self._next = self._check.first + self._check.frames + EVERY - LATER
        self._check, self._late = None, True
        return found


def fits(ref: Signatures, dist: Signatures) -> bool:
    """Whether the n-th frame fits the n-th as well as any, in nearly all places."""
    a, b = normalised(ref.lumas), normalised(dist.lumas)
    apart = np.einsum("ij,ij->i", a, a)[None] + np.einsum("ij,ij->i", b, b)[:, None] - 2 * product(b, a.T)
    apart = np.maximum(apart, 0) / a.shape[1]
    own, least = np.diagonal(apart), apart.min(axis=1)
    variances = expected(least)
    good = (own - least <= NOTHING * variances) & (least < strange_from(variances, float(np.median(apart))))
    return bool(good.mean() >= FITTING) and float((a * b).mean()) > UNLIKE * float((a * a).mean())
