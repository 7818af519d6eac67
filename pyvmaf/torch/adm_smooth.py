# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One scale of smooth ADM and its gradient by tensor operations, for any floating dtype and device.

Orientations are ordered h, v, d. The gradient is written out by hand, for the
same reasons as VIF's; these are also the judge of the C kernels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..smooth.constants import ADM_COS2
from .bands import Axes, around, around_adjoint, wavelet, wavelet_adjoint, wavelet_stepwise
from .filters import constant


@dataclass(frozen=True)
class How:
    """Parameters of one scale."""

    axes: Axes
    weights: tuple[float, ...]  # contrast sensitivity of h, v, d
    gain_limit: float
    with_aim: bool


def sums(r: Tensor, d: Tensor, same: Tensor | None, how: How) -> tuple[Tensor, ...]:
    """Sums of cubes [N, 3] of what is restored, of what was added, of the reference; the low bands [N, 1, ., .].

    `same` [N, 1, ., .] is where both sides have the same direction; None: as the bands that are made here have it.
    """
    o, t, same, low = _details(r, d, same, how)
    restored = _restore(o, t, same, how.gain_limit)
    added = (t - restored).abs_()
    restored.abs_()
    num = _cubes(_excess(restored, added))
    aim = _cubes(_excess(added, restored)) if how.with_aim else torch.zeros_like(num)
    low_r, low_d = (x.clone() for x in low.chunk(2))
    return num, aim, _cubes(o[..., 1:-1, 1:-1].abs()), low_r, low_d


def slopes(
    planes: tuple[Tensor, Tensor],
    same: Tensor | None,
    grads: tuple[Tensor, ...],
    how: How,
    wanted: tuple[bool, bool],
) -> tuple[Tensor | None, Tensor | None]:
    """Gradients by the planes, of those wanted, from the gradients by what `sums` returns."""
    o, t, same, _ = _details(*planes, same, how)
    by_details = _pool_slopes(o, t, same, grads[:3], how)
    weigh = constant(how.weights, o.dtype, o.device).view(3, 1, 1)
    made: list[Tensor | None] = []
    for plane, by, low, want in zip(planes, by_details, grads[3:], wanted, strict=True):
        if not want:
            made.append(None)
            continue
        bands = torch.cat((low, around_adjoint(by, how.axes) * weigh), 1)
        made.append(wavelet_adjoint(bands, how.axes, (plane.shape[-2], plane.shape[-1])))
    return made[0], made[1]


def directions(ref: Tensor, dist: Tensor, axes: tuple[Axes, ...]) -> list[Tensor]:
    """Where both sides have the same direction at each scale, by the binary32 bands of the definition.

    Which side of the angle test a coefficient falls on may hang on a last bit, and has no gradient.
    """
    low = (torch.cat((ref, dist)) - 128.0).float()
    flags = []
    for rows, cols in axes:
        bands = wavelet_stepwise(low, (rows, cols))
        low = bands[:, :1]
        flags.append(_same_direction(*around(bands[:, 1:3], rows.window(), cols.window()).chunk(2)))
    return flags


def _details(r: Tensor, d: Tensor, same: Tensor | None, how: How) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
    """Weighted details of both sides with one sample around the pooling window, `same`, and the low bands of both."""
    rows, cols = (span.window() for span in how.axes)
    bands = wavelet(torch.cat((r, d)), how.axes)
    details = around(bands[:, 1:], rows, cols)
    if how.gain_limit > 1.0 and same is None:
        same = _same_direction(*details[:, :2].chunk(2))
    weigh = constant(how.weights, r.dtype, r.device).view(3, 1, 1)
    o, t = (details * weigh).chunk(2)
    return o, t, same if how.gain_limit > 1.0 else None, bands[:, :1]


def _pool_slopes(
    o: Tensor, t: Tensor, same: Tensor | None, grads: tuple[Tensor, ...], how: How
) -> tuple[Tensor, Tensor]:
    """Gradients by the details (o, t), from those of the sums of cubes."""
    num, aim, den = grads
    restored = _restore(o, t, same, how.gain_limit)
    added = t - restored
    by_restored, by_added = _masked_slopes(restored.abs(), added.abs(), num)
    if how.with_aim:
        more_added, more_restored = _masked_slopes(added.abs(), restored.abs(), aim)
        by_restored, by_added = by_restored + more_restored, by_added + more_added
    by_added = added.sign() * by_added
    by_restored = restored.sign() * by_restored - by_added
    passed = restored == t
    bound = _bound(o, same, how.gain_limit)
    reach = torch.where(bound == o, 1.0, how.gain_limit) * ((restored == bound) & ~passed)
    inner = o[..., 1:-1, 1:-1]
    of_reference = F.pad(inner * inner.abs() * (3.0 * den[..., None, None]), (1, 1, 1, 1))
    return by_restored * reach + of_reference, by_added + by_restored * passed


def _masked_slopes(signal: Tensor, mask: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of the cubes of `_excess` by `signal`, and by `mask`, alike for all orientations."""
    by_signal = _excess(signal, mask).square() * (3.0 * grad[..., None, None])
    cell = by_signal.sum(1, keepdim=True) / -30.0
    rows = F.pad(cell, (0, 0, 0, 2)) + F.pad(cell, (0, 0, 1, 1)) + F.pad(cell, (0, 0, 2, 0))
    box = F.pad(rows, (0, 2)) + F.pad(rows, (1, 1)) + F.pad(rows, (2, 0))
    return F.pad(by_signal, (1, 1, 1, 1)), box + F.pad(cell, (1, 1, 1, 1))


def _restore(o: Tensor, t: Tensor, same: Tensor | None, limit: float) -> Tensor:
    """The part of `t` that is detail of `o`: `t` brought between 0 and `o`.

    The definition clamps a quotient t/o to 0..1 and multiplies by o; bringing t
    itself into the interval is the same without a division, whose derivative
    would run away near o = 0. Within one degree of the same direction up to
    `limit` times o passes: that is enhancement, not addition.
    """
    bound = _bound(o, same, limit)
    return torch.minimum(torch.maximum(t, bound.clamp(max=0.0)), bound.clamp(min=0.0))


def _bound(o: Tensor, same: Tensor | None, limit: float) -> Tensor:
    return o if same is None else torch.where(same, o * limit, o)


def _same_direction(o: Tensor, t: Tensor) -> Tensor:
    """One flag a position [N, 1, h, w]: h and v of both within one degree; in the definition's order."""
    p, u, z = ((a * b).sum(1, keepdim=True) for a, b in ((o, t), (o, o), (t, t)))
    return (p >= 0) & (p * p >= (ADM_COS2 * u) * z)


def _excess(signal: Tensor, mask: Tensor) -> Tensor:
    """What rises above the threshold that the other signal sets around it; both are magnitudes."""
    total = mask.sum(1, keepdim=True)
    box = total[..., :-2, :] + total[..., 1:-1, :] + total[..., 2:, :]
    box = box[..., :-2] + box[..., 1:-1] + box[..., 2:]
    threshold = (box + total[..., 1:-1, 1:-1]) / 30.0
    return (signal[..., 1:-1, 1:-1] - threshold).clamp(min=0.0)


def _cubes(x: Tensor) -> Tensor:
    return (x * x * x).sum((-2, -1))
