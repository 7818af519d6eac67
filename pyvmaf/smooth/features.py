# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Smooth features of frames and their gradients, on NumPy arrays: what `pyvmaf.torch` makes, without a graph.

Planes are binary32 [N, H, W]. Each class makes its values on construction, keeps
what the gradient needs, and adds it to planes once it is told the slopes by the values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from . import kernels
from .constants import SCALES
from .kernels import AdmHow, AdmScale, Doubles, Floats, MaybePair, Pair, Room, Shape, VifScale
from .options import AdmOptions, MotionOptions, VifOptions
from .spans import Span, held, spans

Slopes = Mapping[str, Doubles]  # by the name of the value, [N]


class Store:
    """Planes of frames that are kept for the gradient, in one array [N, P] from which they are taken in order."""

    def __init__(self, memory: Floats) -> None:
        self.memory, self.used = memory, 0

    def take(self, shape: Shape) -> Floats:
        """The next planes [N, H, W]."""
        begin = self.used
        self.used += self.size(shape[1:])
        made: Floats = self.memory[:, begin : begin + shape[1] * shape[2]].reshape(shape)
        return made

    @staticmethod
    def size(shape: Shape) -> int:
        """How much of a frame's part planes [H, W] take up: each begins where a vector does."""
        return -(-shape[0] * shape[1] // 16) * 16


class Vif:
    """vif_scale0 to vif_scale3.

    Args:
        planes: of both sides.
        options: the extractor's.
        threads: at work at a time.
        room: where the gradient by `dist` is to be written, if it is the only one that will be asked
            for; it is then mostly made along with the values.
        take: makes the planes of the smaller scales.
        sums: what `sums` gave for the same planes; `take` then gives what it gave, and nothing is made again.
    """

    #: How many numbers of a frame the gradient needs.
    COUNT = 2 * SCALES

    def __init__(
        self,
        planes: Pair,
        options: VifOptions,
        threads: int,
        room: Floats | None = None,
        take: Room = kernels.room,
        sums: Doubles | None = None,
    ) -> None:
        self.options, self.threads = options, threads
        self.planes, self.scales, self.units = [planes], list[VifScale](), list[Floats]()
        if sums is None:
            self._measure(room, take)
        else:
            self.planes += _taken(self.shapes(*planes[0].shape[1:]), len(sums), take)
            self.scales = [VifScale(sums[:, i], sums[:, i + 1], None, None) for i in range(0, self.COUNT, 2)]
        self.values = {f"vif_scale{i}": s.num / s.den for i, s in enumerate(self.scales)}
        if options.vif_skip_scale0:
            self.values["vif_scale0"] *= 0.0

    def _measure(self, room: Floats | None, take: Room) -> None:
        limit = self.options.vif_enhn_gain_limit
        for scale in range(SCALES):
            planes = self.planes[-1]
            if room is None:
                made = kernels.vif(planes, scale, limit, self.threads, take)
            else:
                self.units.append(room if scale == 0 else np.empty_like(planes[1]))
                made = kernels.vif_both(planes, scale, limit, self.units[-1], self.threads)
            self.scales.append(made)
            if made.half_ref is not None and made.half_dist is not None:
                self.planes.append((made.half_ref, made.half_dist))

    @property
    def sums(self) -> Doubles:
        """The numbers of each frame that the gradient needs."""
        return np.stack([x for s in self.scales for x in (s.num, s.den)], 1)

    @staticmethod
    def shapes(height: int, width: int) -> list[Shape]:
        """Sizes of the planes of the smaller scales that the gradient needs, of each side."""
        return [(height >> scale, width >> scale) for scale in range(1, SCALES)]

    def slopes(self, given: Slopes, into: MaybePair, fresh: bool = False) -> None:
        """Add the gradients of what has these slopes by the values, None: not wanted; a name left out has none.

        What is `fresh` is written, as is the `room` that was given.
        """
        by: MaybePair = (None, None)
        wanted = (into[0] is not None, into[1] is not None)
        limit = self.options.vif_enhn_gain_limit
        for scale in reversed(range(SCALES)):
            sums = self.scales[scale]
            slope = given.get(f"vif_scale{scale}", np.zeros_like(sums.num))
            if scale == 0 and self.options.vif_skip_scale0:
                slope = slope * 0.0
            if self.units:
                kernels.vif_finish(self.planes[scale], slope / sums.den, by[1], scale, self.units[scale], self.threads)
                by = (None, self.units[scale])
            else:
                made = VifScale(slope / sums.den, -slope * sums.num / sums.den**2, *by)
                out = into if fresh and scale == 0 else (None, None)
                by = kernels.vif_slopes(self.planes[scale], made, scale, limit, wanted, self.threads, out)
        for total, part in zip(into, by, strict=True):
            if total is not None and part is not None and total is not part and not self.units:
                total += part


class Adm:
    """adm2, aim, adm3 and adm_scale0 to adm_scale3.

    Args:
        planes: of both sides.
        options: the extractor's.
        with_aim: whether aim or adm3 is asked for.
        threads: at work at a time.
        take: as `Vif` takes it, like `sums`.
    """

    COUNT = 9 * SCALES

    def __init__(
        self,
        planes: Pair,
        options: AdmOptions,
        with_aim: bool,
        threads: int,
        take: Room = kernels.room,
        sums: Doubles | None = None,
    ) -> None:
        self.options, self.threads = options, threads
        with_aim = with_aim and not options.adm_skip_aim
        self.size = height, width = planes[0].shape[1:]
        axes = _axes(height, width)
        #: What the first scale reads; the rest has no gradient.
        self.part = (slice(None), held(axes[0][0], height), held(axes[0][1], width))
        limit = options.adm_enhn_gain_limit
        self.hows = [
            AdmHow(*axes[scale], sensitivity.factor, limit, with_aim)
            for scale, sensitivity in enumerate(options.sensitivities)
        ]
        self.planes: list[Pair] = [(planes[0][self.part], planes[1][self.part])]
        self.scales: list[AdmScale] = []
        if sums is None:
            self._measure(take)
        else:
            self.planes += _taken(self.shapes(height, width), len(sums), take)
            for part in np.split(sums, SCALES, 1):
                num, aim, den = np.split(part, 3, 1)
                self.scales.append(AdmScale(num, aim, den, None, None))
        self._pool()

    def _measure(self, take: Room) -> None:
        for scale, how in enumerate(self.hows):
            last = scale + 1 == SCALES  # whose low bands nobody looks at
            made = kernels.adm(self.planes[-1], how, self.threads, kernels.room if last else take)
            self.scales.append(made)
            if not last and made.low_ref is not None and made.low_dist is not None:
                self.planes.append((made.low_ref, made.low_dist))

    @property
    def sums(self) -> Doubles:
        """The numbers of each frame that the gradient needs."""
        return np.concatenate([x for s in self.scales for x in (s.num, s.aim, s.den)], 1)

    @staticmethod
    def shapes(height: int, width: int) -> list[Shape]:
        """Sizes of the planes of the smaller scales that the gradient needs, of each side."""
        return [(rows.length, cols.length) for rows, cols in _axes(height, width)[:-1]]

    def _pool(self) -> None:
        """Values from the sums of cubes, as `pyvmaf.torch.adm.scores` has them."""
        options = self.options
        areas = [how.rows.window().length * how.cols.window().length for how in self.hows]
        floors = [3.0 * (area * options.adm_noise_weight) ** (1 / 3) for area in areas]
        # Of each scale [4, N]: sums over orientations of the roots.
        self.num, self.aim, self.den = (
            np.stack([np.cbrt(getattr(s, name)).sum(1) + floor * (name != "aim")
                      for s, floor in zip(self.scales, floors, strict=True)])
            for name in ("num", "aim", "den")
        )  # fmt: skip
        if options.adm_skip_scale0:
            self.num[0] = self.aim[0] = 0.0
            self.den[0] = 1e-10
        limit = 1e-10 * (self.size[0] * self.size[1]) / (1920 * 1080)
        num, aim, den = (x.sum(0) for x in (self.num, self.aim, self.den))
        self.detail = den >= limit
        self.total = np.where(self.detail, den, 1.0)
        num = np.where(num >= limit, num, 0.0)
        adm2 = np.where(self.detail, num / self.total, 1.0)
        aim = np.where(self.detail, aim / self.total, 0.0)
        weight = options.adm_dlm_weight
        mixed = adm2 * weight + (1.0 - aim) * (1.0 - weight)
        self.free = mixed >= options.adm_min_val
        self.values = {"adm2": adm2, "aim": aim, "adm3": np.maximum(mixed, options.adm_min_val)}
        ratios = np.divide(self.num, self.den, out=np.ones_like(self.num), where=self.den > 0.0)
        self.values |= {f"adm_scale{i}": ratio for i, ratio in enumerate(ratios)}

    def slopes(self, given: Slopes, into: MaybePair) -> None:
        """Add the gradients of what has these slopes by the values, None: not wanted; a name left out has none."""
        ref, dist = (None if total is None else total[self.part] for total in into)
        none = np.zeros_like(self.total)
        of_adm3 = given.get("adm3", none) * self.free
        weight = self.options.adm_dlm_weight
        of_adm2 = (given.get("adm2", none) + of_adm3 * weight) * self.detail
        of_aim = (given.get("aim", none) - of_adm3 * (1.0 - weight)) * self.detail
        by_num, by_aim = of_adm2 / self.total, of_aim / self.total
        by_den = -(of_adm2 * self.values["adm2"] + of_aim * self.values["aim"]) / self.total
        by: MaybePair = (None, None)
        for scale in reversed(range(SCALES)):
            own = given.get(f"adm_scale{scale}", none)
            den = np.where(self.den[scale] > 0.0, self.den[scale], np.inf)
            sums = self.scales[scale]
            skipped = scale == 0 and self.options.adm_skip_scale0
            num, aim, total = (
                _root_slopes(cubes, 0.0 * none if skipped else slope)
                for cubes, slope in (
                    (sums.num, by_num + own / den),
                    (sums.aim, by_aim),
                    (sums.den, by_den - own * self.num[scale] / den**2),
                )
            )
            made = AdmScale(num, aim, total, *by)
            out = (ref, dist) if scale == 0 else (None, None)
            wanted = (ref is not None, dist is not None)
            by = kernels.adm_slopes(self.planes[scale], made, self.hows[scale], wanted, self.threads, out)


def _taken(shapes: Sequence[Shape], count: int, take: Room) -> list[Pair]:
    return [(take((count, *shape)), take((count, *shape))) for shape in shapes]


@lru_cache(maxsize=64)
def _axes(height: int, width: int) -> list[tuple[Span, Span]]:
    """Rows and columns of the four scales."""
    return list(zip(spans(height), spans(width), strict=True))


def _root_slopes(cubes: Doubles, slope: Doubles) -> Doubles:
    """Slopes by sums of cubes [N, 3] of the sum of their roots, which has `slope` [N]; 0 at 0."""
    root = np.cbrt(cubes)
    made: Doubles = np.divide(slope[:, None], 3.0 * root * root, out=np.zeros_like(root), where=root > 0.0)
    return made


class Motion:
    """motion_sad, motion2 and motion3 of a clip, from the raw differences [T] of its frames.

    Values are carried with their derivatives by the raw differences, [T, T]:
    both are small beside a frame.
    """

    def __init__(self, raw: Doubles, options: MotionOptions) -> None:
        count = len(raw)
        own = np.eye(count)
        weighed = raw * options.motion_fps_weight
        passes = (weighed <= options.motion_max_val) * options.motion_fps_weight
        weighed = np.minimum(weighed, options.motion_max_val)
        if options.motion_force_zero:
            weighed, passes = np.zeros(count), np.zeros(count)
        first = (weighed, own * passes[:, None])
        second, third = _look_ahead(first, options)
        names = ("motion_sad", "motion2", "motion3")
        self.values = {name: series[0] for name, series in zip(names, (first, second, third), strict=True)}
        self.derivatives = {name: series[1] for name, series in zip(names, (first, second, third), strict=True)}

    def slopes(self, given: Slopes) -> Doubles:
        """Slopes by the raw differences, [T]."""
        total = np.zeros(len(self.values["motion2"]))
        for name, derivative in self.derivatives.items():
            if name in given:
                total = total + given[name] @ derivative
        return total


_Series = tuple[Doubles, Doubles]  # values [n] and derivatives [n, T]


def _look_ahead(s: _Series, options: MotionOptions) -> tuple[_Series, _Series]:
    gap, count = options.distance, len(s[0])
    zero = (np.zeros(min(gap, count)), np.zeros((min(gap, count), count)))
    if count <= gap:
        return zero, zero
    if gap == 1:
        middle = _least(_cut(s, 1, -1), _cut(s, 2, None))
    else:
        before = _join(_cut(s, 3, 4), _cut(s, 2, -2))
        middle = _least(_cut(before, 0, max(count - 3, 0)), _cut(s, 3, None))
    second = _join(zero, middle, _cut(s, -1, None))
    stamp = _blend(_cut(s, gap, gap + 1), options)
    blended = _blend(_cut(second, gap, None), options)
    if options.motion_moving_average:
        previous = _join(stamp, _cut(blended, 0, -1))
        blended = ((blended[0] + previous[0]) / 2.0, (blended[1] + previous[1]) / 2.0)
    return second, _join(*[stamp] * gap, blended)


def _cut(s: _Series, begin: int, end: int | None) -> _Series:
    return s[0][begin:end], s[1][begin:end]


def _join(*parts: _Series) -> _Series:
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _least(a: _Series, b: _Series) -> _Series:
    """The smaller of both; equal ones share the derivative."""
    share = np.where(a[0] < b[0], 1.0, np.where(a[0] > b[0], 0.0, 0.5))[:, None]
    return np.minimum(a[0], b[0]), share * a[1] + (1.0 - share) * b[1]


def _blend(s: _Series, options: MotionOptions) -> _Series:
    knee, factor = options.motion_blend_offset, options.motion_blend_factor
    value = s[0] * factor + (1.0 - factor) * np.minimum(s[0], knee)
    slope = (factor + (1.0 - factor) * (s[0] <= knee)) * (value <= options.motion_max_val)
    return np.minimum(value, options.motion_max_val), s[1] * slope[:, None]
