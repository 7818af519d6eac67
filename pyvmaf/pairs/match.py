# SPDX-License-Identifier: BSD-2-Clause-Patent
"""From signatures to a path: where to look, at which rate, and with which tone curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise

import numpy as np

from .distance import (
    LEVELS,
    Chunked,
    Distances,
    Floats,
    Ints,
    costs,
    expected,
    normalised,
    strange_from,
    tone_curve,
    toned,
)
from .signature import Signatures, coarse
from .viterbi import FOREIGN, MATCH, Path, Prices, Viterbi

#: Up to so many reference frames, each distorted frame is compared with all of them.
ALL = 1200
#: Else with so many, around a line through anchors.
BAND = 768
WIDEST = 8000  # steps of a path are kept in 16 bits
ANCHORS = 400
TOGETHER = 100
#: Nats that any rate but one costs.
UNUSUAL = 20.0
#: Variance of luma, in 8-bit units, of pictures that show nothing.
EMPTY = 0.5
#: Variance up to which heavy compression takes so much of a picture that the rest tells little.
FAINT = 36.0
PRICES = Prices()


@dataclass(frozen=True)
class Matching:
    """A path, at its rate, and what its frames are like."""

    path: Path
    rate: Fraction
    distances: Distances
    least: Floats
    """(distorted frames,) the least distance of each."""
    variances: Floats
    """(distorted frames,) what matching frames are to be expected to differ by."""
    strange: Floats
    """(distorted frames,) least distances from which a frame is likely to be foreign."""
    curve: Floats
    similarity: float
    """Correlation of matched lumas around their means, over all matched frames: 1 for equal pictures."""

    def distance(self, ref: int, dist: int) -> float:
        """Mean squared difference of two frames; large outside the band."""
        place = ref + 1 - int(self.distances.low[dist])
        return float(self.distances.row(dist)[place]) if 0 <= place < self.distances.width else 1e9

    def cost(self, ref: int, dist: int) -> float:
        """Nats of matching two frames; large outside the band."""
        apart = np.array([self.distance(ref, dist)], np.float32)
        return float(costs(apart, *(float(v[dist]) for v in (self.least, self.variances, self.strange)))[0])


def match(ref: Signatures, dist: Signatures, rates: Sequence[Fraction] = (Fraction(1),)) -> Matching:
    """The best path at the best of some rates (reference frames per distorted frame).

    Both videos have a frame at least.
    """
    ends = Chunked(ref.lumas, normalised), Chunked(dist.lumas, normalised)
    low, width = band(*ends)
    path, rate, _ = _best(Distances(*ends, low, width), len(ref), rates)
    curve = _curve(ref, dist, path)
    plain = np.arange(LEVELS, dtype=np.float32)
    changed = Chunked(ref.lumas, partial(toned, curve=plain)), Chunked(dist.lumas, partial(toned, curve=curve))
    distances = Distances(*changed, low, width)
    path, rate, known = _best(distances, len(ref), rates)
    curve = _curve(ref, dist, path)
    return Matching(path, rate, distances, *known, curve, similarity(ref, dist, path))


def _best(
    distances: Distances, count: int, rates: Sequence[Fraction]
) -> tuple[Path, Fraction, tuple[Floats, Floats, Floats]]:
    """The best path, its rate, and of each frame the least distance, the expected one and a strange one."""
    n = len(distances.low)
    least, middle = np.zeros(n, np.float32), np.zeros(n, np.float32)
    for j in range(n):
        row = distances.row(j)
        row = row[row < 1e8]
        least[j], middle[j] = row.min(), np.median(row)
    variances = expected(least)
    known = (least, variances, strange_from(variances, float(np.median(middle))))

    def cost(j: int) -> Floats:
        return costs(distances.row(j), *(float(values[j]) for values in known))

    found = []
    for rate in rates:
        path = Viterbi(count, distances.low, distances.width, rate, PRICES).run(cost)
        found.append((path.cost + (UNUSUAL if rate != 1 else 0), path, rate))
    _, path, rate = min(found, key=lambda entry: entry[0])
    return path, rate, known


def band(ref: Chunked, dist: Chunked) -> tuple[Ints, int]:
    """First places and width of the bands: everything, or what lies around a line through anchors."""
    if len(ref) < ALL:
        return np.zeros(len(dist), np.int64), len(ref) + 1
    at, where = anchors(ref, dist)
    frames = np.arange(len(dist))
    if len(at) < 2:
        middle = frames * (len(ref) / len(dist))
        spread = abs(len(ref) - len(dist))
    else:
        slope = (where[-1] - where[0]) / (at[-1] - at[0])
        middle = np.interp(frames, at, where)
        middle += slope * (np.minimum(frames - at[0], 0) + np.maximum(frames - at[-1], 0))
        spread = int(np.abs(np.diff(where) - np.diff(at) * slope).max())
    width = min(max(BAND, 2 * spread + BAND // 2), WIDEST, len(ref) + 1)
    low = np.clip(np.rint(middle).astype(np.int64) - width // 2, 0, len(ref) + 1 - width)
    return np.maximum.accumulate(low), width


def anchors(ref: Chunked, dist: Chunked) -> tuple[Ints, Ints]:
    """Distorted frames that are like few reference frames, and which, rising on both sides.

    The first frames of scenes: of each stretch, the frame that differs most from the one before.
    """
    count = min(ANCHORS, len(dist) // 25)
    change = np.zeros(len(dist), np.float32)
    last: Floats | None = None
    for first, chunk in dist.chunks():
        steps = np.diff(chunk if last is None else np.concatenate([last, chunk]), axis=0)
        change[first + len(chunk) - len(steps) : first + len(chunk)] = np.abs(steps).mean(axis=1)
        last = chunk[-1:]
    edges = np.linspace(0, len(dist), count + 1).astype(int)
    at = np.array([a + int(change[a:b].argmax()) for a, b in pairwise(edges)])
    found = []
    for first in range(0, count, TOGETHER):
        numbers = at[first : first + TOGETHER]
        some = np.concatenate([dist.rows(j, j + 1) for j in numbers])
        apart = np.zeros((len(some), len(ref)), np.float32)
        for begin, chunk in ref.chunks():
            energy = np.einsum("ij,ij->i", chunk, chunk)[None] + np.einsum("ij,ij->i", some, some)[:, None]
            apart[:, begin : begin + len(chunk)] = (energy - 2 * (some @ chunk.T)) / some.shape[1]
        for j, row in zip(numbers, apart, strict=True):
            i = int(row.argmin())
            best = float(row[i])
            row[max(i - 12, 0) : i + 13] = np.inf
            if best < 0.4 * float(row.min()):
                found.append((int(j), i))
    return _rising(found)


def _rising(found: list[tuple[int, int]]) -> tuple[Ints, Ints]:
    """The most of them that rise together: chance finds fall out."""
    length = [1] * len(found)
    before = [-1] * len(found)
    for k, (_, i) in enumerate(found):
        for earlier in range(k):
            if found[earlier][1] < i and length[earlier] + 1 > length[k]:
                length[k], before[k] = length[earlier] + 1, earlier
    chain: list[tuple[int, int]] = []
    k = max(range(len(found)), key=length.__getitem__, default=-1)
    while k >= 0:
        chain.append(found[k])
        k = before[k]
    out = np.array(chain[::-1], np.int64).reshape(-1, 2)
    return out[:, 0], out[:, 1]


def pairs_of(path: Path) -> tuple[Ints, Ints]:
    """Reference and distorted frames that match, in order, each once."""
    dist = np.flatnonzero(path.modes == MATCH)
    ref = path.refs[dist]
    new = np.ones(len(ref), bool)
    new[1:] = ref[1:] > ref[:-1]
    return ref[new], dist[new]


def _curve(ref: Signatures, dist: Signatures, path: Path) -> Floats:
    a, b = pairs_of(path)
    if len(a) < 2:
        return np.arange(LEVELS, dtype=np.float32)
    every = max(1, len(a) // 500)
    return tone_curve(coarse(ref.lumas[a[::every]]), coarse(dist.lumas[b[::every]]))


def similarity(ref: Signatures, dist: Signatures, path: Path) -> float:
    """See `Matching.similarity`; 0 where nothing matches, or only one side shows anything."""
    frames = np.flatnonzero((path.modes != FOREIGN) & (path.refs >= 0))
    if not len(frames):
        return 0.0
    sums = np.zeros(3)
    for first in range(0, len(frames), Chunked.SIZE):
        some = frames[first : first + Chunked.SIZE]
        a, b = coarse(ref.lumas[path.refs[some]]), coarse(dist.lumas[some])
        a -= a.mean(axis=1, keepdims=True)
        b -= b.mean(axis=1, keepdims=True)
        sums += [float((x * y).mean(axis=1).sum()) for x, y in ((a, a), (b, b), (a, b))]
    own, other, common = (float(value) / len(frames) for value in sums)
    if min(own, other) < EMPTY:
        return 1.0 if max(own, other) < 4 * EMPTY else 0.0
    return float(common / (own * other) ** 0.5)


def is_faint(signatures: Signatures) -> bool:
    """Whether its pictures are so even, as in the dark, that little of them may be left."""
    some = coarse(signatures.lumas[:: max(1, len(signatures) // Chunked.SIZE)])
    return float(some.var(axis=1).mean()) < FAINT
