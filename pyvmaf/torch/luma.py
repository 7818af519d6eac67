# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VIF, ADM and motion of binary32 luma on the CPU: the C kernels as one operator, their gradient as another.

So a step has few parts, whether it is run or compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..smooth.luma import Luma
from ..smooth.models import Feature
from . import asked, operators


def takes(x: Tensor) -> bool:
    """Whether frames are for the C kernels."""
    return x.dtype == torch.float32 and x.device.type == "cpu"


def _array(x: Tensor) -> Any:
    """Frames [B, T, 1, H, W] as the kernels read them, without a copy if they are contiguous."""
    return x.detach().squeeze(2).contiguous().numpy()


def _values(ref: Tensor, dist: Tensor, features: str) -> tuple[Tensor, Tensor, Tensor]:
    made = Luma(_array(ref), _array(dist), asked.read(features), torch.get_num_threads())
    values = torch.from_numpy(made.values).float().view(*dist.shape[:2], -1)
    numbers, planes = map(torch.from_numpy, made.kept)
    return values, numbers, planes


def _value_shapes(ref: Tensor, dist: Tensor, features: str) -> tuple[Tensor, Tensor, Tensor]:
    clips, frames, _, height, width = dist.shape
    wanted = asked.read(features)
    numbers, length = Luma.sizes(wanted, int(height), int(width))
    count = clips * frames
    values = dist.new_empty(clips, frames, len(wanted))
    return values, dist.new_empty(count, numbers, dtype=torch.float64), dist.new_empty(count, length)


def _slopes(
    grad: Tensor,
    numbers: Tensor,
    planes: Tensor,
    ref: Tensor,
    size: Sequence[int],
    features: str,
    wanted: Sequence[bool],
) -> tuple[Tensor, Tensor]:
    frames = _array(ref) if wanted[0] else None
    kept, shape = (numbers.numpy(), planes.numpy()), (*grad.shape[:2], *size)
    made = Luma(frames, shape, asked.read(features), torch.get_num_threads(), kept)
    slopes = made.slopes(grad.double().flatten(0, 1).numpy(), (wanted[0], wanted[1]))
    r, d = (planes.new_empty(len(grad), 0) if x is None else torch.from_numpy(x).unsqueeze(2) for x in slopes)
    return r, d


def _slope_shapes(
    grad: Tensor,
    numbers: Tensor,
    planes: Tensor,
    ref: Tensor,
    size: Sequence[int],
    features: str,
    wanted: Sequence[bool],
) -> tuple[Tensor, Tensor]:
    clips, frames, _ = grad.shape
    shapes = (ref.shape, (clips, frames, 1, *size))
    r, d = (planes.new_empty(x if want else (clips, 0)) for x, want in zip(shapes, wanted, strict=True))
    return r, d


_operator = operators.declare("luma", _values, _value_shapes)
_slopes_operator = operators.declare("luma_slopes", _slopes, _slope_shapes)


class _LumaSlopes(operators.Slopes):
    @staticmethod
    def forward(
        grad: Tensor,
        numbers: Tensor,
        planes: Tensor,
        ref: Tensor,
        size: list[int],
        features: str,
        wanted: list[bool],
    ) -> Any:
        return _slopes_operator(grad, numbers, planes, ref, size, features, wanted)


class _Luma(torch.autograd.Function):
    @staticmethod
    def forward(ref: Tensor, dist: Tensor, features: str) -> Any:
        return _operator(ref, dist, features)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ref, dist, ctx.features = inputs
        ctx.size = list(dist.shape[-2:])
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)
        # The distorted side may change before the backward pass, and so may the reference if it has no gradient.
        ctx.save_for_backward(*output[1:], ref if ctx.needs_input_grad[0] else ref.new_empty(len(ref), 0))

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *none: Any) -> tuple[Tensor | None, Tensor | None, None]:
        wanted = ctx.needs_input_grad[:2]
        made = _LumaSlopes.apply(grad, *ctx.saved_tensors, ctx.size, ctx.features, list(wanted))
        return *operators.given(made, wanted), None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        """A mapped dimension is more clips."""
        return operators.more_frames(_Luma.apply, info.batch_size, in_dims, inputs)


_luma = operators.applied(_Luma)


def columns(ref: Tensor, dist: Tensor, features: Sequence[Feature]) -> Tensor:
    """Raw columns [B, T, K] of clips `dist` [B, T, 1, H, W]; `ref` may have frames in front, for motion.

    NaN where a frame that a value is made of is not all numbers.
    """
    made: Tensor = _luma(ref, dist, asked.written(features))[0]
    return made
