# SPDX-License-Identifier: BSD-2-Clause-Patent
"""From a path to segments and events, with how sure the pictures are of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from .alignment import Alignment, Event, Segment
from .match import Matching, match
from .runs import Run, runs_of, within
from .signature import Signatures, coarse
from .viterbi import FOREIGN, regular_steps

#: Rates that are found without a file's saying so: halves, film to 25, 30, 50 and 60, and back.
USUAL = [
    Fraction(a, b) for a, b in ((1, 2), (2, 1), (4, 5), (5, 4), (2, 5), (5, 2), (24, 25), (25, 24), (5, 6), (6, 5))
]
#: Numbers of frames hint at a rate that is as near, where clocks leave more of them unexplained than a cut does.
HINT, CUT = 0.07, 0.15
#: Rates nearer to one than this are one: 24 and 24000/1001.
SAME = 0.004
#: Nats that tell a place from the one beside it with some certainty; nats that one frame may bring at most.
TELLING, MOST = 6.0, 20.0
#: The longest pattern of steps that is looked for.
PATTERN = 64


def align(ref: Signatures, dist: Signatures, ref_rate: Fraction | None, dist_rate: Fraction | None) -> Alignment:
    """Match all frames of two videos; `*_rate`: frames per second, as far as known."""
    if not len(ref) or not len(dist):
        return Alignment(len(ref), len(dist), "1", (), (), 0.0, 0.0)
    matching = match(ref, dist, candidates(len(ref), len(dist), ref_rate, dist_rate))
    runs = runs_of(matching)
    segments = tuple(_segment(matching, run) for run in runs)
    events = tuple(_events(matching, runs, len(ref), len(dist)))
    frames = sum(s.dist[1] - s.dist[0] for s in segments)
    sure = sum(s.confidence * (s.dist[1] - s.dist[0]) for s in segments) / frames if frames else 0.0
    gain, offset = _line(matching, dist)
    return Alignment(
        len(ref), len(dist), str(matching.rate), segments, events, round(matching.similarity, 6), round(sure, 4),
        (round(gain, 4), round(offset, 3)),
    )  # fmt: skip


def _line(matching: Matching, dist: Signatures) -> tuple[float, float]:
    """Gain and offset of the tone curve where the distorted video has its values."""
    low, high = np.quantile(coarse(dist.lumas[:: max(1, len(dist) // 500)]), (0.1, 0.9))
    if high - low < 1:
        return 1.0, 0.0
    below, above = np.interp([low, high], np.arange(len(matching.curve)), matching.curve)
    gain = float((above - below) / (high - low))
    return gain, float(below - gain * low)


def candidates(ref: int, dist: int, ref_rate: Fraction | None, dist_rate: Fraction | None) -> list[Fraction]:
    """Rates to try: one, that of the clocks, and those that numbers of frames hint at: more where no clock is known."""
    hinted = [rate for rate in USUAL if abs(ref / dist / rate - 1) < HINT]
    if ref_rate and dist_rate:
        clocks = (ref_rate / dist_rate).limit_denominator(1001)
        found = [clocks, *(hinted if abs(ref / dist / clocks - 1) > CUT else [])]
    else:
        found = hinted
    out = [Fraction(1)]
    for rate in found:
        near = next((usual for usual in [Fraction(1), *USUAL] if abs(rate / usual - 1) < SAME), rate)
        if near not in out and Fraction(1, 16) <= near <= 16:
            out.append(near)
    return out


def _segment(matching: Matching, run: Run) -> Segment:
    steps = tuple(b - a for a, b in pairwise(run.refs))
    period = next((p for p in range(1, PATTERN) if steps[p:] == steps[:-p]), len(steps)) if steps else 0
    ref = (run.refs[0], run.refs[-1] + 1)
    return Segment(ref, (run.dist, run.stop), steps[:period] or (1,), round(_confidence(matching, run), 4))


def _confidence(matching: Matching, run: Run) -> float:
    """How much worse the run fits a frame or more to either side."""
    step = max(1, math.ceil(matching.rate))
    count = matching.path.refs.size and len(matching.distances.ref)
    worst = math.inf
    for shift in (-2 * step, -step, step, 2 * step):
        nats = 0.0
        for k, ref in enumerate(run.refs):
            if 0 <= ref + shift < count:
                nats += min(matching.cost(ref + shift, run.dist + k) - matching.cost(ref, run.dist + k), MOST)
            else:
                nats += 1.0  # there is no such frame, which speaks against the shift a little
        worst = min(worst, nats)
    return 1 - math.exp(-max(worst, 0.0) / TELLING)


def _events(matching: Matching, runs: Sequence[Run], ref_count: int, dist_count: int) -> list[Event]:
    if not runs:
        return []
    step = max(regular_steps(matching.rate))
    out = []
    first, last = runs[0], runs[-1]
    if first.dist == first.refs[0] > 0:
        out.append(Event("replace", (0, first.refs[0]), (0, first.dist), (first.dist, first.dist)))
    elif first.dist:
        out.append(Event("lead", (0, 0), (0, first.dist), (first.dist, first.dist)))
    if first.refs[0] >= max(1, step) and first.refs[0] != first.dist:
        out.append(Event("late", (0, first.refs[0]), (0, 0), (0, 0)))
    for before, after in pairwise(runs):
        out.append(_between(matching, before, after))
    out += _ending(matching, last, ref_count, dist_count, max(1, step))
    return out


def _between(matching: Matching, before: Run, after: Run) -> Event:
    """What happened between two runs."""
    missing = (before.refs[-1] + 1, after.refs[0])
    extra = (before.stop, after.dist)
    gap, more = missing[1] - missing[0], extra[1] - extra[0]
    foreign = bool((matching.path.modes[extra[0] : extra[1]] == FOREIGN).any())
    if not more:
        kind = "drop"
    elif foreign:
        kind = "replace" if gap else "insert"
    else:
        kind = "freeze" if gap else "duplicate"
    return Event(kind, missing if gap else (missing[0], missing[0]), extra, within(matching, before, after))


def _ending(matching: Matching, last: Run, ref_count: int, dist_count: int, step: int) -> list[Event]:
    out = []
    if last.stop < dist_count:
        frozen = not (matching.path.modes[last.stop :] == FOREIGN).any()
        rest = (last.stop, dist_count)
        missing = (last.refs[-1] + 1, ref_count)
        if frozen and missing[1] - missing[0] >= dist_count - last.stop:
            return [Event("freeze", missing, rest, (last.stop, last.stop))]
        if not frozen and missing[1] - missing[0] >= step:
            return [Event("replace", missing, rest, (last.stop, last.stop))]
        out.append(Event("duplicate" if frozen else "tail", (ref_count, ref_count), rest, (last.stop, last.stop)))
    if ref_count - (last.refs[-1] + 1) >= step:
        out.append(Event("short", (last.refs[-1] + 1, ref_count), (dist_count, dist_count), (dist_count, dist_count)))
    return out
