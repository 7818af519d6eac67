# SPDX-License-Identifier: BSD-2-Clause-Patent
"""ADM in the fixed-point arithmetic of the C kernels, step by step, on integers held in binary64."""

from __future__ import annotations

import torch
from torch import Tensor

from ..smooth.constants import ADM_COS2, ADM_HIGH, ADM_LOW, Sensitivity
from ..smooth.options import AdmOptions
from ..smooth.spans import Span, Window
from .adm import AdmSums
from .bands import around, crop, extended
from .filters import along, shift_right

# Vertical then horizontal shift of scales 1 to 3; scale 0 depends on the bit depth.
_SHIFTS = ((0, 15), (16, 16), (16, 15))
_ROOT = float.fromhex("0x1.555556p-2")  # binary32 of 1/3; the definition raises to this power


def fixed(ref: Tensor, dist: Tensor, options: AdmOptions, bit_depth: int = 8) -> AdmSums:
    """The arithmetic of the C kernels, step by step, for integers held in binary64."""
    batch = ref.shape[0]
    low = torch.cat((ref, dist))
    sums = []
    for scale, sensitivity in enumerate(options.sensitivities):
        bands = _fixed_wavelet(low, scale, bit_depth)
        low = bands[:, :1]
        if scale == 0 and options.adm_skip_scale0:
            zero = torch.zeros_like(low[:batch, 0, 0, 0], dtype=torch.float32)
            sums.append((zero, zero, zero + 1e-10))
            continue
        details = bands[:, 1:].long()
        sums.append(_fixed_pool(details[:batch], details[batch:], scale, sensitivity, options))
    num, aim, den = (torch.stack(column, 1).double() for column in zip(*sums, strict=True))
    return AdmSums(num, aim, den)


