# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One scale of smooth VIF and its gradient by tensor operations, for any floating dtype and device.

The gradient is written out by hand because what autograd keeps and allocates
here is most of the cost of a backward pass, and because only the distorted
plane's share of it is needed as a rule. These are also the judge of the C kernels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..smooth.constants import SCALES, VIF_GAIN_BOUND, VIF_INACTIVE, VIF_NOISE, VIF_TAPS, gaussian, gaussian32
from .filters import fold, halved, mirror, separable, separable_adjoint, separable_stepwise


def sums(r: Tensor, d: Tensor, scale: int, gain_limit: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Numerator and denominator [N] of planes [N, 1, H, W], and the planes of the next scale, empty after the last."""
    taps = gaussian(len(VIF_TAPS[scale]))
    height, width = r.shape[-2:]
    padded = mirror(torch.cat((r, d), 1), len(taps) // 2)
    num, den = [torch.zeros_like(r[:, 0, 0, 0]) for _ in range(2)]
    for tile in _tiles(r):
        made = _Statistics.of(_moments(padded, tile, taps)).terms(gain_limit)
        for total, terms in zip((num, den), made, strict=True):
            total[tile[0]] += terms.sum((-2, -1))
    if scale + 1 == SCALES:
        return num, den, r.new_empty(len(r), 1, 0, 0), d.new_empty(len(d), 1, 0, 0)
    taps = gaussian(len(VIF_TAPS[scale + 1]))
    half = separable(halved(padded, len(taps) // 2, height, width), taps, 2)
    return num, den, half[:, :1].clone(), half[:, 1:].clone()


def slopes(
    planes: tuple[Tensor, Tensor],
    grads: tuple[Tensor, Tensor, Tensor, Tensor],
    scale: int,
    gain_limit: float,
    wanted: tuple[bool, bool],
) -> tuple[Tensor | None, Tensor | None]:
    """Gradients by the planes, of those wanted, from the gradients by what `sums` returns."""
    r, d = planes
    height, width = r.shape[-2:]
    taps = gaussian(len(VIF_TAPS[scale]))
    radius = len(taps) // 2
    padded = mirror(torch.cat((r, d), 1), radius)
    made = [torch.zeros_like(padded[:, :1]) if want else None for want in wanted]
    for tile in _tiles(r):
        _add_moments(made, padded, tile, taps, grads[:2], gain_limit)
    if scale + 1 < SCALES:
        taps = gaussian(len(VIF_TAPS[scale + 1]))
        for grad, half in zip(made, grads[2:], strict=True):
            if grad is not None:
                halved(grad, len(taps) // 2, height, width).add_(separable_adjoint(half, taps, 2))
    by_r, by_d = (None if grad is None else fold(grad, radius).contiguous() for grad in made)
    return by_r, by_d


def rounding(ref: Tensor, dist: Tensor, gain_limit: float) -> Tensor:
    """What binary32 makes of the ratios [N, 4] of the nearest 16-bit frames.

    Variances are small differences of large moments, which binary32 leaves
    noise in the third decimal; published scores have it.
    """
    r, d = ((x * 256.0).round() / 256.0 - 128.0 for x in (ref, dist))
    planes = torch.cat((r, d), 1).float()
    ratios = []
    for scale in range(SCALES):
        num, den, r, d = sums(r, d, scale, gain_limit)
        height, width = planes.shape[-2:]
        padded = mirror(planes, len(VIF_TAPS[scale]) // 2)
        num32, den32 = _stepwise_sums(padded, gaussian32(len(VIF_TAPS[scale])), gain_limit)
        ratios.append(num32 / den32 - num / den)
        if scale + 1 < SCALES:
            taps = gaussian32(len(VIF_TAPS[scale + 1]))
            planes = separable_stepwise(halved(padded, len(taps) // 2, height, width), taps, 2)
    return torch.stack(ratios, 1)


def _stepwise_sums(padded: Tensor, taps: list[float], gain_limit: float) -> tuple[Tensor, Tensor]:
    """The sums of a scale with filters in binary32 that round as the definition says."""
    r, d = padded.split(1, 1)
    moments = separable_stepwise(torch.cat((r, d, r * r, d * d, r * d), 1), taps)
    num, den = _Statistics.of(moments.double()).terms(gain_limit)
    return num.sum((-2, -1)), den.sum((-2, -1))


def _tiles(planes: Tensor) -> Iterator[tuple[slice, slice]]:
    """Frames and rows to take at a time, so that a CPU's cache holds all that is made of them."""
    frames, _, height, width = planes.shape
    if planes.device.type != "cpu" or torch.compiler.is_compiling():
        yield slice(0, frames), slice(0, height)
        return
    rows = max(16, _TILE // width)
    for frame in range(frames):
        for row in range(0, height, rows):
            yield slice(frame, frame + 1), slice(row, min(height, row + rows))


# Samples in a tile of one plane; about a dozen such planes are in use at a time.
_TILE = 1 << 16


def _moments(padded: Tensor, tile: tuple[slice, slice], taps: list[float]) -> Tensor:
    """Windowed means of r, d, r*r, d*d, r*d of a tile, [n, 5, h, w]."""
    frames, rows = tile
    part = padded[frames, :, rows.start : rows.stop + len(taps) - 1]
    r, d = part[:, :1], part[:, 1:]
    return separable(torch.cat((part, r * r, d * d, r * d), 1), taps)


@dataclass
class _Statistics:
    """What the sums of a scale are made of, [N, h, w] each.

    Below the noise variance a sample is inactive: its part of the denominator
    is log2(2), exactly 1, which clamping x gives; its part of the numerator
    follows the variance of the distorted plane instead.
    """

    x: Tensor  # variance of the reference, at least VIF_NOISE
    y: Tensor  # variance of the distorted plane
    z: Tensor  # covariance
    active: Tensor
    gain: Tensor  # z / x
    rest: Tensor  # variance that the gain does not explain, plus noise

    @staticmethod
    def of(moments: Tensor) -> _Statistics:
        mu_r, mu_d, e_rr, e_dd, e_rd = moments.unbind(1)
        x = torch.addcmul(e_rr, mu_r, mu_r, value=-1.0)
        active = x >= VIF_NOISE
        x.clamp_(min=VIF_NOISE)
        y = torch.addcmul(e_dd, mu_d, mu_d, value=-1.0).clamp_(min=0.0)
        z = torch.addcmul(e_rd, mu_r, mu_d, value=-1.0).clamp_(min=0.0)
        gain = z / x
        rest = torch.addcmul(y, gain, z, value=-1.0).clamp_(min=0.0).add_(VIF_NOISE)
        return _Statistics(x, y, z, active, gain, rest)

    def signal(self, gain_limit: float) -> Tensor:
        """Variance of the distorted plane that the gain explains."""
        if gain_limit >= VIF_GAIN_BOUND:
            return self.gain * self.z
        gain = self.gain.clamp(max=gain_limit)
        return gain.mul_(gain).mul_(self.x)

    def terms(self, gain_limit: float) -> tuple[Tensor, Tensor]:
        """What the samples add to numerator and denominator; of use no more afterwards."""
        signal = self.signal(gain_limit).div_(self.rest).add_(1.0).log2_()
        signal = torch.where(self.active, signal, self.y.mul_(-VIF_INACTIVE).add_(1.0))
        return signal, self.x.div_(VIF_NOISE).add_(1.0).log2_()


def _add_moments(
    grads: list[Tensor | None],
    padded: Tensor,
    tile: tuple[slice, slice],
    taps: list[float],
    sums: tuple[Tensor, Tensor],
    gain_limit: float,
) -> None:
    """Add what a tile's statistics give to the gradients of the extended planes."""
    frames, rows = tile
    moments = _moments(padded, tile, taps)
    num, den = (x[frames].view(-1, 1, 1) for x in sums)
    x, y, z = _slopes(moments, num, den if grads[0] is not None else None, gain_limit)
    mu_r, mu_d = moments[:, 0], moments[:, 1]
    parts = [z]
    for grad, power, own, other in ((grads[0], x, mu_r, mu_d), (grads[1], y, mu_d, mu_r)):
        if grad is not None and power is not None:
            parts += [power, (own * power).mul_(-2.0).addcmul_(other, z, value=-1.0)]
    back = separable_adjoint(torch.stack(parts, 1), taps)
    cross, *made = (back[:, i : i + 1] for i in range(len(parts)))
    whole = slice(rows.start, rows.stop + len(taps) - 1)
    planes = padded[frames, :, whole].split(1, 1)
    for k, grad in enumerate(grads):
        if grad is not None:
            power, mean, *made = made
            mean.addcmul_(planes[k], power, value=2.0).addcmul_(planes[1 - k], cross)
            grad[frames, :, whole].add_(mean)


def _slopes(
    moments: Tensor, num: Tensor, den: Tensor | None, gain_limit: float
) -> tuple[Tensor | None, Tensor, Tensor]:
    """Gradients of variances and covariance (x, y, z); x only if `den`'s is given.

    With s the signal, q = z^2 / x and t = rest, the numerator is
    log2(1 + s / t); s is q up to the gain limit G and G^2 x above it.
    """
    some = _Statistics.of(moments)
    scale = num / math.log(2.0)
    signal = some.signal(gain_limit)
    by_s = scale / (signal + some.rest)
    by_t = (signal * by_s).div_(some.rest).neg_()
    by_t *= some.rest > VIF_NOISE
    free = None if gain_limit >= VIF_GAIN_BOUND else some.gain < gain_limit
    by_q = (by_s if free is None else by_s * free) - by_t
    by_x = None
    if den is not None:
        by_x = (by_q * some.gain).mul_(some.gain).neg_()
        if free is not None:
            by_x += by_s * ~free * gain_limit**2
        by_x += den / math.log(2.0) / (some.x + VIF_NOISE)
        by_x *= some.active
    by_z = by_q.mul_(some.gain).mul_(2.0).mul_(some.active)
    by_y = torch.where(some.active, by_t, num * -VIF_INACTIVE).mul_(some.y > 0.0)
    return by_x, by_y, by_z
