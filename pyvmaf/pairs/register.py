# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which part of one picture another one shows: scale and shift of both axes, from a few pairs of frames.

Gauss-Newton on small pictures, coarse to fine, from several scales. Places are shares of the
picture, so that sizes and sample aspects do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .facts import Edges
from .signature import shrink

ROWS, COLUMNS = 72, 128
#: What a crop can leave: scales from which the search starts.
SCALES = (1.0, 0.9, 1.11, 0.8, 1.25, 0.7, 1.43, 0.6, 1.67)

#: A correlation above which no other scale is tried.
ENOUGH = 0.85

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Placing:
    """The distorted picture shows, of the reference, the part from `start` on, `scale` wide: (across, down)."""

    scale: tuple[float, float]
    start: tuple[float, float]
    similarity: float
    """Correlation of the pictures when placed so."""
    before: float
    """Correlation of the pictures as they are."""

    def edges(self, ref: tuple[int, int], dist: tuple[int, int]) -> tuple[Edges, Edges]:
        """What to cut off pictures of sizes (width, height) so that both show the same."""
        out = []
        for axis in (0, 1):
            a, b = _on_samples(self.start[axis], self.scale[axis], ref[axis], dist[axis])
            low, high = max(0.0, a), min(1.0, a + b)  # what both show, in the reference
            out.append((low, 1 - high, (low - a) / b, (a + b - high) / b))
        (rl, rr, dl, dr), (rt, rb, dt, db) = out
        return _rounded((rl, rt, rr, rb), ref), _rounded((dl, dt, dr, db), dist)


#: Samples as large as the reference's, but for so much, are as large.
AS_LARGE = 0.01


def _on_samples(start: float, scale: float, ref: int, dist: int) -> tuple[float, float]:
    """Start and scale along one axis, of whole samples where nothing was scaled."""
    if abs(scale * ref / dist - 1) > AS_LARGE:
        return start, scale
    whole = dist / ref
    return round((start + (scale - whole) / 2) * ref) / ref, whole


def _rounded(shares: Sequence[float], size: tuple[int, int]) -> Edges:
    left, top, right, bottom = (max(0, round(s * size[k % 2])) for k, s in enumerate(shares))
    return left, top, right, bottom


def small(luma: NDArray[Any]) -> Floats:
    """A luma plane as a picture to register."""
    return shrink(luma, ROWS, COLUMNS)


def register(refs: Sequence[Floats], dists: Sequence[Floats], scales: Sequence[float] = SCALES) -> Placing:
    """How pictures of pairs of frames, as `small` gives them, lie on each other; at least one pair."""
    ref, dist = np.stack(refs), np.stack(dists)
    levels = [(_blurred(ref, blur), _blurred(dist, blur)) for blur in (5, 2)]
    search = [(a[:, ::2, ::2], b[:, ::2, ::2]) for a, b in levels]
    best: tuple[float, Doubles] = (-1.0, np.array([1.0, 1.0, 0.0, 0.0]))
    for sx, sy in _starts(scales):
        at = np.array([sx, sy, (1 - sx) / 2, (1 - sy) / 2])
        for (a, b), turns in zip(search, (12, 6), strict=True):
            at = _descend(a, b, at, turns)
        found = _similarity(*_warped(*search[1], at))
        if found > best[0] + 1e-4:
            best = (found, at)
        if best[0] > ENOUGH:
            break
    at = _descend(ref, dist, _descend(*levels[1], best[1], 8), 10)
    sx, sy, tx, ty = (float(value) for value in at)
    before = _similarity(_normal(ref), _normal(dist))
    return Placing((sx, sy), (tx, ty), _similarity(*_warped(ref, dist, at)), before)


def _starts(scales: Sequence[float]) -> list[tuple[float, float]]:
    """A crop may be of both axes or of one."""
    out = [(scale, scale) for scale in scales]
    return out + [pair for scale in scales if scale != 1 for pair in ((scale, 1.0), (1.0, scale))]


