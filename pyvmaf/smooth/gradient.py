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
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from ..choices import Wrt
from ..errors import VmafTypeError, VmafValueError
from . import kernels
from .chroma import EXTRACTORS, check, cropped, misfit
from .engine import request, scores
from .features import Adm, Motion, Vif
from .kernels import Doubles, Floats
from .luma import centred
from .models import Feature, Model, Source, load
from .options import AdmOptions, MotionOptions, SpeedOptions, VifOptions
from .regression import score
from .speed import Axes, Speed

Samples = npt.NDArray[Any]
#: Luma, or planes (y, cb, cr).
Frames = Samples | tuple[Samples, Samples, Samples]
SMALLEST = 33  # of width and height, for which ADM is defined


@dataclass(frozen=True, eq=False)
class Gradient:
    """Scores and their derivatives.

    Attributes:
        score: a float for one picture, [T] for a clip, [B, T] for several; binary64, not clipped.
        dist: derivative of the weighted sum of scores by each distorted sample, binary32, of the
            shape of the samples, three arrays if planes were given; None when it was not asked for.
        ref: the same by each reference sample.
    """

    score: Any
    dist: Any
    ref: Any


def gradient(
    ref: Frames,
    dist: Frames,
    *,
    model: Source = "vmaf_v0.6.1",
    wrt: Wrt = "dist",
    bpc: int | None = None,
    motion: bool = True,
    transform: bool = False,
    weights: npt.ArrayLike | None = None,
    n_threads: int = 1,
) -> Gradient:
    """VMAF and its gradient, in the smooth form that `pyvmaf.torch` trains with.

    The value is that of libvmaf's float extractors within some thousandths; the
    number to report is :func:`pyvmaf.score`'s.

    Args:
        ref: luma [H, W], a clip [T, H, W] or clips [B, T, H, W], at least 33x33: uint8, uint16 with
            `bpc`, or float32/float64 with values in 0..255 at any depth. Or planes (y, cb, cr) of such
            shapes, chroma in full size or subsampled by two: VMAF v1 needs them.
        dist: the same of the distorted side.
        model: a built-in model or the path of a JSON file; a model of integer ADM, VIF and motion, SpEED of
            chroma and CAMBI, which has no gradient.
        wrt: "dist", "ref" or "both".
        bpc: bits of uint16 samples, 8 to 16; of floating-point ones, those that CAMBI looks at (8).
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
    if wrt not in get_args(Wrt):
        raise VmafValueError(f"wrt is {wrt!r}; allowed: {', '.join(get_args(Wrt))}")
    if isinstance(n_threads, bool) or not isinstance(n_threads, int) or n_threads < 1:
        raise VmafValueError(f"n_threads is {n_threads!r}; allowed: 1 and more")
    sides = [_side(name, x, bpc) for name, x in (("ref", ref), ("dist", dist))]
    shapes = [[plane.shape for plane in planes] for planes, _ in sides]
    if shapes[0] != shapes[1]:
        shown = [str(made[0] if len(made) == 1 else made) for made in shapes]
        raise VmafValueError(f"ref has shape {shown[0]}, dist {shown[1]}; they must be equal")
    shape = shapes[0][0]
    read = load(model, clip=False, transform=transform)
    try:
        check(read.features, shape[-2:], sides[0][0][1] if len(shapes[0]) > 1 else None, f"model {read.name}")
    except ValueError as error:
        raise VmafValueError(str(error)) from None
    front = (1,) * (4 - len(shape)) + shape[:-2] if motion else (-1, 1)
    clips = [[x.reshape(*front, *x.shape[-2:]) for x in planes] for planes, _ in sides]
    share = np.ones(clips[0][0].shape[:2]) if weights is None else np.asarray(weights, float)
    if weights is not None and share.shape != shape[:-2]:
        raise VmafValueError(f"weights has shape {share.shape}; allowed: {shape[:-2]}, that of the scores")
    share = share.reshape(clips[0][0].shape[:2])
    work = _Work(read, (wrt != "dist", wrt != "ref"), (sides[0][1], sides[1][1]), bpc or 8, n_threads)
    made = [work.clip([x[i] for x in clips[0]], [x[i] for x in clips[1]], share[i]) for i in range(len(share))]
    values = np.stack([m[0] for m in made]).reshape(shape[:-2])
    by = [_whole([m[1][side] for m in made], shapes[0], isinstance((ref, dist)[side], np.ndarray)) for side in (0, 1)]
    return Gradient(float(values) if values.ndim == 0 else values, by[1], by[0])


def _whole(clips: list[list[Floats] | None], shapes: list[tuple[int, ...]], alone: bool) -> Any:
    """Planes of all clips as they were given; no copy of a single clip."""
    if clips[0] is None:
        return None
    planes = [
        (parts[0] if len(parts) == 1 else np.stack(parts)).reshape(shape)
        for parts, shape in zip(zip(*(clip for clip in clips if clip is not None), strict=True), shapes, strict=True)
    ]
    return planes[0] if alone else tuple(planes)


def _side(name: str, frames: Frames, bpc: int | None) -> tuple[list[Samples], float]:
    """The planes of a side and the grey levels of one unit of them."""
    if not isinstance(frames, tuple):
        x, unit = _checked(name, frames, bpc)
        return [x], unit
    if len(frames) != 3:
        raise VmafValueError(f"{name} has {len(frames)} planes; allowed: luma alone, or (y, cb, cr)")
    luma, unit = _checked(name, frames[0], bpc)
    planes = [luma]
    for part, plane in zip(("cb", "cr"), frames[1:], strict=True):
        x, _ = _checked(f"{name}'s {part}", plane, bpc, 1)
        wanted = misfit(luma.shape[-2:], x.shape[-2:])
        if wanted or x.shape[:-2] != luma.shape[:-2]:
            raise VmafValueError(
                f"{name}'s {part} has shape {x.shape} beside luma {luma.shape}; allowed: as many frames, of "
                f"{wanted or 'that size'}"
            )
        if x.dtype != luma.dtype:
            raise VmafTypeError(f"{name}'s {part} is {x.dtype}, its luma {luma.dtype}; they must be equal")
        planes.append(x)
    return planes, unit


def _checked(name: str, x: Samples, bpc: int | None, smallest: int = SMALLEST) -> tuple[Samples, float]:
    """An array and the grey levels of one unit of it."""
    if not isinstance(x, np.ndarray):
        raise VmafTypeError(f"{name} is a {type(x).__name__}; allowed: a NumPy array")
    if x.ndim not in (2, 3, 4) or min(x.shape[-2:], default=0) < smallest or x.size == 0:
        raise VmafValueError(
            f"{name} has shape {x.shape}; allowed: [H, W], [T, H, W] or [B, T, H, W], at least {smallest}x{smallest}"
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


class _Work:
    """One model's features, clip after clip."""

    def __init__(
        self, model: Model, wanted: tuple[bool, bool], units: tuple[float, float], bpc: int, threads: int
    ) -> None:
        self.model, self.wanted, self.units, self.bpc, self.threads = model, wanted, units, bpc, threads
        self.inputs: dict[Any, list[tuple[int, Feature]]] = {}
        for column, feature in enumerate(model.features):
            self.inputs.setdefault(feature.options, []).append((column, feature))

    def clip(
        self, ref: list[Samples], dist: list[Samples], weights: Doubles
    ) -> tuple[Doubles, tuple[list[Floats] | None, list[Floats] | None]]:
        """Scores [T] and the gradients by the planes [T, h, w] of either side of one clip."""
        frames = len(ref[0])
        motions = {
            options: Motion(self._differences(ref[0], options), options)
            for options in self.inputs
            if isinstance(options, MotionOptions)
        }
        values = np.empty(frames)
        by = tuple(
            [np.zeros(x.shape, np.float32) for x in side] if want else None
            for side, want in zip((ref, dist), self.wanted, strict=True)
        )
        rooms = None
        if by[1] is not None and by[0] is None and any(isinstance(options, VifOptions) for options in self.inputs):
            rooms = by[1][0] = kernels.room(dist[0].shape)  # which VIF writes
        given = {options: {f.value: np.zeros(frames) for _, f in self.inputs[options]} for options in motions}
        for begin in range(0, frames, self.threads):
            at = slice(begin, min(frames, begin + self.threads))
            room = None if rooms is None else rooms[at]
            made = self._stretch([x[at] for x in ref], [x[at] for x in dist], room)
            features = np.empty((len(weights[at]), len(self.model.features)))
            for options, columns in self.inputs.items():
                for column, feature in columns:
                    source = motions[options].values[feature.value][at] if options in motions else None
                    features[:, column] = made[options].values[feature.value] if source is None else source
            values[at], slopes = score(self.model, features)
            slopes = slopes * weights[at, None]
            for options in (*made, *motions):
                own = {feature.value: slopes[:, column] for column, feature in self.inputs[options]}
                if options in motions:
                    for value, slope in own.items():
                        given[options][value][at] = slope
                else:
                    self._add(by, at, made[options], own)
        if by[0] is not None:
            for options, motion in motions.items():
                self._add_motion(by[0][0], ref[0], options, motion.slopes(given[options]))
        for side, unit in zip(by, self.units, strict=True):
            for plane in side or ():
                if unit != 1.0:
                    plane *= np.float32(unit)
        return values, (by[0], by[1])

    def _stretch(self, ref: list[Samples], dist: list[Samples], room: Floats | None) -> dict[Any, Any]:
        """The features of some frames but motion, by their options; one VIF, which comes first, gets the room."""
        made: dict[Any, Any] = {}
        # One block: the C library keeps what it gets back at once, with its pages, for the next call.
        r, d = kernels.room((2, *ref[0].shape))
        luma = (r, d)
        centred(ref[0], self.units[0], r)
        centred(dist[0], self.units[1], d)
        for options in sorted(self.inputs, key=lambda options: not isinstance(options, VifOptions)):
            if isinstance(options, VifOptions):
                made[options] = Vif(luma, options, self.threads, None if made else room)
            elif isinstance(options, AdmOptions):
                with_aim = any(f.value in ("aim", "adm3") for _, f in self.inputs[options])
                made[options] = Adm(luma, options, with_aim, self.threads)
            elif isinstance(options, SpeedOptions):
                made[options] = self._speed(ref, dist, options)
            elif options.extractor in EXTRACTORS:
                made[options] = _Constant(self._by_engine(dist[0], options))
        return made

    def _speed(self, ref: list[Samples], dist: list[Samples], options: SpeedOptions) -> Speed:
        size = ref[0].shape[-2:]
        (ru, rv), (du, dv) = (
            [cropped(size, x).astype(float) * unit - 128.0 for x in side[1:]]
            for side, unit in zip((ref, dist), self.units, strict=True)
        )
        return Speed(np, (ru, rv), (du, dv), Axes.of(ru.shape[-2], ru.shape[-1], options), options)

    def _by_engine(self, luma: Samples, options: Any) -> dict[str, Doubles]:
        """Values [n] of the distorted side's luma."""
        features = [feature for _, feature in self.inputs[options]]
        if luma.dtype.kind == "f":
            top = 2**self.bpc - 1
            luma = np.clip(np.round(luma * 2.0 ** (self.bpc - 8)), 0, top).astype(np.uint16 if top > 255 else np.uint8)
        frames = (((plane,), (plane,)) for plane in luma)
        bpc = 8 if luma.dtype == np.uint8 else self.bpc
        rows = scores(frames, [request(feature) for feature in features], bpc, self.threads)
        return {f.value: np.array(column) for f, column in zip(features, zip(*rows, strict=True), strict=True)}

    def _add(self, by: tuple[list[Floats] | None, ...], at: slice, made: Any, slopes: dict[str, Doubles]) -> None:
        """Add what a feature says to the planes that it looks at."""
        if isinstance(made, Speed):
            for totals, parts in zip(by, made.slopes(slopes, self.wanted), strict=True):
                for total, part in zip((totals or ())[1:], parts or (), strict=False):
                    total[at, : part.shape[1], : part.shape[2]] += part
        elif not isinstance(made, _Constant):
            ref, dist = (None if totals is None else totals[0][at] for totals in by)
            made.slopes(slopes, (ref, dist))

    def _differences(self, ref: Samples, options: MotionOptions) -> Doubles:
        """Raw differences [T] to the frame `distance` back; 0 where there is none."""
        made, gap = np.zeros(len(ref)), options.distance
        for t in range(gap, 0 if options.motion_force_zero else len(ref)):
            earlier, current = (np.ascontiguousarray(ref[i : i + 1], np.float32) for i in (t - gap, t))
            made[t] = kernels.motion(earlier, current, self.threads)[0] * self.units[0]
        return made

    def _add_motion(self, by: Floats, ref: Samples, options: MotionOptions, slopes: Doubles) -> None:
        gap = options.distance
        for t in range(gap, len(ref)):
            if slopes[t]:
                earlier, current = (np.ascontiguousarray(ref[i : i + 1], np.float32) for i in (t - gap, t))
                made = kernels.motion_slopes(earlier, current, slopes[t : t + 1], self.threads)[0]
                by[t] += made
                by[t - gap] -= made


class _Constant:
    """Values without a gradient."""

    def __init__(self, values: dict[str, Doubles]) -> None:
        self.values = values
