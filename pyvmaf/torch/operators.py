# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The scales of smooth VIF, ADM and motion by tensor operations, each an operator, `torch.ops.pyvmaf.*`.

An operator is one node of a graph: compilers and fake tensors see the shapes of
what it makes, `vmap` sees a mapped dimension as more frames, and autocast does not
reach what it does inside. The gradient of an operator is another operator, which has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import torch
from torch import Tensor

from ..smooth.constants import SCALES
from ..smooth.spans import Span, spans
from . import adm_smooth, motion_smooth, vif_smooth
from .adm_smooth import How
from .checks import full_precision

Pairs = tuple[Tensor | None, Tensor | None]


# Not torch.library.custom_op, whose first call imports the compiler: 70 MiB and a second.
_library = torch.library.Library("pyvmaf", "DEF")


def declare(name: str, compute: Callable[..., Any], shapes: Callable[..., Any]) -> Any:
    """An operator without a gradient; `shapes` makes empty results."""

    def guarded(*inputs: Any) -> Any:
        with full_precision(inputs[0].device):
            return compute(*inputs)

    _library.define(name + torch.library.infer_schema(compute, mutates_args=()))
    _library.impl(name, guarded, "CompositeExplicitAutograd")
    torch.library.register_fake(f"pyvmaf::{name}", shapes, lib=_library)
    operator = getattr(torch.ops.pyvmaf, name).default

    def mapped(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        return more_frames(operator, info.batch_size, in_dims, inputs)

    torch.library.register_vmap(f"pyvmaf::{name}", mapped, lib=_library)
    return operator


def more_frames(
    apply: Callable[..., Any], size: int, in_dims: tuple[int | None, ...], inputs: tuple[Any, ...]
) -> tuple[Any, Any]:
    """The rule of `torch.func.vmap`: a mapped dimension of the tensors is more of their first."""
    flat = [
        x if not isinstance(x, Tensor)
        else (x.movedim(dim, 0) if dim is not None else x.expand(size, *x.shape)).flatten(0, 1)
        for x, dim in zip(inputs, in_dims, strict=True)
    ]  # fmt: skip
    made = apply(*flat)
    if isinstance(made, Tensor):
        return made.unflatten(0, (size, -1)), 0
    return tuple(x.unflatten(0, (size, len(x) // size)) for x in made), (0,) * len(made)


def no_second(ctx: Any, *grads: Tensor) -> NoReturn:
    """The backward pass of a function that is itself a gradient.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("pyvmaf.torch has no second derivatives: the gradient of VMAF cannot be differentiated")


class Slopes(torch.autograd.Function):
    """The base of the operator of a gradient in a graph.

    A compiler tells the forward functions of its subclasses from those that take a context by
    the number of their parameters.
    """

    generate_vmap_rule = True
    backward = staticmethod(no_second)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Nothing is kept."""


def applied(function: type[torch.autograd.Function]) -> Callable[..., Any]:
    """`function.apply` that refuses forward-mode derivatives in plain words.

    It takes a `jvp` method to say so, with which compilers trace no function.
    """

    def refuse(ctx: Any, *tangents: Any) -> NoReturn:
        raise RuntimeError("pyvmaf.torch has no forward-mode derivatives; use backward(), torch.func.grad or vjp")

    refusing: Any = type(function.__name__, (function,), {"jvp": staticmethod(refuse)})

    def apply(*inputs: Any) -> Any:
        return (function if torch.compiler.is_compiling() else refusing).apply(*inputs)

    return apply


def _made(slopes: Sequence[Tensor | None], like: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """What a gradient's operator returns: an empty tensor for a slope that is not wanted."""
    r, d = (x.new_empty(len(x), 0) if slope is None else slope for slope, x in zip(slopes, like, strict=True))
    return r, d


def slope_shapes(ref: Tensor, dist: Tensor, wanted: Sequence[bool]) -> tuple[Tensor, Tensor]:
    """Room for slopes by two sides; nothing of a side that is not wanted."""
    r, d = (x.new_empty(x.shape if want else (x.shape[0], 0)) for x, want in zip((ref, dist), wanted, strict=True))
    return r, d


def given(made: Sequence[Tensor], wanted: Sequence[bool]) -> tuple[Tensor | None, Tensor | None]:
    """What autograd takes: None for a slope that is not wanted."""
    r, d = (slope if want else None for slope, want in zip(made, wanted, strict=True))
    return r, d


# --- VIF ---------------------------------------------------------------------


def _vif(ref: Tensor, dist: Tensor, scale: int, gain_limit: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return vif_smooth.sums(ref, dist, scale, gain_limit)


def _vif_shapes(ref: Tensor, dist: Tensor, scale: int, gain_limit: float) -> tuple[Tensor, ...]:
    half = (0, 0) if scale + 1 == SCALES else (ref.shape[-2] // 2, ref.shape[-1] // 2)
    sums = (ref.new_empty(ref.shape[0]) for _ in range(2))
    return *sums, *(x.new_empty(x.shape[0], 1, *half) for x in (ref, dist))


def _vif_slopes(
    ref: Tensor,
    dist: Tensor,
    num: Tensor,
    den: Tensor,
    half_ref: Tensor,
    half_dist: Tensor,
    scale: int,
    gain_limit: float,
    wanted: Sequence[bool],
) -> tuple[Tensor, Tensor]:
    both, grads = (wanted[0], wanted[1]), (num, den, half_ref, half_dist)
    return _made(vif_smooth.slopes((ref, dist), grads, scale, gain_limit, both), (ref, dist))


_vif_operator = declare("smooth_vif", _vif, _vif_shapes)
_vif_slopes_operator = declare(
    "smooth_vif_slopes", _vif_slopes, lambda ref, dist, *rest: slope_shapes(ref, dist, rest[-1])
)


class _VifScaleSlopes(Slopes):
    @staticmethod
    def forward(
        ref: Tensor,
        dist: Tensor,
        num: Tensor,
        den: Tensor,
        half_ref: Tensor,
        half_dist: Tensor,
        scale: int,
        limit: float,
        wanted: list[bool],
    ) -> Any:
        return _vif_slopes_operator(ref, dist, num, den, half_ref, half_dist, scale, limit, wanted)


class _VifScale(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(ref: Tensor, dist: Tensor, scale: int, gain_limit: float) -> Any:
        return _vif_operator(ref, dist, scale, gain_limit)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ref, dist, ctx.scale, ctx.gain_limit = inputs
        ctx.save_for_backward(ref, dist)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        wanted = ctx.needs_input_grad[:2]
        how = (ctx.scale, ctx.gain_limit, list(wanted))
        made = _VifScaleSlopes.apply(*ctx.saved_tensors, *grads, *how)
        return *given(made, wanted), None, None


_vif_scale = applied(_VifScale)


def vif_scale(ref: Tensor, dist: Tensor, scale: int, gain_limit: float) -> tuple[Tensor, ...]:
    """Numerator and denominator [N] of planes [N, 1, H, W], and the planes of the next scale, empty after the last."""
    made: tuple[Tensor, ...] = _vif_scale(ref, dist, scale, gain_limit)
    return made


def _rounding(ref: Tensor, dist: Tensor, gain_limit: float) -> Tensor:
    return vif_smooth.rounding(ref, dist, gain_limit)


#: What binary32 makes of the ratios [N, 4]: (ref, dist, gain_limit), planes in 0..255; no gradient.
vif_rounding = declare("vif_rounding", _rounding, lambda ref, *_: ref.new_empty(ref.shape[0], SCALES))


# --- ADM ---------------------------------------------------------------------


def _numbers(how: How) -> tuple[list[int], list[float], float, bool]:
    """Parameters as an operator takes them."""
    axes = [n for span in how.axes for n in (span.size, span.first, span.begin, span.end)]
    return axes, list(how.weights), how.gain_limit, how.with_aim


def _how(axes: Sequence[int], weights: Sequence[float], gain_limit: float, with_aim: bool) -> How:
    return How((Span(*axes[:4]), Span(*axes[4:])), tuple(weights), gain_limit, with_aim)


def _adm(
    ref: Tensor,
    dist: Tensor,
    same: Tensor | None,
    axes: Sequence[int],
    weights: Sequence[float],
    gain_limit: float,
    with_aim: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    num, aim, den, low_ref, low_dist = adm_smooth.sums(ref, dist, same, _how(axes, weights, gain_limit, with_aim))
    return num, aim, den, low_ref, low_dist


def _adm_shapes(ref: Tensor, dist: Tensor, same: Tensor | None, axes: Sequence[int], *rest: Any) -> tuple[Tensor, ...]:
    low = (axes[3] - axes[2], axes[7] - axes[6])
    sums = (ref.new_empty(ref.shape[0], 3) for _ in range(3))
    return *sums, *(x.new_empty(x.shape[0], 1, *low) for x in (ref, dist))


def _adm_slopes(
    ref: Tensor,
    dist: Tensor,
    same: Tensor | None,
    num: Tensor,
    aim: Tensor,
    den: Tensor,
    low_ref: Tensor,
    low_dist: Tensor,
    axes: Sequence[int],
    weights: Sequence[float],
    gain_limit: float,
    with_aim: bool,
    wanted: Sequence[bool],
) -> tuple[Tensor, Tensor]:
    grads = (num, aim, den, low_ref, low_dist)
    how = _how(axes, weights, gain_limit, with_aim)
    return _made(adm_smooth.slopes((ref, dist), same, grads, how, (wanted[0], wanted[1])), (ref, dist))


_adm_operator = declare("smooth_adm", _adm, _adm_shapes)
_adm_slopes_operator = declare(
    "smooth_adm_slopes", _adm_slopes, lambda ref, dist, *rest: slope_shapes(ref, dist, rest[-1])
)


class _AdmScaleSlopes(Slopes):
    @staticmethod
    def forward(
        ref: Tensor,
        dist: Tensor,
        same: Tensor | None,
        num: Tensor,
        aim: Tensor,
        den: Tensor,
        low_ref: Tensor,
        low_dist: Tensor,
        numbers: Any,
        wanted: list[bool],
    ) -> Any:
        return _adm_slopes_operator(ref, dist, same, num, aim, den, low_ref, low_dist, *numbers, wanted)


class _AdmScale(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(ref: Tensor, dist: Tensor, same: Tensor | None, numbers: Any) -> Any:
        return _adm_operator(ref, dist, same, *numbers)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ref, dist, same, ctx.numbers = inputs
        ctx.save_for_backward(ref, dist, same)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        wanted = ctx.needs_input_grad[:2]
        made = _AdmScaleSlopes.apply(*ctx.saved_tensors, *grads, ctx.numbers, list(wanted))
        return *given(made, wanted), None, None


_adm_scale = applied(_AdmScale)


def adm_scale(ref: Tensor, dist: Tensor, same: Tensor | None, how: How) -> tuple[Tensor, ...]:
    """Sums of cubes [N, 3] of planes [N, 1, ., .] (restored, added, reference), and the low bands.

    `same` is where both have the same direction; None: as their own bands have it.
    """
    made: tuple[Tensor, ...] = _adm_scale(ref, dist, same, _numbers(how))
    return made


def _directions(ref: Tensor, dist: Tensor, height: int, width: int) -> list[Tensor]:
    return adm_smooth.directions(ref, dist, tuple(zip(spans(height), spans(width), strict=True)))


def _direction_shapes(ref: Tensor, dist: Tensor, height: int, width: int) -> list[Tensor]:
    windows = [(r.window().length, c.window().length) for r, c in zip(spans(height), spans(width), strict=True)]
    return [ref.new_empty(ref.shape[0], 1, h + 2, w + 2, dtype=torch.bool) for h, w in windows]


#: Where both sides have the same direction at each scale: (ref, dist, height, width), the part of planes
#: of that size that the first scale reads, in 0..255; no gradient.
adm_directions = declare("adm_directions", _directions, _direction_shapes)


# --- motion ------------------------------------------------------------------


def _motion(earlier: Tensor, current: Tensor) -> Tensor:
    return motion_smooth.sums(earlier, current)


def _motion_slopes(earlier: Tensor, current: Tensor, grad: Tensor) -> Tensor:
    return motion_smooth.slopes(earlier, current, grad)


_motion_operator = declare("smooth_motion", _motion, lambda earlier, current: earlier.new_empty(earlier.shape[0]))
_motion_slopes_operator = declare(
    "smooth_motion_slopes", _motion_slopes, lambda earlier, current, grad: torch.empty_like(current)
)


class _MotionSlopes(Slopes):
    @staticmethod
    def forward(earlier: Tensor, current: Tensor, grad: Tensor) -> Any:
        return _motion_slopes_operator(earlier, current, grad)


class _Motion(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(earlier: Tensor, current: Tensor) -> Any:
        return _motion_operator(earlier, current)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        by_current = _MotionSlopes.apply(*ctx.saved_tensors, *grads)
        return -by_current, by_current


_motion_sums = applied(_Motion)


def motion(earlier: Tensor, current: Tensor) -> Tensor:
    """Mean absolute low-passed difference [N] of planes [N, 1, H, W]."""
    made: Tensor = _motion_sums(earlier, current)
    return made
