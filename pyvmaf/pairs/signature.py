# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A frame in 1.3 KB: enough to tell it from its neighbours, too little to notice noise, blur and scaling.

The luma is brought to 32x18 by a triangle as wide as two cells, so half a cell of
displacement changes a value by half of what lies beside it; chroma to 8x6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .view import View

ROWS, COLUMNS = 18, 32
WHOLE = View()
CHROMA_ROWS, CHROMA_COLUMNS = 6, 8

Floats = NDArray[np.float32]


#: Lines are added up in groups before they are weighed, so that at least so many are left.
LINES = 120
SMALL = 1 << 18


@lru_cache(64)
def weights(cells: int, samples: int, group: int = 1) -> Floats:
    """Rows that bring sums of `group` of `samples` samples (the last of what is left) to `cells` values."""
    first = np.arange(0, samples, group, dtype=np.float64)
    sizes = np.minimum(group, samples - first)
    at = (first + sizes / 2) * cells / samples
    middle = np.arange(cells) + 0.5
    triangle = np.maximum(1 - np.abs(at[None, :] - middle[:, None]), 0)
    triangle[triangle.sum(axis=1) == 0, :] = 1
    out: Floats = (triangle / (triangle @ sizes)[:, None]).astype(np.float32)
    return out


def shrink(plane: NDArray[Any], rows: int, columns: int) -> Floats:
    """A plane (height, width) of integers as (rows, columns) averages, in its own units."""
    height, width = plane.shape
    group = max(1, height // LINES)
    lines = plane
    if group > 1:
        sums = plane[::group].astype(np.uint32 if plane.itemsize > 1 else np.uint16)
        for i in range(1, group):
            more = plane[i::group]
            sums[: len(more)] += more
        lines = sums
    return product(weights(rows, height, group), product(lines.astype(np.float32), weights(columns, width).T))


def product(a: Floats, b: Floats) -> Floats:
    """a @ b in products so small that they are left to this thread: to wait for others takes longer."""
    step = max(1, SMALL // max(b.size, 1))
    if step == 1:
        return a @ b
    out: Floats = np.concatenate([a[i : i + step] @ b for i in range(0, len(a), step)])
    return out


@dataclass(frozen=True)
class Signatures:
    """Signatures of the frames of one video, in 8-bit units whatever its depth."""

    lumas: NDArray[np.uint16]
    """(frames, 18, 32), in 256ths"""
    chromas: NDArray[np.uint8] | None
    """(frames, 2, 6, 8); None for grey."""
    details: Floats
    """How much neighbouring samples differ, which blur and compression lessen."""
    combs: Floats
    """The share of samples from which on the lines go up and down, beyond what noise explains.

    It is large in woven fields of moving pictures.
    """

    def __len__(self) -> int:
        return len(self.lumas)


# A sample is combed when from it on four samples of its column go up and down by so much (8-bit units) each:
# fields from two times do that along every edge that moved; a thin line goes up and down once.
COMB = 10
# Noise does so along the line as well, also at twice the distance where it was stretched. So many times that
# share is taken off: over one, because shares of small pictures are uncertain, and compressed noise is not even.
NOISE = 2.5


def textures(luma: NDArray[Any], depth: int) -> tuple[float, float]:
    """Detail in 8-bit units and combing of a luma plane, from four lines of every twelve."""
    height, width = luma.shape
    if height < 4 or width < 2:
        return 0.0, 0.0
    period = 12 if height >= 24 else 4
    stop = height // period * period
    kind = np.int16 if depth < 15 else np.int32
    lines = [luma[i:stop:period].astype(kind) for i in range(4)]
    least = COMB << (depth - 8)
    across = lines[1]
    noise = max(_zigzag([across[:, i * k : width - (3 - i) * k] for i in range(4)], least) for k in (1, 2))
    comb = max(_zigzag(lines, least) - NOISE * noise, 0.0)
    return float(np.abs(np.diff(across, axis=1)).mean()) / (1 << (depth - 8)), comb


def _zigzag(four: list[NDArray[Any]], least: int) -> float:
    """The share of samples from which on values rise, fall and rise, or the other way round, by more than `least`."""
    a, b, c, d = four
    if not a.size:
        return 0.0
    steps = b - a, b - c, d - c
    low, high = (change(change(steps[0], steps[1]), steps[2]) for change in (np.minimum, np.maximum))
    return float(((low > least) | (high < -least)).mean())


def sign(frames: Iterable[tuple[tuple[NDArray[Any], ...], int]], view: View = WHOLE) -> Signatures:
    """Signatures of all frames, each given as planes and depth.

    Memory is that of the signatures: 1.3 KB per frame.
    """
    parts = [Signatures(*_stacked(block)) for block in _blocks(_rows(frames, view), 1024)]
    if not parts:
        return Signatures(np.zeros((0, ROWS, COLUMNS), np.uint16), None, *(np.zeros(0, np.float32),) * 2)
    colours = [p.chromas for p in parts if p.chromas is not None]
    return Signatures(
        np.concatenate([p.lumas for p in parts]),
        np.concatenate(colours) if len(colours) == len(parts) else None,
        np.concatenate([p.details for p in parts]),
        np.concatenate([p.combs for p in parts]),
    )


Row = tuple[NDArray[np.uint16], NDArray[np.uint8] | None, float, float]


def _rows(frames: Iterable[tuple[tuple[NDArray[Any], ...], int]], view: View) -> Iterator[Row]:
    for planes, depth in frames:
        scale = np.float32(1.0 / (1 << (depth - 8)))
        detail, comb = textures(planes[0], depth)
        chroma = None
        if len(planes) > 1:
            h, w = planes[0].shape
            shares = ((w + 1) // planes[1].shape[1], (h + 1) // planes[1].shape[0])
            turned = [view.of(p, shares) for p in planes[1:3]]
            chroma = np.stack([_bytes(shrink(p, CHROMA_ROWS, CHROMA_COLUMNS) * scale) for p in turned])
        yield fine(shrink(view.of(planes[0]), ROWS, COLUMNS) * scale), chroma, detail, comb


def fine(values: Floats) -> NDArray[np.uint16]:
    """Values in 8-bit units as 256ths."""
    return np.clip(np.rint(values * 256), 0, 65535).astype(np.uint16)


def coarse(lumas: NDArray[np.uint16]) -> Floats:
    """Lumas of signatures in 8-bit units, (frames, values)."""
    out: Floats = lumas.reshape(len(lumas), -1).astype(np.float32)
    out *= np.float32(1 / 256)
    return out


def _bytes(values: Floats) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _blocks(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    block: list[Row] = []
    for row in rows:
        block.append(row)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block


def _stacked(block: list[Row]) -> tuple[NDArray[np.uint16], NDArray[np.uint8] | None, Floats, Floats]:
    colours = [row[1] for row in block if row[1] is not None]
    return (
        np.stack([row[0] for row in block]),
        np.stack(colours) if len(colours) == len(block) else None,
        np.array([row[2] for row in block], np.float32),
        np.array([row[3] for row in block], np.float32),
    )