def _fixed_wavelet(low: Tensor, scale: int, bit_depth: int) -> Tensor:
    for dim, axis in ((-2, 0), (-1, 1)):
        size = low.shape[dim]
        span = Span(size, 0, 0, (size + 1) // 2)
        x = extended(low, span, dim)
        passes = []
        for taps in (ADM_LOW, ADM_HIGH):
            y = along(x, taps, dim, 2)
            if scale:
                y = shift_right(y, _SHIFTS[scale - 1][axis])
            elif axis == 0:
                # The low pass drops mid-grey, so that 16 bits hold it.
                y = shift_right(y - sum(taps) * 2.0 ** (bit_depth - 1), bit_depth)
            else:
                y = shift_right(y, 16)
            passes.append(y)
        low = torch.cat(passes, 1)
    # Channels now: low rows low columns, high low, low high, high high.
    return low


def _wrapped(x: Tensor, bits: int) -> Tensor:
    """Keep the low bits as two's complement."""
    half = 1 << (bits - 1)
    return ((x + half) & ((1 << bits) - 1)) - half


def _gain(o: Tensor, t: Tensor, scale: int) -> Tensor:
    """t / o in 1/32768 through a table of reciprocals, within 0..1."""
    u = o.abs()
    exponent = torch.zeros_like(u)
    if scale:
        length = torch.frexp(u.double()).exponent.long()
        exponent = (length - 15).clamp(min=0)
        u = (u + ((1 << exponent) >> 1)) >> exponent
    reciprocal = torch.div(1 << 30, u.clamp(min=1), rounding_mode="floor") * o.sign()
    k = (reciprocal * t + (1 << (14 + exponent))) >> (15 + exponent)
    return torch.where(o == 0, 32768, k.clamp(0, 32768))


def _fixed_restore(o: Tensor, t: Tensor, scale: int, limit: float) -> Tensor:
    gain = _gain(o, t, scale)
    restored = _wrapped((gain * o + (1 << 14)) >> 15, 32 if scale else 16)
    straight, other = o[:, :2], t[:, :2]
    p, u, z = (
        (a * b).sum(1, keepdim=True).float().double() / 4096
        for a, b in ((straight, other), (straight, straight), (other, other))
    )
    same = (p >= 0) & (p * p >= (ADM_COS2 * u) * z) & (gain > 0)
    enhanced = restored.double() * limit
    up = torch.minimum(enhanced, t.double()).trunc().long()
    down = torch.maximum(enhanced, t.double()).trunc().long()
    restored = torch.where(same & (o > 0), up, restored)
    return torch.where(same & (o < 0), down, restored)


def _clog2(x: int) -> int:
    return (x - 1).bit_length()


def _fixed_pool(
    o: Tensor, t: Tensor, scale: int, sensitivity: Sensitivity, options: AdmOptions
) -> tuple[Tensor, Tensor, Tensor]:
    restored = _fixed_restore(o, t, scale, options.adm_enhn_gain_limit)
    added = _wrapped(t - restored, 32 if scale else 16)
    k = torch.tensor(sensitivity.fixed, device=o.device).view(3, 1, 1)
    height, width = o.shape[-2:]
    rows = Span(2 * height, 0, 0, height).window()
    cols = Span(2 * width, 0, 0, width).window()
    area = rows.length * cols.length
    floor = _power(torch.tensor(area * options.adm_noise_weight, device=o.device).float())

    def masked(signal: Tensor, mask: Tensor, floor: Tensor) -> Tensor:
        threshold = _fixed_threshold(mask, k, scale, rows, cols)
        signal = crop(signal, rows, cols)
        excess = _fixed_excess(signal, threshold, k, scale)
        return _total(_fixed_sums(excess, scale, (height, width)), floor)

    num = masked(restored, added, floor)
    aim = torch.zeros_like(num)
    if not options.adm_skip_aim:
        aim = masked(added, restored, torch.zeros_like(floor))
    inner = crop(o, rows, cols).abs()
    weights = torch.tensor(sensitivity.factor, dtype=torch.float64)
    cubes = _fixed_denominator(inner, scale) * weights.to(o.device) ** 3
    return num, aim, _total(cubes.float(), floor)


def _power(x: Tensor) -> Tensor:
    """powf(x, 1/3) through binary64."""
    return (x.double() ** _ROOT).float()


def _total(sums: Tensor, floor: Tensor) -> Tensor:
    """Roots of three sums [N, 3] plus the noise floor, added in binary32: (h + v) + d."""
    roots = _power(sums) + floor
    return (roots[:, 0] + roots[:, 1]) + roots[:, 2]


def _fixed_threshold(mask: Tensor, k: Tensor, scale: int, rows: Window, cols: Window) -> Tensor:
    """Sum over orientations of a centre weight near |c|/15 and eight neighbours near |c|/30."""
    if scale:
        c = _wrapped((k * mask + (1 << 27)) >> 28, 32).abs()
        # The offset is -2^31 in the definition, so c = 0 gives -1.
        near, centre = ((m * c - (1 << 31)) >> 32 for m in (143165577, 286331153))
        near, centre = _wrapped(near, 32), _wrapped(centre, 32)
    else:
        shift = torch.tensor((15, 15, 17), device=k.device).view(3, 1, 1)
        offset = torch.tensor((16384, 16384, 65535), device=k.device).view(3, 1, 1)
        c = _wrapped((k * mask + offset) >> shift, 16).abs()
        near, centre = (_wrapped((m * c + 2048) >> 12, 16) for m in (4369, 8738))
    near = around(near.sum(1, keepdim=True), rows, cols)
    centre = crop(centre.sum(1, keepdim=True), rows, cols)
    box = near[..., :-2, :] + near[..., 1:-1, :] + near[..., 2:, :]
    box = box[..., :-2] + box[..., 1:-1] + box[..., 2:]
    return _wrapped(box - near[..., 1:-1, 1:-1] + centre, 32)


def _fixed_excess(signal: Tensor, threshold: Tensor, k: Tensor, scale: int) -> Tensor:
    if scale:
        weighted = _wrapped((k * signal + (1 << 27)) >> 28, 32)
    else:
        weighted = _wrapped(k * signal, 32)
        unit = torch.tensor((1 << 10, 1 << 10, 1 << 12), device=k.device).view(3, 1, 1)
        threshold = _wrapped(threshold * unit, 32)
    return _wrapped(weighted.abs() - threshold, 32).clamp(min=0)


def _fixed_sums(excess: Tensor, scale: int, band: tuple[int, int]) -> Tensor:
    """Sums of cubes [N, 3], binary32; shifts follow the size of the whole band."""
    height, width = band
    y = _clog2(height)
    result = []
    for q in range(3):
        e = excess[:, q]
        if scale:
            w, g, scale_bits = 30, _clog2(width), (45, 39, 36)[scale - 1]
        else:
            w = (29, 29, 30)[q]
            g = _clog2(width) - (4, 4, 3)[q]
            scale_bits = (52, 52, 57)[q]
        square = _wrapped((e * e + (1 << (w - 1))) >> w, 32)
        cube = (square * e + (1 << (g - 1))) >> g
        total = ((cube.sum(-1) + (1 << (y - 1))) >> y).sum(-1)
        unit = 2.0 ** -(scale_bits - g - y)
        result.append((total.float() if scale else total.double()).double() * unit)
    return torch.stack(result, 1).float()


def _fixed_denominator(u: Tensor, scale: int) -> Tensor:
    """Sums of cubes of the reference [N, 3], binary64; shifts follow the window's size."""
    height, width = u.shape[-2:]
    if scale == 0:
        z = max(0, _clog2(width * height) - 20)
        rows = (u * u * u).sum(-1)
        total = ((rows + ((1 << z) >> 1)) >> z).sum(-1)
        return total.double() * 2.0 ** -(18 - z)
    b = (31, 30, 31)[scale - 1]
    g, y = _clog2(width), _clog2(height)
    # The square's offset is a full unit in the definition, not half.
    square = (u * u + (1 << b)) >> b
    rows = ((square * u + (1 << (g - 1))) >> g).sum(-1)
    total = ((rows + (1 << (y - 1))) >> y).sum(-1)
    return total.double() * 2.0 ** -((32, 27, 23)[scale - 1] - g - y)
