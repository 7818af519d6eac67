# SPDX-License-Identifier: BSD-2-Clause-Patent
"""CAMBI with counts that are smooth in the samples, differentiable.

Where CAMBI asks whether two samples are d codes apart, this takes max(0, 1 - |difference - d|): how
often they are, over all offsets that rounding to codes of 10 bits can have. That a sample is equal to its
neighbours, that there are enough of such around, that a step is visible at a code, and that two of three
samples are equal in the mode filter, go from 0 to 1 along straight lines too. So where all samples are
whole codes the value is CAMBI's own, and between them it is continuous. It has kinks, such as
at whole differences, where the derivative is the mean of both sides'.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import torch
import torch.nn.functional as F
from torch import Tensor

from ..smooth.cambi import Plan
from ..smooth.options import CambiOptions
from .operators import applied, no_second

_SCALES = (16.0, 8.0, 4.0, 2.0, 1.0)


def score(luma: Tensor, depth: int, options: CambiOptions) -> Tensor:
    """Values [N] of planes [N, 1, H, W] in 0..255, of the type that they have.

    Raises:
        ValueError: see `Plan`.
        RuntimeError: in a graph or in `torch.func.vmap`.
    """
    if torch.compiler.is_compiling():
        raise RuntimeError("the smooth form of CAMBI is not for graphs; cambi='engine' is")
    plan = Plan.of(luma.shape[-2], luma.shape[-1], depth, options)
    frames = [_frame(plane, plan) for plane in 4.0 * luma[:, 0]]
    return torch.stack(frames).clamp(max=plan.limit)


def ramp(x: Tensor) -> Tensor:
    """`x` brought between 0 and 1; `abs` has the derivative 0 at 0, so that this has the mean of both sides'."""
    return 0.5 * (x.abs() - (x - 1.0).abs() + 1.0)


def _frame(p: Tensor, plan: Plan) -> Tensor:
    """The score of codes of 10 bits [H, W]."""
    if plan.average:
        p = F.avg_pool2d(_beside(p), 2, 1)[0]
    m = _flat(p, plan.flat)
    if plan.halve:
        p, m = p[::2, ::2], m[::2, ::2]
    total = p.new_zeros(())
    for scale, weight in enumerate(_SCALES):
        if scale:
            p, m = p[::2, ::2], m[::2, ::2]
        p = _filtered(p)
        contrast = _contrast(p, m, plan).flatten()
        count = min(max(int(plan.share * len(contrast)), 1), len(contrast))
        total = total + contrast.topk(count, sorted=False).values.sum() * (weight / count)
    return total / plan.window**2


def _beside(p: Tensor) -> Tensor:
    """A plane [1, H + 1, W + 1] whose last row and column are there twice."""
    return F.pad(p[None], (0, 1, 0, 1), mode="replicate")


def _flat(p: Tensor, least: int) -> Tensor:
    """Which samples count: those with enough others around that are equal to the next to the right and below."""
    right, below = _beside(p)[0, :-1, 1:], _beside(p)[0, 1:, :-1]
    three = torch.stack((p, right, below))
    equal = ramp(1.0 - (three.amax(0) - three.amin(0)))
    return ramp(49.0 * F.avg_pool2d(equal[None], 7, 1, 3)[0] - least)


def _filtered(p: Tensor) -> Tensor:
    """The mode of three along rows, then along columns; what has none is the least."""
    across = torch.cat((p[:, :1], _mode(p[:, :-2], p[:, 1:-1], p[:, 2:]), p[:, -1:]), 1)
    return torch.cat((p[:1], _mode(across[:-2], across[1:-1], across[2:]), p[-1:]))


