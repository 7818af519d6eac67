# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The wavelet of ADM on the part of a plane that a span names, with its adjoint; bands are a, h, v, d."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..smooth.constants import ADM_SMOOTH_HIGH, ADM_SMOOTH_LOW
from ..smooth.spans import Span, Window
from .filters import constant, stepwise

Axes = tuple[Span, Span]  # rows, columns


def extended(x: Tensor, span: Span, dim: int) -> Tensor:
    """Exactly the samples that the span's outputs read, mirrored where they leave the picture.

    Left of the first sample the mirror leaves that sample out; right of the
    last it repeats it.
    """
    start = 2 * span.begin - 1
    stop = 2 * span.end + 1  # past the last tap of the last output
    inside = x.narrow(dim, max(0, start) - span.first, min(span.size, stop) - max(0, start))
    parts = [inside]
    if start < 0:
        parts.insert(0, x.narrow(dim, 1 - span.first, 1))
    for beyond in range(stop - span.size):
        parts.append(x.narrow(dim, span.size - 1 - beyond - span.first, 1))
    return torch.cat(parts, dim) if len(parts) > 1 else inside


def extended_adjoint(grad: Tensor, span: Span, dim: int, size: int) -> Tensor:
    """Gradient of the `size` samples that `extended` was given."""
    start, stop = 2 * span.begin - 1, 2 * span.end + 1
    first, length = max(0, start), min(span.size, stop) - max(0, start)
    before = int(start < 0)
    shape = list(grad.shape)
    shape[dim] = size
    out = grad.new_zeros(shape)
    out.narrow(dim, first - span.first, length).add_(grad.narrow(dim, before, length))
    if before:
        out.narrow(dim, 1 - span.first, 1).add_(grad.narrow(dim, 0, 1))
    for beyond in range(stop - span.size):
        out.narrow(dim, span.size - 1 - beyond - span.first, 1).add_(grad.narrow(dim, before + length + beyond, 1))
    return out


def _kernels(x: Tensor) -> Tensor:
    """The four filters, [4, 1, 4, 4]."""
    taps = [
        [v * h for v in down for h in across]
        for across in (ADM_SMOOTH_LOW, ADM_SMOOTH_HIGH)
        for down in (ADM_SMOOTH_LOW, ADM_SMOOTH_HIGH)
    ]
    return constant(tuple(t for kernel in taps for t in kernel), x.dtype, x.device).view(4, 1, 4, 4)


def wavelet(x: Tensor, axes: Axes) -> Tensor:
    """One level of planes [M, 1, ., .]: bands as channels [M, 4, ., .]."""
    return F.conv2d(extended(extended(x, axes[0], -2), axes[1], -1), _kernels(x), stride=2)


def wavelet_adjoint(grad: Tensor, axes: Axes, size: tuple[int, int]) -> Tensor:
    """Gradient of the planes, `size` samples high and wide, that `wavelet` was given."""
    spread = F.conv_transpose2d(grad, _kernels(grad), stride=2)
    return extended_adjoint(extended_adjoint(spread, axes[1], -1, size[1]), axes[0], -2, size[0])


def wavelet_stepwise(x: Tensor, axes: Axes) -> Tensor:
    """`wavelet` as the definition rounds it, step by step."""
    x = extended(extended(x, axes[0], -2), axes[1], -1)
    upper, lower = (stepwise(x, taps, -2, 2) for taps in (ADM_SMOOTH_LOW, ADM_SMOOTH_HIGH))
    bands = [stepwise(part, taps, -1, 2) for taps in (ADM_SMOOTH_LOW, ADM_SMOOTH_HIGH) for part in (upper, lower)]
    return torch.cat(bands, 1)


def _around(x: Tensor, window: Window, dim: int) -> Tensor:
    if not window.mirrored:
        return x.narrow(dim, window.begin - 1, window.length + 2)
    size = x.shape[dim]
    return torch.cat((x.narrow(dim, 1, 1), x, x.narrow(dim, size - 1, 1)), dim)


def around(x: Tensor, rows: Window, cols: Window) -> Tensor:
    """The pooling window of bands and one neighbour at each side."""
    return _around(_around(x, rows, -2), cols, -1)


def _around_adjoint(grad: Tensor, window: Window, dim: int, size: int) -> Tensor:
    shape = list(grad.shape)
    shape[dim] = size
    out = grad.new_zeros(shape)
    if not window.mirrored:
        out.narrow(dim, window.begin - 1, window.length + 2).copy_(grad)
        return out
    out.copy_(grad.narrow(dim, 1, size))
    out.narrow(dim, 1, 1).add_(grad.narrow(dim, 0, 1))
    out.narrow(dim, size - 1, 1).add_(grad.narrow(dim, size + 1, 1))
    return out


def around_adjoint(grad: Tensor, axes: Axes) -> Tensor:
    """Gradient of the bands that `around` was given."""
    rows, cols = axes
    grad = _around_adjoint(grad, cols.window(), -1, cols.length)
    return _around_adjoint(grad, rows.window(), -2, rows.length)


def crop(x: Tensor, rows: Window, cols: Window) -> Tensor:
    """The pooling window of bands."""
    return x[..., rows.begin : rows.end, cols.begin : cols.end]
