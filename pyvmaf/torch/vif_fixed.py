# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VIF in the fixed-point arithmetic of the C kernels, step by step, on integers held in binary64."""

from __future__ import annotations

import torch
from torch import Tensor

from ..smooth.constants import SCALES, VIF_NOISE, VIF_TAPS
from .filters import halved, mirror, rounded


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
            planes = rounded(halved(padded, len(taps) // 2, height, width), taps, (first, 16), 2)
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
