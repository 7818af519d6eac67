# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A path as runs of frames that go on regularly: those that the pictures bear out, with ends where they fit best.

The path is the most probable one, but encoders do not err at random: they repeat pictures,
and may for a while show an earlier frame better than the right one. So an interruption has to
make a difference that is large beside the usual one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .alignment import Span
from .match import Matching
from .viterbi import FOREIGN, MATCH, regular_steps

#: A place of an event that costs less than this more (nats) is as good.
AS_GOOD = 3.0
#: The mean gain, in usual squared differences, that makes a run of some length credible: 0.25 and so
#: much over the square root of the length, for a shift that lasts and for one that is taken back.
GAIN, LASTING, PASSING = 0.25, 2.5, 9.0
#: A place is as good as the best within this factor; frames that show the same correlate so.
BEST, ALIKE = 1.2, 0.6


@dataclass
class Run:
    """Distorted frames, one after the other, and the reference frame of each."""

    dist: int
    refs: list[int]

    @property
    def stop(self) -> int:
        """The distorted frame after it."""
        return self.dist + len(self.refs)

    @property
    def shift(self) -> int:
        """Reference frames ahead of the distorted ones, at a rate of one."""
        return self.refs[0] - self.dist


def runs_of(matching: Matching) -> list[Run]:
    """The runs of a path; at rates other than one as the path has them."""
    runs = _found(matching)
    if matching.rate != 1 or not runs:
        return runs
    runs = _credible(matching, _to_ends(matching, runs))
    for before, after in zip(runs, [*runs[1:], None], strict=True):
        _settle(matching, before, after)
    return _begun(matching, runs)


def _found(matching: Matching) -> list[Run]:
    steps = regular_steps(matching.rate)
    runs: list[Run] = []
    regular = False
    for j, (mode, ref) in enumerate(zip(matching.path.modes.tolist(), matching.path.refs.tolist(), strict=True)):
        if mode == MATCH:
            if regular and ref - runs[-1].refs[-1] in steps:
                runs[-1].refs.append(ref)
            else:
                runs.append(Run(j, [ref]))
        regular = mode == MATCH
    return runs


def _foreign(matching: Matching, first: int, stop: int) -> bool:
    return bool((matching.path.modes[first:stop] == FOREIGN).any())


def _credible(matching: Matching, runs: list[Run]) -> list[Run]:
    """Without interruptions that make too little difference; those that make least go first."""
    while True:
        worst, at = 1.0, -1
        for k in range(len(runs)):
            share = min(_passing(matching, runs, k), _lasting(matching, runs, k))
            if share < worst:
                worst, at = share, k
        if at < 0:
            return _ended(matching, runs)
        runs = _joined(matching, runs, at)


def _ended(matching: Matching, runs: list[Run]) -> list[Run]:
    """The runs, the last of them going on where frames only seem to be repeated at the end."""
    last, count = runs[-1], len(matching.path.modes)
    span = (last.stop, min(count, len(matching.distances.ref) - last.shift))
    if span[0] < span[1] and not _foreign(matching, last.stop, count):
        gain = _gain(matching, span, last.shift, [last])
        if gain is not None and gain < _needed(span[1] - span[0], PASSING):
            last.refs += [j + last.shift for j in range(*span)]
    return runs


def _gain(matching: Matching, span: Span, shift: int, runs: list[Run]) -> float | None:
    """By how much, on average, the frames of a span fit worse at a shift than in their runs (repeated between them)."""
    total, count = 0.0, 0
    own = {j: ref for run in runs for j, ref in enumerate(run.refs, run.dist)}
    last = runs[0].refs[-1]
    for j in range(*span):
        last = own.get(j, last)
        if 0 <= j + shift < len(matching.distances.ref):
            total += (matching.distance(j + shift, j) - matching.distance(last, j)) / float(matching.variances[j])
            count += 1
    return total / count if count else None


def _needed(length: int, much: float) -> float:
    return GAIN + much / math.sqrt(max(length, 1))


def _passing(matching: Matching, runs: list[Run], k: int) -> float:
    """How much of the needed gain there is for what comes between run k and the next one of its shift."""
    after = next((m for m in range(k + 1, min(k + 4, len(runs))) if runs[m].shift == runs[k].shift), None)
    if after is None:
        return math.inf
    span = (runs[k].stop, runs[after].dist)
    if span[0] >= span[1]:
        return math.inf
    if _foreign(matching, *span):
        return 0.0 if _is_at_home(matching, span, runs[k].shift) else math.inf
    gain = _gain(matching, span, runs[k].shift, runs[k : after + 1])
    return math.inf if gain is None else gain / _needed(span[1] - span[0], PASSING)


def _is_at_home(matching: Matching, span: Span, shift: int) -> bool:
    """Whether foreign frames show what they should, and fit there as well as anywhere: they are coded badly."""
    best, alike = 0, 0.0
    for j in range(*span):
        best += matching.distance(j + shift, j) <= BEST * float(matching.least[j])
        ref, dist = matching.distances.ref.rows(j + shift, j + shift + 1), matching.distances.dist.rows(j, j + 1)
        spread = float(ref.std() * dist.std())
        alike += float(((ref - ref.mean()) * (dist - dist.mean())).mean()) / spread if spread > 1 else 0.0
    return min(2 * best, alike / ALIKE) > span[1] - span[0]


