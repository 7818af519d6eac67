# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How unlike two signatures are, and how unlike those of matching frames have to be expected.

First frames are compared without their brightness and contrast. Once it is
known which belong together, the tone curve between the two videos is: what range, gamma or a
filter made of the luma. Then they are compared with both, as a fade changes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from .signature import coarse, product

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

FLAT = 3.0  # standard deviation, in 8-bit luma, below which a frame has no contrast to speak of
CONTRAST = 32.0  # what every frame's contrast is brought to, so that both ways of comparing have like units
KNOTS = 65
LEVELS = 256


def normalised(lumas: NDArray[np.uint16]) -> Floats:
    """(frames, values) without brightness and contrast; frames without contrast become nearly zero."""
    flat = coarse(lumas)
    flat -= flat.mean(axis=1, keepdims=True)
    spread = flat.std(axis=1, keepdims=True)
    flat *= CONTRAST / np.maximum(spread, FLAT)
    return flat


def tone_curve(ref: Floats, dist: Floats) -> Floats:
    """(256,) what the reference shows where the distorted video has each value, by their distributions.

    Values that do not occur go on at a slope of one.
    """
    shares = (np.arange(KNOTS) + 0.5) / KNOTS
    y, x = (np.quantile(values, shares).astype(np.float64) for values in (ref, dist))
    x, index = np.unique(x, return_inverse=True)
    y = np.bincount(index, y) / np.bincount(index)
    levels = np.arange(LEVELS, dtype=np.float64)
    curve = np.interp(levels, x, y)
    curve += np.minimum(levels - x[0], 0) + np.maximum(levels - x[-1], 0)
    out: Floats = curve.astype(np.float32)
    return out


def toned(lumas: NDArray[np.uint16], curve: Floats) -> Floats:
    """(frames, values) with the tone curve applied, around the middle."""
    out: Floats = np.interp(coarse(lumas), np.arange(LEVELS), curve - 128).astype(np.float32)
    return out


class Chunked:
    """Lumas of signatures, changed to what is compared as they are asked for: chunks near the last are kept."""

    SIZE, KEPT = 512, 4

    def __init__(self, lumas: NDArray[np.uint16], change: Callable[[NDArray[np.uint16]], Floats]) -> None:
        self._lumas, self._change = lumas, change
        self._kept: dict[int, Floats] = {}

    def __len__(self) -> int:
        return len(self._lumas)

    def rows(self, start: int, stop: int) -> Floats:
        """(stop - start, 576) of the frames in that range."""
        parts = []
        for k in range(start // self.SIZE, (stop - 1) // self.SIZE + 1):
            first = k * self.SIZE
            parts.append(self._chunk(k)[max(start - first, 0) : stop - first])
        return np.concatenate(parts) if len(parts) != 1 else parts[0]

    def _chunk(self, k: int) -> Floats:
        found = self._kept.pop(k, None)
        if found is None:
            found = self._change(self._lumas[k * self.SIZE : (k + 1) * self.SIZE])
            while len(self._kept) >= self.KEPT:
                del self._kept[next(iter(self._kept))]  # the one that was not used for longest
        self._kept[k] = found
        return found

    def chunks(self) -> Iterator[tuple[int, Floats]]:
        """(number of the first frame, values) over all frames."""
        for first in range(0, len(self), self.SIZE):
            yield first, self._change(self._lumas[first : first + self.SIZE])


class Distances:
    """Mean squared differences between distorted frames (rows) and reference frames, block by block."""

    BLOCK = 64

    def __init__(self, ref: Chunked, dist: Chunked, low: Ints, width: int) -> None:
        self.ref, self.dist, self.low, self.width = ref, dist, low, width
        self._first, self._rows = -1, np.zeros((0, 0), np.float32)

    def row(self, j: int) -> Floats:
        """(width,) distances of distorted frame j from the frames before its band's places; 1e9 outside."""
        if not self._first <= j < self._first + len(self._rows):
            self._first = j // self.BLOCK * self.BLOCK
            self._rows = self._block(self._first)
        found: Floats = self._rows[j - self._first]
        return found

    def _block(self, first: int) -> Floats:
        stop = min(first + self.BLOCK, len(self.dist))
        begin = int(self.low[first])
        end = min(int(self.low[stop - 1]) + self.width, len(self.ref) + 1)
        # Place p is reference frame p - 1.
        start = max(begin - 1, 0)
        ref, dist = self.ref.rows(start, max(end - 1, start + 1)), self.dist.rows(first, stop)
        square = np.einsum("ij,ij->i", ref, ref)[None] + np.einsum("ij,ij->i", dist, dist)[:, None]
        square -= 2 * product(dist, ref.T)
        square /= np.float32(dist.shape[1])
        out = np.full((stop - first, self.width), 1e9, np.float32)
        for k in range(stop - first):
            low = int(self.low[first + k])
            at = np.arange(max(low, 1), min(low + self.width, len(self.ref) + 1))
            out[k, at - low] = np.maximum(square[k, at - 1 - start], 0)
        return out


#: Nats per natural logarithm of an excess of squared differences over the usual ones.
NATS = 12.0
#: An excess that says nothing: encoders that repeat much make frames like those before them, by up to a sixth.
NOTHING = 0.3
#: So many times the usual difference a frame may be away from all without being foreign: the first ones of
#: a scene are coded badly. Where even unrelated frames are hardly further away, less, but not below the second.
STRANGE, STRANGE_LEAST = 15.0, 4.0
#: This share of the distance of unrelated frames is strange; this one never is, however well all others are coded:
#: the last frames of a scene may be hardly coded at all.
UNRELATED, NEAR = 0.3, 0.03
#: The least variance, of rounding and of nothing else.
LEAST = 0.01


def expected(least: Floats) -> Floats:
    """(frames,) variances that matching frames must be expected to differ by, from least distances."""
    usual = float(np.median(least))
    half = 12
    padded = np.pad(least, half, mode="reflect" if len(least) > half else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    local = np.median(windows, axis=1)
    out: Floats = (np.clip(local, usual / 4, usual * 4) + LEAST).astype(np.float32)
    return out


def strange_from(variances: Floats, unrelated: float) -> Floats:
    """(frames,) least distances from which a frame is likely to be foreign."""
    high = STRANGE * variances
    low = np.maximum(STRANGE_LEAST * variances, UNRELATED * unrelated)
    out: Floats = np.maximum(np.minimum(high, low), NEAR * unrelated).astype(np.float32)
    return out


def costs(distances: Floats, least: float, variance: float, strange: float) -> Floats:
    """Nats for matching a frame at distances, of which `least` is the least of all.

    What all have in common says nothing about which it is, but only whether it is any.
    """
    excess = np.maximum((distances - np.float32(least)) / np.float32(variance) - np.float32(NOTHING), 0)
    common = np.log1p(max(0.0, least - strange) / variance)
    out: Floats = np.float32(NATS) * (np.log1p(excess) + np.float32(common))
    return out
