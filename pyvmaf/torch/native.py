# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Smooth VIF and ADM by the C kernels, for binary32 tensors on the CPU.

Each class is one scale of one feature, in the place of the tensor operations
of `vif` and `adm`, which stay for every other type and device and judge it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from .._vmaf import ffi, lib

_KERNELS = lib.smooth_kernels(lib.cpu_flags(0))
_ROWS = 64  # fewest in a thread's part of a plane: its neighbours' rows are made again
_pools: dict[int, ThreadPoolExecutor] = {}  # by how many threads

# A frame, and rows [begin, end) of it.
_Part = tuple[int, int, int]
# One scale of a feature: (ref, dist) to its sums and the planes of the next scale.
_Scale = Callable[[Tensor, Tensor], tuple[Tensor, ...]]


os.register_at_fork(after_in_child=_pools.clear)  # a child has none of the threads


def takes(*planes: Tensor) -> bool:
    """Whether these tensors are for the C kernels."""
    return not torch.compiler.is_compiling() and all(
        x.dtype == torch.float32 and x.device.type == "cpu" for x in planes
    )


def _run(work: Callable[[_Part], None], parts: Iterable[_Part]) -> None:
    """Call `work` on each part, on as many threads as PyTorch uses; C releases the interpreter."""
    threads = torch.get_num_threads()
    if threads == 1:
        for part in parts:
            work(part)
        return
    if threads not in _pools:
        _pools[threads] = ThreadPoolExecutor(threads, "pyvmaf.torch")
    for done in [_pools[threads].submit(work, part) for part in parts]:
        done.result()


