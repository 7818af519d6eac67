# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How unlike two signatures are, and how unlike those of matching frames have to be expected.

First frames are compared without their brightness and contrast. Once it is
known which belong together, the tone curve between the two videos is: what range, gamma or a
filter made of the luma. Then they are compared with both, as a fade changes nothing else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

FLAT = 3.0  # standard deviation, in 8-bit luma, below which a frame has no contrast to speak of
CONTRAST = 32.0  # what every frame's contrast is brought to, so that both ways of comparing have like units
ROUNDING = 0.17  # of two values rounded to integers
KNOTS = 65


def normalised(lumas: NDArray[np.uint8]) -> Floats:
    """(frames, values) without brightness and contrast; frames without contrast become nearly zero."""
    flat = lumas.reshape(len(lumas), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    spread = flat.std(axis=1, keepdims=True)
    flat *= CONTRAST / np.maximum(spread, FLAT)
    return flat


def tone_curve(ref: NDArray[np.uint8], dist: NDArray[np.uint8]) -> Floats:
    """(256,) what the reference shows where the distorted video has each value, by their distributions.

    Values that do not occur go on at a slope of one.
    """
    shares = (np.arange(KNOTS) + 0.5) / KNOTS
    y, x = (np.quantile(values.astype(np.float32), shares) for values in (ref, dist))
    x, index = np.unique(x, return_inverse=True)
    y = np.bincount(index, y) / np.bincount(index)
    levels = np.arange(256, dtype=np.float64)
    curve = np.interp(levels, x, y)
    curve += np.minimum(levels - x[0], 0) + np.maximum(levels - x[-1], 0)
    out: Floats = curve.astype(np.float32)
    return out


def toned(lumas: NDArray[np.uint8], curve: Floats) -> Floats:
    """(frames, values) with the tone curve applied."""
    out: Floats = curve[lumas.reshape(len(lumas), -1)]
    return out


class Distances:
    """Mean squared differences between distorted frames (rows) and reference frames, block by block."""

    BLOCK = 64

    def __init__(self, ref: Floats, dist: Floats, low: Ints, width: int) -> None:
        self.ref, self.dist, self.low, self.width = ref, dist, low, width
        self.energy = np.einsum("ij,ij->i", ref, ref)
        self._first, self._rows = -1, np.zeros((0, 0), np.float32)

    def row(self, j: int) -> Floats:
        """(width,) distances of distorted frame j from the frames before its band's places; 1e9 outside."""
        if not self._first <= j < self._first + len(self._rows):
            self._first = j // self.BLOCK * self.BLOCK
            self._rows = self._block(self._first)
        return self._rows[j - self._first]

    def _block(self, first: int) -> Floats:
        stop = min(first + self.BLOCK, len(self.dist))
        begin = int(self.low[first])
        end = min(int(self.low[stop - 1]) + self.width, len(self.ref) + 1)
        # Place p is reference frame p - 1.
        frames = slice(max(begin - 1, 0), max(end - 1, 0))
        ref, dist = self.ref[frames], self.dist[first:stop]
        square = self.energy[frames][None] + np.einsum("ij,ij->i", dist, dist)[:, None] - 2 * (dist @ ref.T)
        square /= np.float32(dist.shape[1])
        out = np.full((stop - first, self.width), 1e9, np.float32)
        for k in range(stop - first):
            low = int(self.low[first + k])
            at = np.arange(max(low, 1), min(low + self.width, len(self.ref) + 1))
            out[k, at - low] = np.maximum(square[k, at - 1 - frames.start], 0)
        return out


# How many of the 576 values vary independently of each other; a matching frame may differ by so many
# times the usual without being less of a match: compression favours earlier frames a little.
INDEPENDENT, SLACK = 24.0, 2.0


def expected(least: Floats) -> Floats:
    """(frames,) variances that matching frames must be expected to differ by, from least distances."""
    usual = float(np.median(least))
    half = 12
    padded = np.pad(least, half, mode="reflect" if len(least) > half else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    local = np.median(windows, axis=1)
    out: Floats = (np.clip(local, usual / 16, usual * 4) + np.float32(ROUNDING)).astype(np.float32)
    return out


def costs(distances: Floats, variance: float) -> Floats:
    """Nats: the negative logarithm of Student's distribution, which outliers do not dominate."""
    excess = np.maximum(distances / np.float32(variance) - np.float32(SLACK), 0)
    out: Floats = np.float32(INDEPENDENT / 2) * np.log1p(excess)
    return out
