# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Visual information fidelity at four dyadic scales, smooth and in fixed point.

Both forms take planes [N, 1, H, W] and return [N, 4], one ratio a scale.
Smooth planes are grey levels 0..255; fixed-point planes are integer samples of
`bit_depth` bits held in binary64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import native
from .constants import SCALES, VIF_GAIN_BOUND, VIF_NOISE, VIF_TAPS, gaussian, gaussian32
from .filters import fold, mirror, rounded, separable, separable_adjoint, separable_stepwise

MIN_SIZE = 16


def _halved(padded: Tensor, radius: int, height: int, width: int) -> Tensor:
    """The part of extended planes that a step-two filter of `radius` reads."""
    rows, cols = 2 * (height // 2) - 1 + 2 * radius, 2 * (width // 2) - 1 + 2 * radius
    edge = (padded.shape[-2] - height) // 2 - radius
    return padded[..., edge : edge + rows, edge : edge + cols]


def smooth(ref: Tensor, dist: Tensor, gain_limit: float = 100.0) -> Tensor:
    """Differentiable form; kinks only where a sample becomes active or a covariance negative."""
    ratios = _smooth(ref, dist, gain_limit)
    return ratios if ref.dtype == torch.float32 else ratios + _rounding(ref, dist, gain_limit)


@torch.no_grad()
def _rounding(ref: Tensor, dist: Tensor, gain_limit: float) -> Tensor:
    """What binary32 makes of the ratios of the nearest 16-bit frames.

    Variances are small differences of large moments, which binary32 leaves
    noise in the third decimal; published scores have it. To autograd it is a
    constant, and it is one around every 16-bit frame.
    """
    r, d = ((x * 256.0).round() / 256.0 for x in (ref, dist))
    return _binary32(r, d, gain_limit) - _smooth(r, d, gain_limit)


def _binary32(ref: Tensor, dist: Tensor, gain_limit: float) -> Tensor:
    """`_smooth` with filters in binary32 that round as the definition says."""
    planes = torch.cat((ref, dist), 1).sub(128.0).float()
    ratios = []
    for scale in range(SCALES):
        height, width = planes.shape[-2:]
        padded = mirror(planes, len(VIF_TAPS[scale]) // 2)
        r, d = padded.split(1, 1)
        products = torch.cat((r, d, r * r, d * d, r * d), 1)
        moments = separable_stepwise(products, gaussian32(len(VIF_TAPS[scale])))
        num, den = _Statistics.of(moments.double()).terms(gain_limit)
        ratios.append(num.sum((-2, -1)) / den.sum((-2, -1)))
        if scale + 1 < SCALES:
            taps = gaussian32(len(VIF_TAPS[scale + 1]))
            planes = separable_stepwise(_halved(padded, len(taps) // 2, height, width), taps, 2)
    return torch.stack(ratios, 1)


def _smooth(ref: Tensor, dist: Tensor, gain_limit: float) -> Tensor:
    # The statistics do not change with the mean; around zero they keep more digits.
    r, d = ref - 128.0, dist - 128.0
    ratios = []
    for scale in range(SCALES):
        num, den, r, d = _scale(r, d, scale, gain_limit)
        ratios.append(num / den)
    return torch.stack(ratios, 1)


def _scale(r: Tensor, d: Tensor, scale: int, gain_limit: float) -> tuple[Tensor, ...]:
    """Sums [N] of one scale, numerator and denominator, and the planes of the next."""

    def by_tensors(r: Tensor, d: Tensor) -> tuple[Tensor, ...]:
        made: tuple[Tensor, ...] = _Scale.apply(r, d, scale, gain_limit)
        return made

    if not native.takes(r, d):
        return by_tensors(r, d)
    windows = [gaussian(len(taps)) for taps in VIF_TAPS[scale : scale + 2]] + [[]]
    how = native.VifHow(windows[0], windows[1], VIF_NOISE, _INACTIVE, gain_limit)
    made: tuple[Tensor, ...] = native.VifScale.apply(r, d, how, by_tensors)
    return made


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
        signal = torch.where(self.active, signal, self.y.mul_(-_INACTIVE).add_(1.0))
        return signal, self.x.div_(VIF_NOISE).add_(1.0).log2_()


# 1 - y * this is what an inactive sample adds to the numerator.
_INACTIVE = VIF_NOISE * VIF_NOISE / 65025.0


class _Scale(torch.autograd.Function):
    """One scale: sums [N], and the planes of the next scale.

    Written out by hand because what autograd keeps and allocates here is most
    of the cost of a backward pass, and because only the distorted plane's share
    of it is needed as a rule.
    """

    @staticmethod
    def forward(r: Tensor, d: Tensor, scale: int, gain_limit: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        taps = gaussian(len(VIF_TAPS[scale]))
        height, width = r.shape[-2:]
        padded = mirror(torch.cat((r, d), 1), len(taps) // 2)
        num, den = [torch.zeros_like(r[:, 0, 0, 0]) for _ in range(2)]
        for tile in _tiles(r):
            made = _Statistics.of(_moments(padded, tile, taps)).terms(gain_limit)
            for total, terms in zip((num, den), made, strict=True):
                total[tile[0]] += terms.sum((-2, -1))
        if scale + 1 == SCALES:
            return num, den, r[:, :, :0, :0].clone(), d[:, :, :0, :0].clone()
        taps = gaussian(len(VIF_TAPS[scale + 1]))
        half = separable(_halved(padded, len(taps) // 2, height, width), taps, 2)
        return num, den, *half.split(1, 1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        r, d, ctx.scale, ctx.gain_limit = inputs
        ctx.save_for_backward(r, d)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, num: Tensor, den: Tensor, half_r: Tensor, half_d: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None, None]:
        r, d = ctx.saved_tensors
        height, width = r.shape[-2:]
        taps = gaussian(len(VIF_TAPS[ctx.scale]))
        padded = mirror(torch.cat((r, d), 1), len(taps) // 2)
        wanted = ctx.needs_input_grad[:2]
        grads = [torch.zeros_like(padded[:, :1]) if want else None for want in wanted]
        for tile in _tiles(r):
            _add_moments(grads, padded, tile, taps, (num, den), ctx.gain_limit)
        if ctx.scale + 1 < SCALES:
            taps = gaussian(len(VIF_TAPS[ctx.scale + 1]))
            for grad, half in zip(grads, (half_r, half_d), strict=True):
                if grad is not None:
                    _halved(grad, len(taps) // 2, height, width).add_(separable_adjoint(half, taps, 2))
        radius = len(VIF_TAPS[ctx.scale]) // 2
        by_r, by_d = (None if grad is None else fold(grad, radius) for grad in grads)
        return by_r, by_d, None, None

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], r: Tensor, d: Tensor, scale: int, limit: float
    ) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
        """A mapped dimension is more frames."""
        made: tuple[tuple[Tensor, ...], tuple[int, ...]]
        made = native.more_frames(_Scale.apply, info.batch_size, in_dims, r, d, scale, limit)
        return made


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
    by_y = torch.where(some.active, by_t, num * -_INACTIVE).mul_(some.y > 0.0)
    return by_x, by_y, by_z


def fixed(ref: Tensor, dist: Tensor, gain_limit: float = 100.0, bit_depth: int = 8) -> Tensor:
    """The arithmetic of the C kernels, step by step; binary64 result of binary32 quotients."""
    table = _log_table(ref.device)
    planes = torch.cat((ref, dist), 1)
    ratios = []
    for scale in range(SCALES):
        taps = VIF_TAPS[scale]
        height, width = planes.shape[-2:]
        first, second = (bit_depth, 2 * (bit_depth - 8)) if scale == 0 else (16, 16)
        padded = mirror(planes, len(taps) // 2)
        r, d = padded[:, :1], padded[:, 1:]
        # The means keep all 32 bits after the horizontal pass.
        means = rounded(padded, taps, (first, 0))
        powers = rounded(torch.cat((r * r, d * d, r * d), 1), taps, (second, 16))
        ratios.append(_fixed_ratio(means.long(), powers.long(), gain_limit, table))
        if scale + 1 < SCALES:
            taps = VIF_TAPS[scale + 1]
            planes = rounded(_halved(padded, len(taps) // 2, height, width), taps, (first, 16), 2)
    return torch.stack(ratios, 1)


def _log_table(device: torch.device) -> Tensor:
    """2048 * log2(i), the logarithm rounded to binary32 first, then half away from zero."""
    log = torch.log2(torch.arange(65536, dtype=torch.float64, device=device)).float()
    return torch.floor(log * 2048 + 0.5).clamp(min=0).long()


def _log(z: Tensor, table: Tensor) -> Tensor:
    """log2 of integers above 2^16 in 1/2048; low bits are dropped."""
    shift = torch.frexp(z.double()).exponent.long() - 16
    return table[z >> shift] + 2048 * shift


def _product(a: Tensor, b: Tensor) -> Tensor:
    """(a * b + 2^31) >> 32 of 32-bit unsigned values, whose product exceeds an int64."""
    a1, a0, b1, b0 = a >> 16, a & 0xFFFF, b >> 16, b & 0xFFFF
    return a1 * b1 + ((((a1 * b0 + a0 * b1) << 16) + a0 * b0 + (1 << 31)) >> 32)


def _fixed_ratio(means: Tensor, powers: Tensor, gain_limit: float, table: Tensor) -> Tensor:
    noise = int(VIF_NOISE * 65536)
    mu_r, mu_d = means.unbind(1)
    x = powers[:, 0] - _product(mu_r, mu_r)
    y = (powers[:, 1] - _product(mu_d, mu_d)).clamp(min=0)
    z = powers[:, 2] - _product(mu_r, mu_d)
    active = x >= noise
    x = x.clamp(min=noise)
    den_log = torch.where(active, _log(noise + x, table) - 34816, 0)
    gain = z.double() / (x.double() + 65536 * 1e-10)
    rest = (y.double() - gain * z.double()).trunc().clamp(min=0).long() + noise
    gain = gain.clamp(max=gain_limit)
    signal = ((gain * gain) * x.double()).trunc().long() + rest
    num_log = torch.where(active & (z > 0) & (y > 0), _log(signal, table) - _log(rest, table), 0)
    count = (~active).sum((-2, -1)).double()
    low = torch.where(active, 0, y).sum((-2, -1)).double()
    num = num_log.sum((-2, -1)).double() / 2048.0 + (count - low / 16384.0 / 65025.0)
    den = den_log.sum((-2, -1)).double() / 2048.0 + count
    return (num.float() / den.float()).double()
