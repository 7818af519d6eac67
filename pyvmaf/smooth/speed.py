# SPDX-License-Identifier: BSD-2-Clause-Patent
"""SpEED of chroma and its gradient in binary64, for arrays of NumPy and of PyTorch alike.

What a plane goes through before its blocks are looked at is linear, so each axis is one
matrix: resizing, low pass and decimation together, then the local mean. They are made from
the engine's own tables. The gradient is written out by hand: the value depends on the
covariance's eigenvalues by sums over all of them, which stay smooth where two are equal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from .._ffi import ffi, lib
from .constants import float32
from .kernels import Doubles
from .options import SpeedOptions

SIDE: int = lib.SPEED_SIDE
#: Fewest samples of a plane along an axis, after it was resized.
MIN_SIZE: int = lib.SPEED_STEP * lib.SPEED_SIDE
_CELLS = SIDE * SIDE
_METHODS = ("nearest", "bilinear", "bicubic", "lanczos4")
_SINGULAR = 1e-6
_ENTROPY = math.log2(2.0 * math.pi * math.e)
_LN2 = math.log(2.0)
#: What binary32 leaves of a block's difference where both sides are equal, see `_Blocks.difference`.
_EQUAL = 1e-6

# What weighs (reference, distorted) is the reference's variance, moved that far towards the
# distorted one's, by `speed_weight_var_mode`: both weights are then equal where the variances are.
_WEIGHTS = ((0.0, 1.0), (0.0, 0.0), (1.0, 1.0), (0.5, 0.5), (0.0, 0.5), (0.0, 0.25), (0.0, 0.75))

#: The slopes by (u, v) of a side.
Slopes = tuple[Any, Any]


def resized(size: int, options: SpeedOptions) -> int:
    """Samples of an axis after `speed_prescale`; speed_plan_resized(), which no compiler of graphs can call."""
    scale: float = options.speed_prescale
    return int(size * scale + 0.5) if abs(scale - 1.0) >= 1e-3 else size


@lru_cache(maxsize=32)
def axis(size: int, other: int, options: SpeedOptions) -> tuple[Doubles, Doubles]:
    """From an axis of `size` samples to its thin ones, [n, size], and to their local means, [n, n].

    `other` is the size of the other axis: a factor that changes neither resizes nothing.
    """
    scale = options.speed_prescale
    method = _METHODS.index(options.speed_prescale_method)
    if resized(size, options) == size and resized(other, options) == other:
        method = 0
    taps = lib.speed_plan_tap_cnt(9, options.speed_kernelscale)
    plan = ffi.new("SpeedAxis *")
    lib.speed_plan_axis(plan, size, taps, scale, method)
    at = ffi.new("int32_t[]", plan.reach * plan.stride)
    weight = ffi.new("float[]", plan.reach * plan.stride)
    plan.at, plan.weight = at, weight
    lib.speed_plan_fill(plan, taps, scale, method)
    tap = _taps(lib.speed_plan_low_pass, taps)
    count, shape = plan.cnt, (plan.reach, plan.stride)
    source = np.frombuffer(ffi.buffer(at), np.int32).reshape(shape)[:, : taps * count]
    share = np.frombuffer(ffi.buffer(weight), np.float32).reshape(shape)[:, : taps * count].astype(float)
    if method == len(_METHODS) - 1:
        share = share / share.sum(0)
    thin = np.zeros((count, size))
    np.add.at(thin, (np.tile(np.arange(count), taps)[None], source), share * np.repeat(tap, count)[None])
    return thin, _mean(count, _taps(lib.speed_plan_local_mean, lib.speed_plan_tap_cnt(2, options.speed_kernelscale)))


def _taps(fill: Any, count: int) -> Doubles:
    made = ffi.new("float[]", count)
    fill(made, count)
    return np.frombuffer(ffi.buffer(made), np.float32).astype(float)


def _mean(count: int, taps: Doubles) -> Doubles:
    """The window over an axis of `count` samples, mirrored about its ends."""
    at = np.abs(np.arange(count)[:, None] + np.arange(len(taps)) - len(taps) // 2)
    at = np.where(at >= count, 2 * (count - 1) - at, at)
    made = np.zeros((count, count))
    np.add.at(made, (np.arange(count)[:, None], at), taps[None])
    return made


@dataclass(frozen=True)
class Axes:
    """The matrices of both axes, as arrays of the kind that planes are: thin and mean, of rows and columns."""

    rows: Any
    cols: Any
    row_mean: Any
    col_mean: Any

    @staticmethod
    def of(height: int, width: int, options: SpeedOptions) -> Axes:
        """Those of planes of that size, NumPy."""
        rows, cols = axis(height, width, options), axis(width, height, options)
        return Axes(rows[0], cols[0], rows[1], cols[1])

    def detail(self, x: Any) -> Any:
        """What the blocks are made of [N, h, w], from planes [N, H, W] less any constant."""
        thin = self.rows @ x @ self.cols.swapaxes(0, 1)
        thin = thin - self.row_mean @ thin @ self.col_mean.swapaxes(0, 1)
        return thin[:, : thin.shape[1] // SIDE * SIDE, : thin.shape[2] // SIDE * SIDE]

    def detail_slopes(self, by: Any) -> Any:
        """Slopes by the planes of what has the slopes `by` by their details."""
        height, width = by.shape[1:]
        direct = self.rows[:height].swapaxes(0, 1) @ by @ self.cols[:width]
        means = self.row_mean[:height].swapaxes(0, 1) @ by @ self.col_mean[:width]
        return direct - self.rows.swapaxes(0, 1) @ means @ self.cols


class _Blocks:
    """Blocks of 5 x 5 samples of details [N, h, w] as a Gaussian scale mixture: a variance and an entropy each."""

    def __init__(self, xp: Any, detail: Any, noise: float) -> None:
        self.xp, self.shape = xp, detail.shape
        count, height, width = self.shape
        self.places = height - SIDE + 1, width - SIDE + 1
        cells = xp.stack([self._part(detail, k) for k in range(_CELLS)], 1).reshape(count, _CELLS, -1)
        self.cells = cells - cells.mean(-1)[..., None]
        covariance = self.cells @ self.cells.swapaxes(1, 2) / self.cells.shape[-1]
        values, self.vectors = xp.linalg.eigh(covariance)
        self.singular = values[:, 0] < _SINGULAR
        self.values = xp.where(self.singular[:, None], 1.0, values)[..., None]
        parts = detail.reshape(count, height // SIDE, SIDE, width // SIDE, SIDE)
        blocks = xp.moveaxis(parts, (2, 4), (1, 2)).reshape(count, _CELLS, -1)
        self.turned = self.vectors.swapaxes(1, 2) @ blocks
        variance = (self.turned * self.turned / self.values).sum(1) / _CELLS
        self.variance = xp.where(self.singular[:, None], 0.0, variance)  # [N, blocks], as the entropy
        self.total = self.values * self.variance[:, None] + noise
        self.entropy = xp.log2(self.total).sum(1) + _CELLS * _ENTROPY

    def _part(self, plane: Any, cell: int) -> Any:
        """The samples that are this cell of some block, of all that overlap."""
        row, col = divmod(cell, SIDE)
        return plane[:, row : row + self.places[0], col : col + self.places[1]]

    def slopes(self, by_variance: Any, by_entropy: Any) -> Any:
        """Slopes by the details of what has these slopes [N, blocks]."""
        xp, alive = self.xp, ~self.singular[:, None]
        share = (by_entropy / _LN2)[:, None] / self.total
        by_values = (share * self.variance[:, None]).sum(2) * alive
        by_variance = (by_variance + (share * self.values).sum(1)) * alive
        solved = self.vectors @ (self.turned / self.values)
        weighed = solved * by_variance[:, None] / _CELLS
        by_covariance = (self.vectors * by_values[:, None]) @ self.vectors.swapaxes(1, 2)
        by_covariance = by_covariance - weighed @ solved.swapaxes(1, 2)
        by_cells = by_covariance @ self.cells * (2.0 / self.cells.shape[-1])
        count, height, width = self.shape
        parts = (2.0 * weighed).reshape(count, SIDE, SIDE, height // SIDE, width // SIDE)
        made = xp.moveaxis(parts, (1, 2), (2, 4)).reshape(self.shape)
        for cell in range(_CELLS):
            part = self._part(made, cell)
            part += by_cells[:, cell].reshape(count, *self.places)
        return made


class Speed:
    """speed_chroma_u, speed_chroma_v and speed_chroma_uv, [N] each.

    A difference that is zero has no slope, nor has a plane whose covariance is singular on either
    side: a flat one, or one so small that it has fewer places than a block has samples.
    """

    def __init__(self, xp: Any, ref: Slopes, dist: Slopes, axes: Axes, options: SpeedOptions) -> None:
        """Planes (u, v) [N, H, W] of either side, binary64, less any constant."""
        self.xp, self.axes = xp, axes
        noise = float32(options.speed_sigma_nn)
        self.sides = [_Blocks(xp, axes.detail(xp.concatenate(side)), noise) for side in (ref, dist)]
        self.towards = _WEIGHTS[options.speed_weight_var_mode]
        self.limit = options.speed_max_val
        one, other = self.sides
        moved = other.variance - one.variance
        self.inside = [1.0 + one.variance + share * moved for share in self.towards]
        self.weights = [xp.log2(x) for x in self.inside]
        floor = _CELLS * (math.log2((1.0 + float32(options.speed_nn_floor)) * noise) + _ENTROPY)
        self.counts = (one.entropy >= floor) | (other.entropy >= floor)
        signed = one.entropy * self.weights[0] - other.entropy * self.weights[1]
        self.sign = xp.sign(signed) * self.counts
        self._pool(abs(signed))

    def _pool(self, difference: Any) -> None:
        xp, (one, other) = self.xp, self.sides
        if self.towards[0] != self.towards[1] and self.towards[0] == 0.0 and self.towards[1] < 1.0:
            # The engine rounds both weights differently, which keeps equal planes apart from those
            # that have no score: what that leaves counts, as the chroma correction asks for 0.
            difference = difference.clip(_EQUAL, None)
        whole = (difference * self.counts).sum(1) / difference.shape[1]
        silent = one.singular | other.singular
        score = xp.where(silent, 0.0, whole)
        count = len(score) // 2
        u, v = score[:count], score[count:]
        alone = silent[:count] ^ silent[count:]
        #: Shares of u and of v in uv.
        self.shares = [xp.where(alone, 1.0 * ~silent[:count], 0.5), xp.where(alone, 1.0 * ~silent[count:], 0.5)]
        plain = {"u": u, "v": v, "uv": self.shares[0] * u + self.shares[1] * v}
        self.free = {name: value < self.limit for name, value in plain.items()}
        self.values = {f"speed_chroma_{name}": value.clip(None, self.limit) for name, value in plain.items()}

    def slopes(self, given: Mapping[str, Any], wanted: tuple[bool, bool]) -> tuple[Slopes | None, Slopes | None]:
        """Slopes by (u, v) of either side of what has these slopes by the values; a name left out has none."""
        by_uv = self._given(given, "uv")
        parts = [self._given(given, name) + by_uv * share for name, share in zip("uv", self.shares, strict=True)]
        by = (self.xp.concatenate(parts) / self.sign.shape[1])[:, None] * self.sign
        one, other = self.sides
        # The weights are log2(1 + ref + share * (dist - ref)) of the variances.
        through = [by * one.entropy / self.inside[0] / _LN2, -by * other.entropy / self.inside[1] / _LN2]
        moved = through[0] * self.towards[0] + through[1] * self.towards[1]
        by_variance = (through[0] + through[1] - moved, moved)
        by_entropy = (by * self.weights[0], -by * self.weights[1])
        made: list[Slopes | None] = []
        for side, slope, entropy, want in zip(self.sides, by_variance, by_entropy, wanted, strict=True):
            whole = self.axes.detail_slopes(side.slopes(slope, entropy)) if want else None
            made.append(None if whole is None else (whole[: len(parts[0])], whole[len(parts[0]) :]))
        return made[0], made[1]

    def _given(self, given: Mapping[str, Any], name: str) -> Any:
        free = 1.0 * self.free[name]
        slope = given.get(f"speed_chroma_{name}")
        return 0.0 * free if slope is None else slope * free