def _blurred(pictures: Floats, times: int) -> Floats:
    """Blurred by (1, 2, 1) / 4 so many times along both axes."""
    for axis in (1, 2):
        at_axis = np.moveaxis(pictures, axis, 0)
        for _ in range(times):
            padded = np.concatenate([at_axis[:1], at_axis, at_axis[-1:]])
            at_axis = (padded[:-2] + padded[2:]) * np.float32(0.25) + at_axis * np.float32(0.5)
        pictures = np.moveaxis(at_axis, 0, axis)
    return np.ascontiguousarray(pictures)


def _normal(pictures: Floats) -> Floats:
    out: Floats = pictures - pictures.mean(axis=(1, 2), keepdims=True)
    out /= np.maximum(out.std(axis=(1, 2), keepdims=True), np.float32(1))
    return out


def _similarity(a: Floats, b: Floats) -> float:
    return float((a * b).mean(axis=(1, 2)).mean())


def _axis(count: int, scale: float, start: float) -> tuple[NDArray[np.int64], Floats, NDArray[np.bool_]]:
    """Where an axis is sampled: lower neighbour, share of the upper one, and which places lie inside."""
    at = ((np.arange(count) + 0.5) / count * scale + start) * count - 0.5
    inside = (at >= -0.5) & (at <= count - 0.5)
    at = np.clip(at[inside], 0, count - 1)
    low = np.minimum(at.astype(np.int64), count - 2)
    return low, (at - low).astype(np.float32), inside


def _warped(ref: Floats, dist: Floats, at: Doubles) -> tuple[Floats, Floats]:
    """Both pictures where they overlap, the reference placed onto the distorted one, normalised."""
    sx, sy, tx, ty = at
    x, across, inside_x = _axis(ref.shape[2], sx, tx)
    y, down, inside_y = _axis(ref.shape[1], sy, ty)
    if x.size < 16 or y.size < 9:
        return np.zeros((1, 1, 1), np.float32), np.zeros((1, 1, 1), np.float32)
    rows = ref[:, y] + (ref[:, y + 1] - ref[:, y]) * down[:, None]
    placed = rows[:, :, x] + (rows[:, :, x + 1] - rows[:, :, x]) * across
    return _normal(placed), _normal(dist[:, inside_y][:, :, inside_x])


def _descend(ref: Floats, dist: Floats, at: Doubles, turns: int) -> Doubles:
    """Gauss-Newton on the difference of normalised pictures; ends where it would leave the reasonable."""
    best, reached = at, -1.0
    for _ in range(turns):
        a, b = _warped(ref, dist, at)
        found = _similarity(a, b)
        if a.size < 16 * 9 or found <= reached:
            break
        best, reached = at, found
        sx, sy, tx, ty = at
        rows, columns = ref.shape[1:]
        x = ((np.arange(columns) + 0.5) / columns).astype(np.float32)
        y = ((np.arange(rows) + 0.5) / rows).astype(np.float32)
        x, y = (v[(v * s + t >= 0) & (v * s + t <= 1)] for v, s, t in ((x, sx, tx), (y, sy, ty)))
        if a.shape[1:] != (y.size, x.size):
            break
        # Slopes by the place in the reference: those by the place on the grid, divided by the scale.
        gy, gx = np.gradient(a, axis=(1, 2))
        gx, gy = gx * np.float32(columns / sx), gy * np.float32(rows / sy)
        terms = np.stack([(gx * x).ravel(), (gy * y[:, None]).ravel(), gx.ravel(), gy.ravel()], 1)
        normal = (terms.T @ terms).astype(np.float64) + np.eye(4) * 1e-6
        move = np.linalg.solve(normal, terms.T @ (b - a).ravel())
        at = at + np.clip(move, -0.1, 0.1)
        if not (0.4 < at[0] < 2.5 and 0.4 < at[1] < 2.5):
            break
    return best


#: Shares of a side below which a placing is none, as are corrections that make little difference.
LEAST = 0.006


def is_placed(placing: Placing) -> bool:
    """Whether one of two pictures shows clearly another part than the other."""
    moved = max(abs(placing.scale[0] - 1), abs(placing.scale[1] - 1), *(abs(t) for t in placing.start))
    return moved > LEAST and placing.similarity > 0.75 and 1 - placing.similarity < 0.6 * (1 - placing.before)
