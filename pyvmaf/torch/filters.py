# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Separable filters on stacks of planes [N, C, H, W]: one window for every channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import _get_current_dispatch_mode


def mirror(x: Tensor, radius: int) -> Tensor:
    """Extend both spatial axes about the edge samples, which are not repeated."""
    return F.pad(x, (radius, radius, radius, radius), mode="reflect")


def fold(grad: Tensor, radius: int) -> Tensor:
    """Adjoint of `mirror`: what went to the extension comes back to the sample it copied."""
    for dim in (-2, -1):
        size = grad.shape[dim] - 2 * radius
        inside = grad.narrow(dim, radius, size)
        inside.narrow(dim, 1, radius).add_(grad.narrow(dim, 0, radius).flip(dim))
        inside.narrow(dim, size - 1 - radius, radius).add_(grad.narrow(dim, size + radius, radius).flip(dim))
        grad = inside
    return grad


def halved(padded: Tensor, radius: int, height: int, width: int) -> Tensor:
    """The part of planes extended by `mirror` that a step-two filter of `radius` reads."""
    rows, cols = 2 * (height // 2) - 1 + 2 * radius, 2 * (width // 2) - 1 + 2 * radius
    edge = (padded.shape[-2] - height) // 2 - radius
    return padded[..., edge : edge + rows, edge : edge + cols]


def constant(numbers: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """These numbers on a device, sent there once: a copy at every step would make a GPU wait."""
    # Under a mode, such as that of fake tensors, what is made is not a plain tensor.
    if torch.compiler.is_compiling() or device.type == "meta" or _get_current_dispatch_mode() is not None:
        return torch.tensor(numbers, dtype=dtype, device=device)
    return _sent(numbers, dtype, device)


@lru_cache(maxsize=256)
def _sent(numbers: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # or autograd could not use them later
        return torch.tensor(numbers, dtype=dtype, device=device)


def _convolution(x: Tensor, taps: Sequence[float], dim: int, step: int, convolve: Callable[..., Tensor]) -> Tensor:
    """One axis by a depthwise convolution or its adjoint, binary32: one call for all channels."""
    count, channels, _, width = x.shape
    window = constant(tuple(taps), x.dtype, x.device)
    if dim == -1:
        window = window.view(1, 1, 1, -1).expand(channels, -1, -1, -1)
        return convolve(x, window, stride=(1, step), groups=channels)
    if x.device.type != "cpu":
        window = window.view(1, 1, -1, 1).expand(channels, -1, -1, -1)
        return convolve(x, window, stride=(step, 1), groups=channels)
    # With columns as channels the planes are "channels last" as they lie, for which the CPU
    # library's depthwise kernel is twice as fast as for planes.
    columns = x.flatten(0, 1).unsqueeze(2).permute(0, 3, 1, 2)
    window = window.view(1, 1, -1, 1).expand(width, -1, -1, -1)
    out = convolve(columns, window, stride=(step, 1), groups=width)
    return out.permute(0, 2, 3, 1).reshape(count, channels, -1, width)


def along(x: Tensor, taps: Sequence[float], dim: int, step: int) -> Tensor:
    """Filter one axis, keeping every `step`-th output; no extension.

    The CPU library has no depthwise convolution in binary64, where a sum of
    shifted views is fourteen times as fast as what it falls back to.
    """
    if x.dtype == torch.float32:
        return _convolution(x, taps, dim, step, F.conv2d)
    count = (x.shape[dim] - len(taps)) // step + 1
    out: Tensor | None = None
    for i, tap in enumerate(taps):
        view = _phase(x, dim, i, count, step)
        out = view * tap if out is None else torch.add(out, view, alpha=tap)
    assert out is not None
    return out


def stepwise(x: Tensor, taps: Sequence[float], dim: int, step: int) -> Tensor:
    """`along` in the steps of a plain loop: every product and every sum is rounded, tap after tap."""
    count = (x.shape[dim] - len(taps)) // step + 1
    return sum((_phase(x, dim, i, count, step) * tap for i, tap in enumerate(taps)), x.new_zeros(()))


def spread(grad: Tensor, taps: Sequence[float], dim: int, step: int) -> Tensor:
    """Adjoint of `along`, onto as many samples as its outputs read."""
    if grad.dtype == torch.float32:
        return _convolution(grad, taps, dim, step, F.conv_transpose2d)
    count = grad.shape[dim]
    shape = list(grad.shape)
    shape[dim] = (count - 1) * step + len(taps)
    out = grad.new_zeros(shape)
    for i, tap in enumerate(taps):
        _phase(out, dim, i, count, step).add_(grad, alpha=tap)
    return out


def _phase(x: Tensor, dim: int, first: int, count: int, step: int) -> Tensor:
    view = x.narrow(dim, first, (count - 1) * step + 1)
    if step == 1:
        return view
    return view[..., ::step, :] if dim == -2 else view[..., ::step]


def separable(x: Tensor, taps: Sequence[float], step: int = 1) -> Tensor:
    """Filter columns, then rows, of planes already extended by `mirror`."""
    return along(along(x, taps, -2, step), taps, -1, step)


def separable_stepwise(x: Tensor, taps: Sequence[float], step: int = 1) -> Tensor:
    """`separable` by `stepwise`."""
    return stepwise(stepwise(x, taps, -2, step), taps, -1, step)


def separable_adjoint(grad: Tensor, taps: Sequence[float], step: int = 1) -> Tensor:
    """Gradient of `separable`'s input."""
    return spread(spread(grad, taps, -1, step), taps, -2, step)


def rounded(x: Tensor, taps: Sequence[int], shifts: tuple[int, int], step: int = 1) -> Tensor:
    """`separable` in fixed point: after each axis add half, shift right.

    `x` holds integers in binary64 whose sums stay below 2^53, so every step is exact.
    """
    for dim, shift in zip((-2, -1), shifts, strict=True):
        x = shift_right(along(x, taps, dim, step), shift)
    return x


def shift_right(x: Tensor, bits: int) -> Tensor:
    """(x + half) >> bits on integers held in binary64; the floor of the exact quotient."""
    if bits == 0:
        return x
    return torch.floor((x + 2.0 ** (bits - 1)) * 2.0**-bits)
