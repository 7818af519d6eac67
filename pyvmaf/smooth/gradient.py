# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VMAF and its derivative by every sample, on NumPy arrays; PyTorch is not needed.

>>> import numpy as np, pyvmaf
>>> ref = np.random.default_rng(0).integers(20, 200, (48, 64)).astype(np.uint8)
>>> made = pyvmaf.gradient(ref, ref // 2 + 40)
>>> made.dist.shape, made.ref is None
((48, 64), True)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import VmafTypeError, VmafValueError
from . import kernels
from .features import Adm, Motion, Vif
from .kernels import Doubles, Floats
from .models import Feature, Model, Source, load
from .options import AdmOptions, MotionOptions, VifOptions
from .regression import score

Samples = npt.NDArray[Any]
SMALLEST = 33  # of width and height, for which ADM is defined


@dataclass(frozen=True, eq=False)
class Gradient:
    """Scores and their derivatives.

    Attributes:
        score: a float for one picture, [T] for a clip, [B, T] for several; binary64, not clipped.
        dist: derivative of the weighted sum of scores by each distorted sample, binary32, of the
            shape of the samples; None when it was not asked for.
        ref: the same by each reference sample.
    """

    score: Any
    dist: Floats | None
    ref: Floats | None


def gradient(
    ref: Samples,
    dist: Samples,
    *,
    model: Source = "vmaf_v0.6.1",
    wrt: str = "dist",
    bpc: int | None = None,
    motion: bool = True,
    transform: bool = False,
    weights: npt.ArrayLike | None = None,
    n_threads: int = 1,
) -> Gradient:
    """VMAF of luma and its gradient, in the smooth form that `pyvmaf.torch` trains with.

    The value is that of libvmaf's float extractors within some thousandths; the
    number to report is :func:`pyvmaf.score`'s.

    Args:
        ref: luma [H, W], a clip [T, H, W] or clips [B, T, H, W], at least 33x33: uint8, uint16 with
            `bpc`, or float32/float64 with values in 0..255 at any depth.
        dist: the same of the distorted side.
        model: a built-in model or the path of a JSON file; a model of integer ADM, VIF and motion.
        wrt: "dist", "ref" or "both".
        bpc: bits of uint16 samples, 8 to 16.
        motion: frames of a clip belong together. False: each stands alone, without motion.
        transform: apply the model's score transform even where the file has it off.
        weights: of each score in the sum that is differentiated, of the shape of the scores;
            None: 1 each, so that a distorted frame gets the derivative of its own score.
        n_threads: as many frames, or parts of one, are worked on at a time.

    Returns:
        Scores and gradients per unit of the samples as they were given.

    Raises:
        VmafValueError: a shape, value or option that is not allowed; the message says what is.
        VmafTypeError: arrays of another type.
    """
    if wrt not in ("dist", "ref", "both"):
        raise VmafValueError(f"wrt is {wrt!r}; allowed: dist, ref, both")
    if isinstance(n_threads, bool) or not isinstance(n_threads, int) or n_threads < 1:
        raise VmafValueError(f"n_threads is {n_threads!r}; allowed: 1 and more")
    sides = [_checked(name, x, bpc) for name, x in (("ref", ref), ("dist", dist))]
    if np.shape(ref) != np.shape(dist):
        raise VmafValueError(f"ref has shape {np.shape(ref)}, dist {np.shape(dist)}; they must be equal")
    shape = np.shape(ref)
    clips = [x.reshape((1,) * (4 - len(shape)) + shape) for x, _ in sides]
    if not motion:
        clips = [x.reshape(-1, 1, *shape[-2:]) for x in clips]
    share = np.ones(clips[0].shape[:2]) if weights is None else np.asarray(weights, float)
    if weights is not None and share.shape != shape[:-2]:
        raise VmafValueError(f"weights has shape {share.shape}; allowed: {shape[:-2]}, that of the scores")
    work = _Work(load(model, clip=False, transform=transform), (wrt != "dist", wrt != "ref"), n_threads)
    units, share = (sides[0][1], sides[1][1]), share.reshape(clips[0].shape[:2])
    made = [work.clip(r, d, units, s) for r, d, s in zip(*clips, share, strict=True)]
    scores = np.stack([m[0] for m in made]).reshape(shape[:-2])
    by_ref, by_dist = (
        None if parts[0] is None else np.array(parts, np.float32).reshape(shape)
        for parts in ([m[1] for m in made], [m[2] for m in made])
    )
    return Gradient(float(scores) if scores.ndim == 0 else scores, by_dist, by_ref)


def _checked(name: str, x: Samples, bpc: int | None) -> tuple[Samples, float]:
    """An array and the grey levels of one unit of it."""
    if not isinstance(x, np.ndarray):
        raise VmafTypeError(f"{name} is a {type(x).__name__}; allowed: a NumPy array")
    if x.ndim not in (2, 3, 4) or min(x.shape[-2:], default=0) < SMALLEST or x.size == 0:
        raise VmafValueError(
            f"{name} has shape {x.shape}; allowed: [H, W], [T, H, W] or [B, T, H, W], at least {SMALLEST}x{SMALLEST}"
        )
    if x.dtype == np.uint8:
        return x, 1.0
    if x.dtype == np.uint16:
        if isinstance(bpc, bool) or not isinstance(bpc, int) or not 8 <= bpc <= 16:
            raise VmafValueError(f"{name} is uint16 and bpc is {bpc!r}; allowed: 8 to 16, the bits of its samples")
        if int(x.max()) >> bpc:
            raise VmafValueError(f"{name} has a sample of {x.max()}, more than {bpc} bits hold")
        return x, 2.0 ** (8 - bpc)
    if x.dtype not in (np.float32, np.float64):
        raise VmafTypeError(f"{name} is {x.dtype}; allowed: uint8, uint16, float32, float64")
    low, high = float(x.min()), float(x.max())
    if not (low >= 0.0 and high < 256.0):
        raise VmafValueError(f"{name} spans {low:g} to {high:g}; allowed: 0 to 255 at any depth")
    if 0.0 < high <= 1.0:
        raise VmafValueError(f"{name} spans {low:g} to {high:g} and seems to be in 0..1; multiply by 255")
    return x, 1.0


def _centred(x: Samples, unit: float) -> Floats:
    """Grey levels of frames [N, H, W] less a constant each, as `pyvmaf.torch.levels` takes it."""
    made: Floats = np.ascontiguousarray(x, np.float32)
    if unit != 1.0:
        made = made * np.float32(unit)
    spread = made.max((1, 2)) - made.min((1, 2))
    offset: Floats = np.where(spread < 1.0, made[:, 0, 0], np.float32(128.0))
    centred: Floats = made - offset[:, None, None]
    return centred


class _Work:
    """One model's features, clip after clip."""

    def __init__(self, model: Model, wanted: tuple[bool, bool], threads: int) -> None:
        self.model, self.wanted, self.threads = model, wanted, threads
        self.inputs: dict[Any, list[tuple[int, Feature]]] = {}
        for column, feature in enumerate(model.features):
            self.inputs.setdefault(feature.options, []).append((column, feature))

    def clip(
        self, ref: Samples, dist: Samples, units: tuple[float, float], weights: Doubles
    ) -> tuple[Doubles, Floats | None, Floats | None]:
        """Scores [T] and the gradients by ref and dist [T, H, W] of one clip."""
        frames = len(ref)
        motions = {
            options: Motion(self._differences(ref, units[0], options), options)
            for options in self.inputs
            if isinstance(options, MotionOptions)
        }
        scores = np.empty(frames)
        by = [np.empty(x.shape, np.float32) if want else None for x, want in zip((ref, dist), self.wanted, strict=True)]
        given = {options: {f.value: np.zeros(frames) for _, f in self.inputs[options]} for options in motions}
        for begin in range(0, frames, self.threads):
            at = slice(begin, min(frames, begin + self.threads))
            planes = (_centred(ref[at], units[0]), _centred(dist[at], units[1]))
            made = {o: self._measure(o, planes) for o in self.inputs if not isinstance(o, MotionOptions)}
            features = np.empty((len(planes[0]), len(self.model.features)))
            for options, columns in self.inputs.items():
                source = motions.get(options, made.get(options))
                assert source is not None
                for column, feature in columns:
                    values = source.values[feature.value]
                    features[:, column] = values[at] if options in motions else values
            scores[at], slopes = score(self.model, features)
            slopes = slopes * weights[at, None]
            for options, columns in self.inputs.items():
                own = {feature.value: slopes[:, column] for column, feature in columns}
                if options in motions:
                    for value, slope in own.items():
                        given[options][value][at] = slope
                    continue
                self._add(by, at, made[options].slopes(own, self.wanted), first=options is next(iter(made)))
        if by[0] is not None:
            for options, motion in motions.items():
                self._add_motion(by[0], ref, units[0], options, motion.slopes(given[options]))
        for side, unit in zip(by, units, strict=True):
            if side is not None and unit != 1.0:
                side *= np.float32(unit)
        return scores, by[0], by[1]

    def _measure(self, options: Any, planes: tuple[Floats, Floats]) -> Vif | Adm:
        if isinstance(options, VifOptions):
            return Vif(*planes, options.vif_enhn_gain_limit, self.threads)
        assert isinstance(options, AdmOptions)
        with_aim = any(f.value in ("aim", "adm3") for _, f in self.inputs[options])
        return Adm(*planes, options, with_aim, self.threads)

    @staticmethod
    def _add(by: list[Floats | None], at: slice, parts: tuple[Floats | None, Floats | None], first: bool) -> None:
        for total, part in zip(by, parts, strict=True):
            if total is not None and part is not None:
                if first:
                    total[at] = part
                else:
                    total[at] += part

    def _differences(self, ref: Samples, unit: float, options: MotionOptions) -> Doubles:
        """Raw differences [T] to the frame `distance` back; 0 where there is none."""
        made, gap = np.zeros(len(ref)), options.distance
        for t in range(gap, 0 if options.motion_force_zero else len(ref)):
            earlier, current = (np.ascontiguousarray(ref[i : i + 1], np.float32) for i in (t - gap, t))
            made[t] = kernels.motion(earlier, current, self.threads)[0] * unit
        return made

    def _add_motion(self, by: Floats, ref: Samples, unit: float, options: MotionOptions, slopes: Doubles) -> None:
        gap = options.distance
        for t in range(gap, len(ref)):
            if slopes[t]:
                earlier, current = (np.ascontiguousarray(ref[i : i + 1], np.float32) for i in (t - gap, t))
                made = kernels.motion_slopes(earlier, current, slopes[t : t + 1], self.threads)[0]
                by[t] += made
                by[t - gap] -= made