def _mode(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    low = torch.minimum(torch.minimum(a, b), c)
    pairs = [(ramp(2.0 - 2.0 * (x - y).abs()), (x + y) / 2.0 - low) for x, y in ((a, b), (b, c), (a, c))]
    total = sum((share for share, _ in pairs), torch.zeros_like(low))
    above = sum((share * more for share, more in pairs), torch.zeros_like(low))
    return low + above / total.clamp(min=1.0)


def _contrast(p: Tensor, m: Tensor, plan: Plan) -> Tensor:
    """Of each sample, the greatest weighted contrast of a step that is visible."""
    steps = len(plan.weights)
    counts = _counts(p, m, plan.window // 2, steps)
    own = counts[steps]
    made = []
    for step, (weight, last) in enumerate(zip(plan.weights, plan.last, strict=True), 1):
        other = torch.maximum(counts[steps + step], counts[steps - step])
        seen = ramp(last + 1.0 - p) * ramp(p + (steps + step - plan.lit))
        both = own + other
        made.append(seen * weight * own * other / torch.where(both > 0.0, both, 1.0))
    return m * torch.stack(made).amax(0)


# --- counts ------------------------------------------------------------------

Part = tuple[slice, slice]
_ROWS = 32


def _shifts(radius: int, height: int, width: int) -> Iterator[tuple[Part, Part]]:
    """Parts of a plane whose samples are neighbours, each pair once, and few enough for a core's cache."""
    for begin in range(0, height, _ROWS):
        for dy in range(radius + 1):
            end = min(begin + _ROWS, height - dy)
            for dx in range(-radius if dy else 1, radius + 1):
                if begin < end and abs(dx) < width:
                    first = slice(begin, end), slice(max(0, -dx), width - max(0, dx))
                    yield first, (slice(begin + dy, end + dy), slice(max(0, dx), width + min(0, dx)))


class _CountSlopes(torch.autograd.Function):
    backward = staticmethod(no_second)

    @staticmethod
    def forward(p: Tensor, m: Tensor, grad: Tensor, radius: int) -> tuple[Tensor, Tensor]:
        steps = len(grad) // 2
        by_p, by_m, back = torch.zeros_like(p), grad[steps].clone(), grad.flip(0)
        offsets = _offsets(p, steps)
        for (y, x), (v, u) in _shifts(radius, *p.shape):
            away = p[v, u] - p[y, x] - offsets
            one, other = grad[:, y, x], back[:, v, u]
            share = 1.0 - away.abs()
            slope = share.sign().add_(1.0).mul_(away.sign_()).mul_(-0.5)  # half of it at the foot
            share.clamp_(min=0.0)
            by_m[v, u] += (one * share).sum(0)
            by_m[y, x] += (other * share).sum(0)
            moved = (one * m[v, u]).addcmul_(other, m[y, x]).mul_(slope).sum(0)
            by_p[v, u] += moved
            by_p[y, x] -= moved
        return by_p, by_m

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Nothing is kept."""


class _Counts(torch.autograd.Function):
    """Weighted samples d codes above each sample, for d from -steps to steps, in a window [2 * steps + 1, H, W]."""

    @staticmethod
    def forward(p: Tensor, m: Tensor, radius: int, steps: int) -> Tensor:
        made = p.new_zeros(2 * steps + 1, *p.shape)
        made[steps] = m
        back, offsets = made.flip(0).zero_(), _offsets(p, steps)
        for (y, x), (v, u) in _shifts(radius, *p.shape):
            share = (p[v, u] - p[y, x] - offsets).abs_().neg_().add_(1.0).clamp_(min=0.0)
            made[:, y, x].addcmul_(m[v, u], share)
            back[:, v, u].addcmul_(m[y, x], share)
        return made + back.flip(0)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        p, m, ctx.radius, _ = inputs
        ctx.save_for_backward(p, m)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        by_p, by_m = _CountSlopes.apply(*ctx.saved_tensors, *grads, ctx.radius)
        return by_p, by_m, None, None

    @staticmethod
    def vmap(info: Any, in_dims: Any, *inputs: Any) -> NoReturn:
        """There is no rule.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("the smooth form of CAMBI is not for torch.func.vmap; cambi='engine' is")


_counts = applied(_Counts)


def _offsets(p: Tensor, steps: int) -> Tensor:
    return torch.arange(-steps, steps + 1, dtype=p.dtype, device=p.device).view(-1, 1, 1)
