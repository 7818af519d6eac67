# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One scale of smooth VIF or ADM, or motion, and its gradient, by the C kernels: binary32 NumPy arrays [N, H, W].

Arrays are contiguous; planes hold grey levels less any constant, since nothing
here depends on a plane's mean. Work is cut into frames, and VIF's into rows
too, on as many threads as asked for; results do not depend on the cuts.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._vmaf import ffi, lib
from .constants import MOTION_TAPS, VIF_INACTIVE, VIF_NOISE, VIF_TAPS, gaussian
from .spans import Span

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Pair = tuple[Floats, Floats]  # of reference and distorted side
MaybePair = tuple[Floats | None, Floats | None]

_KERNELS = lib.smooth_kernels_at(lib.kernel_set(lib.cpu_flags(0)))
_ROWS = 64  # fewest in a thread's part of a plane: its neighbours' rows are made again
_ALIGNMENT = 64
_pools: dict[int, ThreadPoolExecutor] = {}  # by how many threads

Shape = tuple[int, ...]
Room = Callable[[Shape], Floats]  # makes planes

# A frame, and rows [begin, end) of it.
_Part = tuple[int, int, int]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pools.clear)  # a child has none of the threads


def _run(work: Callable[[_Part], None], parts: Iterable[_Part], threads: int) -> None:
    """Call `work` on each part; C releases the interpreter."""
    if threads == 1:
        for part in parts:
            work(part)
        return
    if threads not in _pools:
        from concurrent.futures import ThreadPoolExecutor  # commands need no gradient

        _pools[threads] = ThreadPoolExecutor(threads, "pyvmaf.smooth")
    for done in [_pools[threads].submit(work, part) for part in parts]:
        done.result()


