# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VIF, ADM and motion of the luma of clips by the C kernels, with their gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from . import kernels
from .features import Adm, Store, Vif
from .kernels import Doubles, Floats, MaybePair, Pair, Shape
from .models import Feature
from .options import AdmOptions, MotionOptions, VifOptions

AnyArray = npt.NDArray[Any]
Kept = tuple[Doubles, Floats]

_MIDDLE = np.float32(128.0)
_MOTIONS = ("motion_sad", "motion2", "motion3")


def centred(x: AnyArray, unit: float, made: Floats) -> AnyArray:
    """Grey levels of frames [N, H, W] into `made`, less a constant each, as `pyvmaf.torch.levels` takes it.

    Returns whether all of a frame's are numbers, [N].
    """
    scale = np.float32(unit)
    low, high = (bound.astype(np.float32) * scale for bound in (x.min((1, 2)), x.max((1, 2))))
    offset: Floats = np.where(high - low < 1.0, x[:, 0, 0].astype(np.float32) * scale, _MIDDLE)
    if unit == 1.0:
        np.subtract(x, offset[:, None, None], out=made, dtype=np.float32, casting="same_kind")
    else:
        np.multiply(x, scale, out=made, dtype=np.float32, casting="same_kind")
        made -= offset[:, None, None]
    finite: AnyArray = np.isfinite(low) & np.isfinite(high)
    return finite