def _parts(frames: int, height: int) -> Iterator[_Part]:
    """Frames, and rows of them if there are more threads than frames; results do not depend on the cuts."""
    cuts = max(1, min(-(-torch.get_num_threads() // frames), height // _ROWS))
    edges = [height * i // cuts for i in range(cuts + 1)]
    for frame in range(frames):
        for begin, end in pairwise(edges):
            yield frame, begin, end


def _at(x: Tensor | None, frame: int, kind: str = "float *") -> Any:
    """Address of a frame of a contiguous tensor; NULL for none."""
    if x is None:
        return ffi.NULL
    return ffi.cast(kind, x.data_ptr() + frame * x.stride(0) * x.element_size())


def _scratch(size: int) -> tuple[Any, Any]:
    """Memory of the kernels and its address."""
    memory = torch.empty(size, dtype=torch.uint8)
    return memory, ffi.cast("void *", memory.data_ptr())


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    """Keep what a backward pass needs: the planes, how, and the same by tensor operations."""
    ref, dist, ctx.how, ctx.by_tensors = inputs
    ctx.save_for_backward(ref, dist)


def _pulled(by_tensors: _Scale, planes: tuple[Tensor, ...], grads: tuple[Tensor, ...]) -> Any:
    """Gradients by tensor operations: in function transforms, whose tensors have no memory."""
    return torch.func.vjp(by_tensors, *planes)[1](grads)


def more_frames(
    apply: Callable[..., tuple[Tensor, ...]], size: int, in_dims: tuple[int | None, ...], *inputs: Any
) -> Any:
    """The rule of `torch.func.vmap`: a mapped dimension of the two planes is more frames."""
    planes = [
        (x.movedim(dim, 0) if dim is not None else x.expand(size, *x.shape)).flatten(0, 1)
        for x, dim in zip(inputs[:2], in_dims, strict=False)
    ]
    made = apply(*planes, *inputs[2:])
    return tuple(x.unflatten(0, (size, -1)) for x in made), (0,) * len(made)


# --- VIF ---------------------------------------------------------------------


@dataclass(frozen=True)
class VifHow:
    """Parameters of one scale of VIF."""

    taps: list[float]
    next_taps: list[float]  # empty: no next scale
    noise: float
    inactive: float
    gain_limit: float


def _window(taps: list[float]) -> dict[str, Any]:
    """A SmoothTaps."""
    radius = len(taps) // 2
    return {"radius": radius, "tap": taps[radius:]}


class _VifCall:
    """SmoothVif structs of the parts of a batch."""

    def __init__(self, ref: Tensor, dist: Tensor, how: VifHow) -> None:
        self.ref, self.dist, self.how = ref.contiguous(), dist.contiguous(), how
        self.frames, _, self.height, self.width = ref.shape

    def parts(self) -> Iterator[_Part]:
        return _parts(self.frames, self.height)

    def half(self) -> Tensor | None:
        """Room for a plane of the next scale."""
        if not self.how.next_taps:
            return None
        return self.ref.new_empty(self.frames, 1, self.height // 2, self.width // 2)

    def run(self, kernel: Any, part: _Part, results: Any) -> None:
        frame, begin, end = part
        memory, scratch = _scratch(lib.smooth_vif_scratch_size(self.width))
        how = self.how
        call = ffi.new(
            "SmoothVif *",
            {
                "ref": _at(self.ref, frame), "dist": _at(self.dist, frame), "w": self.width, "h": self.height,
                "taps": _window(how.taps), "next_taps": _window(how.next_taps or [0.0, 1.0, 0.0]),
                "noise": how.noise, "inactive": how.inactive, "gain_limit": how.gain_limit,
                "row_begin": begin, "row_end": end, "scratch": scratch,
            },
        )  # fmt: skip
        kernel(call, results)
        del memory


class VifScale(torch.autograd.Function):
    """`vif._scale`: sums [N], numerator and denominator, and the planes of the next scale."""

    @staticmethod
    def forward(ref: Tensor, dist: Tensor, how: VifHow, by_tensors: _Scale) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        call = _VifCall(ref, dist, how)
        num, den = (torch.empty(call.frames, call.height, dtype=torch.float64) for _ in range(2))
        half_ref, half_dist = call.half(), call.half()

        def work(part: _Part) -> None:
            at = part[0]
            sums = ffi.new(
                "SmoothVifSums *",
                (_at(num, at, "double *"), _at(den, at, "double *"), _at(half_ref, at), _at(half_dist, at)),
            )
            call.run(_KERNELS.vif, part, sums)

        _run(work, call.parts())
        none = ref.new_empty(call.frames, 1, 0, 0)
        halves = (none if half_ref is None else half_ref, none.clone() if half_dist is None else half_dist)
        return num.sum(1).float(), den.sum(1).float(), *halves

    setup_context = staticmethod(_remember)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        if torch.is_grad_enabled():
            return *_pulled(ctx.by_tensors, ctx.saved_tensors, grads), None, None
        ref, dist = ctx.saved_tensors
        call = _VifCall(ref, dist, ctx.how)
        by_ref = torch.empty_like(call.ref) if ctx.needs_input_grad[0] else None
        by_dist = torch.empty_like(call.dist)
        num, den = (g.tolist() for g in grads[:2])
        half_ref, half_dist = (g.contiguous() if ctx.how.next_taps else None for g in grads[2:])

        def work(part: _Part) -> None:
            at = part[0]
            slopes = ffi.new(
                "SmoothVifSlopes *",
                (num[at], den[at], _at(half_ref, at), _at(half_dist, at), _at(by_ref, at), _at(by_dist, at)),
            )
            call.run(_KERNELS.vif_slopes, part, slopes)

        _run(work, call.parts())
        return by_ref, by_dist, None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        return more_frames(VifScale.apply, info.batch_size, in_dims, *inputs)


# --- ADM ---------------------------------------------------------------------


@dataclass(frozen=True)
class AdmHow:
    """Parameters of one scale of ADM; the axes are SmoothAxis fields by name."""

    rows: dict[str, int]
    cols: dict[str, int]
    weights: tuple[float, ...]
    gain_limit: float
    with_aim: bool


class _AdmCall:
    """SmoothAdm structs of a batch."""

    def __init__(self, ref: Tensor, dist: Tensor, how: AdmHow) -> None:
        self.ref, self.dist, self.how = ref.contiguous(), dist.contiguous(), how
        self.frames = len(ref)

    def parts(self) -> Iterator[_Part]:
        """Whole frames."""
        return ((frame, 0, self.how.rows["end"]) for frame in range(self.frames))

    def run(self, kernel: Any, frame: int, results: Any) -> None:
        how = self.how
        memory, scratch = _scratch(lib.smooth_adm_scratch_size(how.cols["end"] - how.cols["begin"]))
        call = ffi.new(
            "SmoothAdm *",
            {
                "ref": _at(self.ref, frame), "dist": _at(self.dist, frame), "rows": how.rows, "cols": how.cols,
                "weight": how.weights, "gain_limit": how.gain_limit, "with_aim": how.with_aim, "scratch": scratch,
            },
        )  # fmt: skip
        kernel(call, results)
        del memory


class AdmScale(torch.autograd.Function):
    """`adm._scale`: sums of cubes [N, 3], of three signals, and the low bands."""

    @staticmethod
    def forward(ref: Tensor, dist: Tensor, how: AdmHow, by_tensors: _Scale) -> tuple[Tensor, ...]:
        call = _AdmCall(ref, dist, how)
        rows = how.rows["pool_end"] - how.rows["pool_begin"]
        num, aim, den = (torch.empty(call.frames, rows, 3, dtype=torch.float64) for _ in range(3))
        shape = [how.rows["end"] - how.rows["begin"], how.cols["end"] - how.cols["begin"]]
        low_ref, low_dist = (ref.new_empty(call.frames, 1, *shape) for _ in range(2))

        def work(part: _Part) -> None:
            frame = part[0]
            rows_of = (_at(x, frame, "double(*)[3]") for x in (num, aim, den))
            sums = ffi.new("SmoothAdmSums *", (*rows_of, _at(low_ref, frame), _at(low_dist, frame)))
            call.run(_KERNELS.adm, frame, sums)

        _run(work, call.parts())
        return *(x.sum(1).float() for x in (num, aim, den)), low_ref, low_dist

    setup_context = staticmethod(_remember)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        if torch.is_grad_enabled():
            return *_pulled(ctx.by_tensors, ctx.saved_tensors, grads), None, None
        ref, dist = ctx.saved_tensors
        call = _AdmCall(ref, dist, ctx.how)
        by_ref = torch.zeros_like(call.ref) if ctx.needs_input_grad[0] else None
        by_dist = torch.zeros_like(call.dist)
        sums = [g.tolist() for g in grads[:3]]
        low_ref, low_dist = (g.contiguous() for g in grads[3:])

        def work(part: _Part) -> None:
            frame = part[0]
            of_sums = (column[frame] for column in sums)
            planes = (_at(x, frame) for x in (low_ref, low_dist, by_ref, by_dist))
            call.run(_KERNELS.adm_slopes, frame, ffi.new("SmoothAdmSlopes *", (*of_sums, *planes)))

        _run(work, call.parts())
        return by_ref, by_dist, None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        return more_frames(AdmScale.apply, info.batch_size, in_dims, *inputs)