def _parts(frames: int, height: int, threads: int) -> Iterator[_Part]:
    """Frames, and rows of them if there are more threads than frames."""
    cuts = max(1, min(-(-threads // frames), height // _ROWS))
    edges = [height * i // cuts for i in range(cuts + 1)]
    for frame in range(frames):
        for begin, end in pairwise(edges):
            yield frame, begin, end


def _at(x: npt.NDArray[Any] | None, frame: int, kind: str = "float *") -> Any:
    """Address of a frame of an array; NULL for none."""
    if x is None:
        return ffi.NULL
    return ffi.cast(kind, x.__array_interface__["data"][0] + frame * x.strides[0])


def room(shape: Shape) -> Floats:
    """Planes that begin where a vector does."""
    count = math.prod(shape)
    memory = np.empty(count + _ALIGNMENT // 4, np.float32)
    first = -memory.ctypes.data % _ALIGNMENT // 4
    made: Floats = memory[first : first + count].reshape(shape)
    return made


def _scratch(size: int) -> tuple[Any, Any]:
    """Aligned memory for a kernel, and its address."""
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    return memory, ffi.cast("void *", -(-memory.ctypes.data // _ALIGNMENT) * _ALIGNMENT)


# --- VIF ---------------------------------------------------------------------


def _window(taps: list[float]) -> dict[str, Any]:
    """A SmoothTaps."""
    radius = len(taps) // 2
    return {"radius": radius, "tap": taps[radius:]}


_VIF_WINDOWS = [gaussian(len(taps)) for taps in VIF_TAPS]


class _VifCall:
    """SmoothVif structs of the parts of a batch."""

    def __init__(self, ref: Floats, dist: Floats, scale: int, gain_limit: float) -> None:
        self.ref, self.dist, self.gain_limit = ref, dist, gain_limit
        self.frames, self.height, self.width = ref.shape
        self.taps = _VIF_WINDOWS[scale]
        self.next_taps = _VIF_WINDOWS[scale + 1] if scale + 1 < len(_VIF_WINDOWS) else []

    def sums(self, take: Room) -> VifScale:
        """Room for the sums of each row, and for the next scale."""
        num, den = (np.empty((self.frames, self.height)) for _ in range(2))
        if not self.next_taps:
            return VifScale(num, den, None, None)
        half = (self.frames, self.height // 2, self.width // 2)
        return VifScale(num, den, take(half), take(half))

    def run(self, kernel: Any, part: _Part, results: Any) -> None:
        """Call a kernel on one part."""
        frame, begin, end = part
        memory, scratch = _scratch(lib.smooth_vif_scratch_size(self.width))
        call = ffi.new(
            "SmoothVif *",
            {
                "ref": _at(self.ref, frame), "dist": _at(self.dist, frame), "w": self.width, "h": self.height,
                "taps": _window(self.taps), "next_taps": _window(self.next_taps or [0.0, 1.0, 0.0]),
                "noise": VIF_NOISE, "inactive": VIF_INACTIVE, "gain_limit": self.gain_limit,
                "row_begin": begin, "row_end": end, "scratch": scratch,
            },
        )  # fmt: skip
        kernel(call, results)
        del memory


@dataclass
class VifScale:
    """Numerator and denominator [N] of a scale, and the planes of the next one; None after the last."""

    num: Doubles
    den: Doubles
    half_ref: Floats | None
    half_dist: Floats | None


def _sums_at(made: VifScale, frame: int) -> Any:
    """A SmoothVifSums of one frame."""
    rows = (_at(x, frame, "double *") for x in (made.num, made.den))
    return ffi.new("SmoothVifSums *", (*rows, _at(made.half_ref, frame), _at(made.half_dist, frame)))


def _summed(made: VifScale) -> VifScale:
    return VifScale(made.num.sum(1), made.den.sum(1), made.half_ref, made.half_dist)


def vif(planes: Pair, scale: int, gain_limit: float, threads: int = 1, take: Room = room) -> VifScale:
    """Sums of one scale of VIF; `take` makes the planes of the next one, the reference's first."""
    call = _VifCall(*planes, scale, gain_limit)
    made = call.sums(take)

    def work(part: _Part) -> None:
        call.run(_KERNELS.vif, part, _sums_at(made, part[0]))

    _run(work, _parts(call.frames, call.height, threads), threads)
    return _summed(made)


def vif_slopes(
    planes: Pair,
    slopes: VifScale,
    scale: int,
    gain_limit: float,
    wanted: tuple[bool, bool],
    threads: int = 1,
    out: MaybePair = (None, None),
) -> MaybePair:
    """Slopes by (ref, dist) of what has these slopes by the sums and the next planes; written to `out` where given."""
    call = _VifCall(*planes, scale, gain_limit)
    by_ref = (np.empty_like(call.ref) if out[0] is None else out[0]) if wanted[0] else None
    by_dist = np.empty_like(call.dist) if out[1] is None else out[1]
    num, den = slopes.num.tolist(), slopes.den.tolist()

    def work(part: _Part) -> None:
        at = part[0]
        halves = (_at(half, at) for half in (slopes.half_ref, slopes.half_dist))
        arrays = (_at(by_ref, at), _at(by_dist, at))
        call.run(_KERNELS.vif_slopes, part, ffi.new("SmoothVifSlopes *", (num[at], den[at], *halves, *arrays)))

    _run(work, _parts(call.frames, call.height, threads), threads)
    return by_ref, by_dist if wanted[1] else None


def vif_both(planes: Pair, scale: int, gain_limit: float, out: Floats, threads: int = 1) -> VifScale:
    """Sums of one scale of VIF; and into `out` the slopes of the numerator by `dist`, for `vif_finish`.

    The denominator does not depend on `dist`, so that the slopes of a score are these times
    numbers that follow from the sums of all scales: one pass over the planes makes both.
    """
    call = _VifCall(*planes, scale, gain_limit)
    made = call.sums(room)

    def work(part: _Part) -> None:
        sums = _sums_at(made, part[0])
        none = (ffi.NULL,) * 3
        call.run(_KERNELS.vif_slopes, part, ffi.new("SmoothVifSlopes *", (1.0, 0.0, *none, _at(out, part[0]), sums)))

    _run(work, _parts(call.frames, call.height, threads), threads)
    return _summed(made)


def vif_finish(planes: Pair, num: Doubles, half: Floats | None, scale: int, out: Floats, threads: int = 1) -> None:
    """Make the slopes of `vif_both` those of what has the slope `num` by the numerator and `half` by the next plane."""
    call = _VifCall(*planes, scale, 1.0)
    factor = num.tolist()

    def work(part: _Part) -> None:
        at = part[0]
        arrays = (ffi.NULL, _at(half, at), ffi.NULL, _at(out, at))
        call.run(_KERNELS.vif_finish, part, ffi.new("SmoothVifSlopes *", (factor[at], 0.0, *arrays)))

    _run(work, _parts(call.frames, call.height, threads), threads)


# --- ADM ---------------------------------------------------------------------


@dataclass(frozen=True)
class AdmHow:
    """Parameters of one scale of ADM."""

    rows: Span
    cols: Span
    weights: tuple[float, ...]  # contrast sensitivity of h, v, d
    gain_limit: float
    with_aim: bool


@dataclass
class AdmScale:
    """Sums of cubes [N, 3] of what is restored, of what was added and of the reference; the low bands, or none."""

    num: Doubles
    aim: Doubles
    den: Doubles
    low_ref: Floats | None
    low_dist: Floats | None


class _AdmCall:
    """SmoothAdm structs of a batch; planes and slopes may be parts of larger ones, of the same row length."""

    def __init__(self, ref: Floats, dist: Floats, how: AdmHow) -> None:
        self.ref, self.dist, self.how = ref, dist, how
        self.axes = [span.axis(size) for span, size in zip((how.rows, how.cols), ref.shape[1:], strict=True)]

    def parts(self) -> Iterator[_Part]:
        """Whole frames."""
        return ((frame, 0, 0) for frame in range(len(self.ref)))

    def run(self, kernel: Any, frame: int, results: Any) -> None:
        """Call a kernel on one frame."""
        how = self.how
        memory, scratch = _scratch(lib.smooth_adm_scratch_size(how.cols.length))
        call = ffi.new(
            "SmoothAdm *",
            {
                "ref": _at(self.ref, frame), "dist": _at(self.dist, frame),
                "stride": self.ref.strides[1] // self.ref.itemsize, "rows": self.axes[0],
                "cols": self.axes[1], "weight": how.weights, "gain_limit": how.gain_limit,
                "with_aim": how.with_aim, "scratch": scratch,
            },
        )  # fmt: skip
        kernel(call, results)
        del memory


def adm(planes: Pair, how: AdmHow, threads: int = 1, take: Room = room) -> AdmScale:
    """Sums of one scale of ADM; `take` makes its low bands, the reference's first."""
    call = _AdmCall(*planes, how)
    count, rows = len(planes[0]), how.rows.window().length
    num, aim, den = (np.empty((count, rows, 3)) for _ in range(3))
    low_ref, low_dist = (take((count, how.rows.length, how.cols.length)) for _ in range(2))

    def work(part: _Part) -> None:
        frame = part[0]
        rows_of = (_at(x, frame, "double(*)[3]") for x in (num, aim, den))
        sums = ffi.new("SmoothAdmSums *", (*rows_of, _at(low_ref, frame), _at(low_dist, frame)))
        call.run(_KERNELS.adm, frame, sums)

    _run(work, call.parts(), threads)
    return AdmScale(num.sum(1), aim.sum(1), den.sum(1), low_ref, low_dist)


def adm_slopes(
    planes: Pair,
    slopes: AdmScale,
    how: AdmHow,
    wanted: tuple[bool, bool],
    threads: int = 1,
    out: MaybePair = (None, None),
) -> MaybePair:
    """Slopes by (ref, dist) of what has these slopes by the sums and the low bands; added to `out` where given."""
    call = _AdmCall(*planes, how)
    by_ref = (np.zeros_like(call.ref) if out[0] is None else out[0]) if wanted[0] else None
    by_dist = (np.zeros_like(call.dist) if out[1] is None else out[1]) if wanted[1] else None
    sums = [x.tolist() for x in (slopes.num, slopes.aim, slopes.den)]

    def work(part: _Part) -> None:
        frame = part[0]
        of_sums = (column[frame] for column in sums)
        arrays = (_at(x, frame) for x in (slopes.low_ref, slopes.low_dist, by_ref, by_dist))
        call.run(_KERNELS.adm_slopes, frame, ffi.new("SmoothAdmSlopes *", (*of_sums, *arrays)))

    _run(work, call.parts(), threads)
    return by_ref, by_dist


# --- motion ------------------------------------------------------------------

_MOTION_WINDOW = gaussian(len(MOTION_TAPS))


class _MotionCall:
    """SmoothMotion structs of the parts of a batch."""

    def __init__(self, earlier: Floats, current: Floats) -> None:
        self.earlier, self.current = earlier, current
        self.frames, self.height, self.width = current.shape

    def run(self, kernel: Any, part: _Part, *results: Any) -> None:
        """Call a kernel on one part."""
        frame, begin, end = part
        memory, scratch = _scratch(lib.smooth_motion_scratch_size(self.width))
        call = ffi.new(
            "SmoothMotion *",
            (
                _at(self.earlier, frame), _at(self.current, frame), self.width, self.height,
                _window(_MOTION_WINDOW), begin, end, scratch,
            ),
        )  # fmt: skip
        kernel(call, *results)
        del memory


def motion(earlier: Floats, current: Floats, threads: int = 1) -> Doubles:
    """Mean absolute low-passed difference [N] of frames [N, H, W]."""
    call = _MotionCall(earlier, current)
    sums = np.empty((call.frames, call.height))

    def work(part: _Part) -> None:
        call.run(_KERNELS.motion, part, _at(sums, part[0], "double *"))

    _run(work, _parts(call.frames, call.height, threads), threads)
    made: Doubles = sums.sum(1) / (call.height * call.width)
    return made


def motion_slopes(earlier: Floats, current: Floats, grad: Doubles, threads: int = 1) -> Floats:
    """Gradient by `current` of what has the gradient `grad` [N] by the mean; that by `earlier` is its negative."""
    call = _MotionCall(earlier, current)
    made = np.empty_like(call.current)
    slopes = (grad / (call.height * call.width)).tolist()

    def work(part: _Part) -> None:
        call.run(_KERNELS.motion_slopes, part, slopes[part[0]], _at(made, part[0]))

    _run(work, _parts(call.frames, call.height, threads), threads)
    return made