def _to_ends(matching: Matching, runs: list[Run]) -> list[Run]:
    """The runs, the first and the last of them going on over foreign frames at the ends that are coded badly."""
    first, last = runs[0], runs[-1]
    start = (max(0, -first.shift), first.dist)
    stop = (last.stop, min(len(matching.path.modes), len(matching.distances.ref) - last.shift))
    if _foreign(matching, *start) and _is_at_home(matching, start, first.shift):
        first.refs = [j + first.shift for j in range(*start)] + first.refs
        first.dist = start[0]
    if _foreign(matching, *stop) and _is_at_home(matching, stop, last.shift):
        last.refs += [j + last.shift for j in range(*stop)]
    return runs


def _lasting(matching: Matching, runs: list[Run], k: int) -> float:
    """How much of the needed gain there is for the shift of run k against that of the one before, or none."""
    run = runs[k]
    before = runs[k - 1].shift if k else 0
    if run.shift == before or (k and _foreign(matching, runs[k - 1].stop, run.dist)):
        return math.inf
    if not k and _foreign(matching, 0, run.dist):
        return math.inf
    gain = _gain(matching, (run.dist, run.stop), before, [run])
    return math.inf if gain is None else gain / _needed(len(run.refs), LASTING)


def _joined(matching: Matching, runs: list[Run], k: int) -> list[Run]:
    """Without the interruption at run k: what is between it and the next of its shift, or else its own shift."""
    count = len(matching.distances.ref)
    if _passing(matching, runs, k) <= _lasting(matching, runs, k):
        after = next(m for m in range(k + 1, len(runs)) if runs[m].shift == runs[k].shift)
        stop = runs[after].stop
        whole = Run(runs[k].dist, [j + runs[k].shift for j in range(runs[k].dist, stop)])
        return [*runs[:k], whole, *runs[after + 1 :]]
    shift = runs[k - 1].shift if k else 0
    first = runs[k - 1].dist if k else max(0, -shift)
    refs = [j + shift for j in range(first, runs[k].stop) if 0 <= j + shift < count]
    whole = Run(first, refs)
    rest = runs[k + 1 :]
    while rest and rest[0].refs[0] <= refs[-1]:  # it may not overtake what follows
        rest[0] = Run(rest[0].dist + 1, rest[0].refs[1:])
        rest = rest if rest[0].refs else rest[1:]
    return [*runs[: max(k - 1, 0)], whole, *rest]


def _begun(matching: Matching, runs: list[Run]) -> list[Run]:
    """Where what happens first may as well happen at the start, it does: there it is likelier."""
    while len(runs) > 1:
        before, after = runs[0], runs[1]
        if _foreign(matching, before.stop, after.dist) or within(matching, before, after)[0] > before.dist + 1:
            break
        # As many frames of the second run's as there are before it.
        room = min(after.dist - (before.dist if before.stop == after.dist else 0), after.refs[0], len(before.refs))
        refs = [after.refs[0] - k for k in range(room, 0, -1)]
        runs = [Run(after.dist - room, refs + after.refs), *runs[2:]]
    return runs


def _settle(matching: Matching, before: Run, after: Run | None) -> None:
    """Let a run end where differences are least, of the places that cost about the same."""
    low, high = within(matching, before, after)
    count = len(matching.path.modes)
    stop = after.dist if after else count
    extra = stop - before.stop
    if _foreign(matching, before.stop, stop) or (after is None and not extra):
        return
    span = (low, min(high + extra, count))
    apart = {at: _apart(matching, before, after, span, at) for at in range(low, high + 1)}
    best = min(apart, key=lambda at: (apart[at], abs(at - before.stop)))
    _move(before, after, best - before.stop)


def _move(before: Run, after: Run | None, by: int) -> None:
    """Let `before` end so many frames later, and `after` begin so many later."""
    length = len(before.refs) + by
    before.refs = [before.refs[0] + k for k in range(length)]
    if after is not None:
        after.refs = [after.refs[0] + by + k for k in range(len(after.refs) - by)]
        after.dist += by


def _apart(matching: Matching, before: Run, after: Run | None, span: Span, at: int) -> float:
    """Squared differences over distorted frames of a span, if `before` ended at frame `at`."""
    total, last = 0.0, before.refs[0] + at - 1 - before.dist
    extra = (after.dist if after else len(matching.path.modes)) - before.stop
    for j in range(*span):
        if j < at:
            ref = before.refs[0] + j - before.dist
        elif j < at + extra or after is None:
            ref = last
        else:
            ref = after.refs[0] + j - after.dist
        total += matching.distance(ref, j)
    return total


def within(matching: Matching, before: Run, after: Run | None) -> Span:
    """Between which distorted frames `before` may end with little loss: fewer frames before it, or more."""
    low = high = before.stop
    if matching.rate != 1:
        return low, high
    count = len(matching.path.modes)
    extra = (after.dist if after else count) - before.stop
    nats = 0.0
    for k in range(len(before.refs) - 1, 0, -1):
        # The frame would be repeated or belong to what comes after; the frames repeated would show an earlier one.
        j = before.dist + k + extra
        other = after.refs[0] + (j - after.dist) if after else before.refs[k - 1]
        j = min(j, count - 1)
        nats += matching.cost(other, j) - matching.cost(before.refs[k], before.dist + k)
        if nats > AS_GOOD:
            break
        low -= 1
    nats = 0.0
    room = len(after.refs) - 1 if after else extra - 1
    for k in range(room):
        j = before.stop + k
        mine = before.refs[-1] + 1 + k
        now = after.refs[k] if after else before.refs[-1]
        nats += matching.cost(mine, j) - matching.cost(now, j + (extra if after else 0))
        if nats > AS_GOOD:
            break
        high += 1
    return low, high