class Luma:
    """Columns of clips as their features are, but for motion's, which are raw differences of frames.

    Args:
        ref: frames [B, S + T, H, W] in 0..255, the first S of each clip for motion only; None: nobody asks for motion.
        dist: frames [B, T, H, W]; or their shape, with `kept`.
        features: what to make, of VIF, ADM and motion.
        threads: at work at a time.
        kept: what `kept` gave for the same frames; nothing is made again.
    """

    def __init__(
        self,
        ref: Floats | None,
        dist: Floats | Shape,
        features: Sequence[Feature],
        threads: int,
        kept: Kept | None = None,
    ) -> None:
        self.ref, self.features, self.threads = ref, features, threads
        self.shape: Shape = dist if isinstance(dist, tuple) else dist.shape
        self.clips, self.frames, *size = self.shape
        self.options = list(dict.fromkeys(f.options for f in features))
        count, length = self.clips * self.frames, self.sizes(features, *size)[1]
        memory = kernels.room((count, length)) if kept is None else kept[1]
        self.store = Store(memory)
        with np.errstate(all="ignore"):  # what is no number is marked
            planes = [self.store.take((count, *size)) for _ in range(2)] if length else []
            if kept is not None:
                self.made = self._parts(planes, kept[0][:, len(features) :])
                #: 1, or NaN where a frame behind a value is not all numbers, [B * T, K].
                self.marks: Doubles = kept[0][:, : len(features)]
                return
            assert ref is not None and not isinstance(dist, tuple)
            sides = (ref[:, ref.shape[1] - self.frames :], dist)
            finite = [centred(x.reshape(plane.shape), 1.0, plane) for x, plane in zip(sides, planes, strict=False)]
            self.made = self._parts(planes, None)
            self._measure(np.logical_and.reduce(finite))

    def _parts(self, planes: Sequence[Floats], sums: Doubles | None) -> dict[Any, Vif | Adm]:
        """VIF and ADM, from their sums if they are there."""
        made, pair, take = dict[Any, Vif | Adm](), cast("Pair", tuple(planes)), self.store.take
        for options in self.options:
            if isinstance(options, MotionOptions):
                continue
            own = None
            if sums is not None:
                own, sums = np.split(sums, [_kind(options).COUNT], 1)
            if isinstance(options, AdmOptions):
                with_aim = any(f.options == options and f.value in ("aim", "adm3") for f in self.features)
                made[options] = Adm(pair, options, with_aim, self.threads, take, own)
            elif isinstance(options, VifOptions):
                made[options] = Vif(pair, options, self.threads, None, take, own)
        return made

    def _measure(self, finite: AnyArray) -> None:
        values, marks = [], []
        motions: dict[Any, Doubles] = {o: self._differences(o) for o in self.options if isinstance(o, MotionOptions)}
        for f in self.features:
            part = self.made.get(f.options)
            value = motions[f.options] if part is None else part.values[f.value]
            marks.append(np.where(np.isfinite(value) if part is None else finite, 1.0, np.nan))
            values.append(value * marks[-1])
        #: The columns [B * T, K].
        self.values, self.marks = np.stack(values, 1), np.stack(marks, 1)

    @property
    def kept(self) -> Kept:
        """What the gradient needs besides the frames: numbers and planes of each distorted frame."""
        return np.concatenate([self.marks, *(part.sums for part in self.made.values())], 1), self.store.memory

    @staticmethod
    def sizes(features: Sequence[Feature], height: int, width: int) -> tuple[int, int]:
        """How many numbers are kept of each distorted frame of that size, and how many samples of planes."""
        kinds = [_kind(o) for o in dict.fromkeys(f.options for f in features) if not isinstance(o, MotionOptions)]
        shapes: list[Shape] = [(height, width)] if kinds else []
        shapes += [shape for kind in kinds for shape in kind.shapes(height, width)]
        return len(features) + sum(kind.COUNT for kind in kinds), 2 * sum(map(Store.size, shapes))

    def slopes(self, given: Doubles, wanted: tuple[bool, bool]) -> MaybePair:
        """Gradients by the frames of what has these slopes by the values, [B * T, K]; None: not wanted.

        That by the reference needs the reference.
        """
        with np.errstate(all="ignore"):
            given = given * self.marks
            shape = (self.clips * self.frames, *self.shape[2:])
            ref, dist = (kernels.room(shape) if want else None for want in wanted)
            parts = sorted(self.made.items(), key=lambda item: isinstance(item[1], Adm))
            first = parts[0][1] if parts else None  # VIF writes what ADM can only add to
            if not isinstance(first, Vif):
                _clear((ref, dist))
            for options, part in parts:
                own = {value: self._slope(given, options, value) for value in part.values}
                if isinstance(part, Vif):
                    part.slopes(own, (ref, dist), fresh=part is first)
                else:
                    part.slopes(own, (ref, dist))
            by_dist = None if dist is None else dist.reshape(self.shape)
            return self._with_motion(ref, given) if ref is not None else None, by_dist

    def _slope(self, given: Doubles, options: Any, value: str) -> Doubles:
        none = np.zeros(len(given))
        own = [given[:, k] for k, f in enumerate(self.features) if f.options == options and f.value == value]
        return sum(own, none)

    # --- motion ---

    def _pairs(self, options: MotionOptions) -> Pair | None:
        """Each frame that has an earlier one to be compared with, after that one; None: there is none."""
        assert self.ref is not None
        gap = options.distance
        ref = self.ref[:, max(0, self.ref.shape[1] - self.frames - gap) :]
        if ref.shape[1] <= gap or options.motion_force_zero:
            return None
        earlier, current = (x.reshape(-1, *x.shape[2:]) for x in (ref[:, :-gap], ref[:, gap:]))
        return np.ascontiguousarray(earlier), np.ascontiguousarray(current)

    def _differences(self, options: MotionOptions) -> Doubles:
        """Raw differences [B * T] to the frame `distance` back; 0 where there is none."""
        made = np.zeros((self.clips, self.frames))
        pairs = self._pairs(options)
        if pairs is not None:
            values = kernels.motion(*pairs, self.threads).reshape(self.clips, -1)
            made[:, self.frames - values.shape[1] :] = values
        return made.reshape(-1)

    def _with_motion(self, by: Floats, given: Doubles) -> Floats:
        """The gradient by all frames of the reference, from that of VIF and ADM by those that have a distorted one."""
        assert self.ref is not None
        whole: Floats = by.reshape(self.shape)
        if before := self.ref.shape[1] - self.frames:
            whole = np.concatenate((np.zeros_like(self.ref[:, :before]), whole), 1)
        for options in self.options:
            pairs = self._pairs(options) if isinstance(options, MotionOptions) else None
            if pairs is None:
                continue
            count, gap = len(pairs[0]) // self.clips, options.distance
            slope = sum((self._slope(given, options, value) for value in _MOTIONS), np.zeros(len(given)))
            slope = slope.reshape(self.clips, -1)[:, self.frames - count :].ravel()
            made = kernels.motion_slopes(*pairs, slope, self.threads).reshape(self.clips, count, *self.shape[2:])
            whole[:, -count:] += made
            whole[:, -count - gap : whole.shape[1] - gap] -= made
        return whole


def _kind(options: Any) -> type[Vif] | type[Adm]:
    return Vif if isinstance(options, VifOptions) else Adm


def _clear(planes: Sequence[Floats | None]) -> None:
    for plane in planes:
        if plane is not None:
            plane[:] = 0.0
