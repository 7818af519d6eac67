# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Detail loss and additive impairment in a wavelet domain, smooth and in fixed point.

Both forms take planes [N, 1, H, W] and return the sums of each scale, from
which `scores` makes what is published. Orientations are ordered h, v, d.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import native
from .constants import ADM_COS2, ADM_HIGH, ADM_LOW, ADM_SMOOTH_HIGH, ADM_SMOOTH_LOW, SCALES, Sensitivity, sensitivities
from .filters import along, shift_right, stepwise

MIN_SIZE = 33


@dataclass(frozen=True)
class AdmOptions:
    """Options of the integer ADM extractor, named as it names them."""

    adm_csf_scale: float = 1.0
    adm_csf_diag_scale: float = 1.0
    adm_dlm_weight: float = 0.5
    adm_enhn_gain_limit: float = 100.0
    adm_norm_view_dist: float = 3.0
    adm_ref_display_height: int = 1080
    adm_csf_mode: int = 0
    adm_noise_weight: float = 0.03125
    adm_skip_aim: bool = False
    adm_skip_scale0: bool = False
    adm_min_val: float = 0.0

    def __post_init__(self) -> None:
        viewing = self.adm_csf_mode, self.adm_norm_view_dist, self.adm_ref_display_height
        made = sensitivities(*viewing, self.adm_csf_scale, self.adm_csf_diag_scale)
        object.__setattr__(self, "_sensitivities", made)

    @property
    def sensitivities(self) -> tuple[Sensitivity, ...]:
        """Of the four scales."""
        made: tuple[Sensitivity, ...] = self.__dict__["_sensitivities"]
        return made


@dataclass(frozen=True)
class AdmSums:
    """Pooled sums of a batch, [N, 4] each, scale by scale."""

    num: Tensor
    aim: Tensor
    den: Tensor


def scores(sums: AdmSums, size: tuple[int, int], options: AdmOptions) -> dict[str, Tensor]:
    """Published values of a batch, [N] each, by name; `size` is that of the picture."""
    limit = 1e-10 * (size[0] * size[1]) / (1920 * 1080)
    num, den, aim = (sum(x.unbind(1)[1:], x[:, 0]) for x in (sums.num, sums.den, sums.aim))
    # Only without a noise floor can a flat reference bring the denominator to zero.
    detail = den >= limit
    den = torch.where(detail, den, 1.0)
    adm2 = torch.where(detail, torch.where(num >= limit, num, 0.0) / den, 1.0)
    aim = torch.where(detail, aim / den, 0.0)
    weight = options.adm_dlm_weight
    adm3 = (adm2 * weight + (1.0 - aim) * (1.0 - weight)).clamp(min=options.adm_min_val)
    result = {"adm2": adm2, "aim": aim, "adm3": adm3}
    for scale in range(SCALES):
        below = sums.den[:, scale]
        ratio = sums.num[:, scale] / torch.where(below > 0.0, below, 1.0)
        result[f"adm_scale{scale}"] = torch.where(below > 0.0, ratio, 1.0)
    return result


def margin(size: int) -> int:
    """Samples at each end of a band that pooling leaves out."""
    return max(0, int(0.1 * size - 0.5))


# --- smooth -----------------------------------------------------------------


@dataclass(frozen=True)
class _Span:
    """What one axis of one scale reads and makes, in samples of its whole band.

    Pooling leaves a tenth of a band out at each end, so nearly two fifths of
    every band is never needed; a span says which part is.
    """

    size: int  # of the whole input
    first: int  # of the input that is held
    begin: int  # outputs [begin, end) of the whole band
    end: int

    @property
    def half(self) -> int:
        return (self.size + 1) // 2

    def axis(self, held: int) -> dict[str, int]:
        """The same for the C kernels, `held` samples of the input being there."""
        edge = margin(self.half)
        given = {"size": self.size, "first": self.first, "held": held, "begin": self.begin, "end": self.end}
        return given | {"pool_begin": edge, "pool_end": self.half - edge}


def _spans(size: int) -> list[_Span]:
    sizes = [size]
    for _ in range(SCALES):
        sizes.append((sizes[-1] + 1) // 2)
    spans: list[_Span] = []
    need = (sizes[-1], 0)  # of the low band, by the scale after; none after the last
    for scale in reversed(range(SCALES)):
        band = sizes[scale + 1]
        edge = margin(band)
        begin, end = max(0, edge - 1), min(band, band - edge + 1)
        begin, end = min(begin, need[0]), max(end, need[1])
        need = (max(0, 2 * begin - 1), min(sizes[scale], 2 * end + 1))
        spans.append(_Span(sizes[scale], need[0], begin, end))
    return spans[::-1]


def _extended(x: Tensor, span: _Span, dim: int) -> Tensor:
    """Exactly the samples the span's outputs read, mirrored where they leave the picture.

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


def _wavelet(x: Tensor, rows: _Span, cols: _Span) -> Tensor:
    """One level of planes [M, 1, ., .]: bands a, h, v, d as channels."""
    x = _extended(_extended(x, rows, -2), cols, -1)
    low, high = torch.tensor((ADM_SMOOTH_LOW, ADM_SMOOTH_HIGH), dtype=x.dtype, device=x.device)
    kernels = torch.stack(
        [
            torch.outer(low, low),
            torch.outer(high, low),
            torch.outer(low, high),
            torch.outer(high, high),
        ]
    )
    if not x.requires_grad:
        return F.conv2d(x, kernels[:, None], stride=2)
    # Four taps at a step of two are two taps on each phase of the plane, for which the backward
    # pass is three times as fast, the forward pass half as fast.
    return F.conv2d(F.pixel_unshuffle(x, 2), F.pixel_unshuffle(kernels[:, None], 2))


def _binary32_wavelet(x: Tensor, rows: _Span, cols: _Span) -> Tensor:
    """`_wavelet` as the definition rounds it, step by step."""
    x = _extended(_extended(x, rows, -2), cols, -1)
    upper, lower = (stepwise(x, taps, -2, 2) for taps in (ADM_SMOOTH_LOW, ADM_SMOOTH_HIGH))
    bands = [stepwise(part, taps, -1, 2) for taps in (ADM_SMOOTH_LOW, ADM_SMOOTH_HIGH) for part in (upper, lower)]
    return torch.cat(bands, 1)


def smooth(ref: Tensor, dist: Tensor, options: AdmOptions, with_aim: bool = True) -> AdmSums:
    """Differentiable form; kinks only at zero, at the angle test and at the masking threshold."""
    with_aim = with_aim and not options.adm_skip_aim
    axes = list(zip(_spans(ref.shape[-2]), _spans(ref.shape[-1]), strict=True))
    # Grey levels around zero keep more digits; only the low band sees the offset.
    r, d = (_held(x, *axes[0]) - 128.0 for x in (ref, dist))
    # Which side of the angle test a coefficient falls on may hang on a last bit, and has no
    # gradient: binary64 leaves it to the binary32 bands of the definition.
    limit = options.adm_enhn_gain_limit
    judged = torch.cat((r, d)).detach().float() if r.dtype == torch.float64 and limit > 1 else None
    sums = []
    for scale, sensitivity in enumerate(options.sensitivities):
        judges = None if judged is None else _binary32_wavelet(judged, *axes[scale])
        judged = None if judges is None else judges[:, :1]
        *cubes, r, d = _scale(r, d, judges, axes[scale], sensitivity.factor, limit, with_aim)
        if scale == 0 and options.adm_skip_scale0:
            zero = cubes[0].sum(1) * 0.0
            sums.append((zero, zero, zero + 1e-10))
            continue
        windows = [_Window.of(span) for span in axes[scale]]
        area = math.prod(window.end - window.begin for window in windows)
        floor = 3.0 * (area * options.adm_noise_weight) ** (1 / 3)
        num, aim, den = (_roots(x) for x in cubes)
        sums.append((num + floor, aim, den + floor))
    num, aim, den = (torch.stack(column, 1) for column in zip(*sums, strict=True))
    return AdmSums(num, aim, den)


def _held(x: Tensor, rows: _Span, cols: _Span) -> Tensor:
    """The part of whole planes that the first scale reads."""
    for dim, span in ((-2, rows), (-1, cols)):
        x = x.narrow(dim, span.first, min(x.shape[dim], 2 * span.end + 1) - span.first)
    return x


def _scale(
    r: Tensor,
    d: Tensor,
    judges: Tensor | None,
    axes: tuple[_Span, _Span],
    weights: tuple[float, ...],
    limit: float,
    with_aim: bool,
) -> tuple[Tensor, ...]:
    """Sums of cubes [N, 3] of one scale, in the order of `AdmSums`, and the low bands.

    Bands `judges` decide the angle test; None: those that are made here.
    """

    def by_tensors(r: Tensor, d: Tensor) -> tuple[Tensor, ...]:
        rows, cols = (_Window.of(span) for span in axes)
        bands = _wavelet(torch.cat((r, d)), *axes)
        details, straight = (
            cols.around(rows.around(x, -2), -1)
            for x in (bands[:, 1:], (bands if judges is None else judges)[:, 1:3].detach())
        )
        same = _same_direction(*straight.chunk(2)) if limit > 1 else None
        weigh = torch.tensor(weights, dtype=r.dtype, device=r.device).view(3, 1, 1)
        cubes: tuple[Tensor, ...] = _Pool.apply(*(details * weigh).chunk(2), same, limit, with_aim)
        return *cubes, *bands[:, :1].chunk(2)

    if not native.takes(r, d):
        return by_tensors(r, d)
    rows, cols = (span.axis(size) for span, size in zip(axes, r.shape[-2:], strict=True))
    how = native.AdmHow(rows, cols, weights, limit, with_aim)
    made: tuple[Tensor, ...] = native.AdmScale.apply(r, d, how, by_tensors)
    return made


def _roots(cubes: Tensor) -> Tensor:
    """Sum over orientations [N] of the cube roots of sums [N, 3]; their gradient is 0 at 0."""
    some = cubes > 0.0
    return torch.where(some, torch.where(some, cubes, 1.0) ** (1 / 3), 0.0).sum(1)


@dataclass(frozen=True)
class _Window:
    """Pooling window of one axis, in samples of the part of the band that is held."""

    begin: int
    end: int
    mirrored: bool  # it reaches the band's edges, where neighbours are mirrored

    @staticmethod
    def of(span: _Span) -> _Window:
        edge = margin(span.half)
        return _Window(edge - span.begin, span.half - edge - span.begin, edge == 0)

    def around(self, x: Tensor, dim: int) -> Tensor:
        """The window and one neighbour at each side."""
        if not self.mirrored:
            return x.narrow(dim, self.begin - 1, self.end - self.begin + 2)
        size = x.shape[dim]
        return torch.cat((x.narrow(dim, 1, 1), x, x.narrow(dim, size - 1, 1)), dim)

    def crop(self, x: Tensor, dim: int) -> Tensor:
        return x.narrow(dim, self.begin, self.end - self.begin)


class _Pool(torch.autograd.Function):
    """Sums of cubes, [N, 3] each: of what is restored, of what was added, of the reference.

    Bands come weighted and with one sample around the pooling window; `same` is
    where both have the same direction, None if that makes no difference. The
    backward pass is written out by hand for the same reasons as VIF's.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(
        o: Tensor, t: Tensor, same: Tensor | None, limit: float, with_aim: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        restored = _restore(o, t, same, limit)
        added = (t - restored).abs_()
        restored.abs_()
        num = _cubes(_excess(restored, added))
        aim = _cubes(_excess(added, restored)) if with_aim else torch.zeros_like(num)
        return num, aim, _cubes(o[..., 1:-1, 1:-1].abs())

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        o, t, same, ctx.limit, ctx.with_aim = inputs
        ctx.save_for_backward(o, t, same)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, num: Tensor, aim: Tensor, den: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        o, t, same = ctx.saved_tensors
        restored = _restore(o, t, same, ctx.limit)
        added = t - restored
        by_restored, by_added = _masked_slopes(restored.abs(), added.abs(), num)
        if ctx.with_aim:
            more_added, more_restored = _masked_slopes(added.abs(), restored.abs(), aim)
            by_restored, by_added = by_restored + more_restored, by_added + more_added
        by_added = added.sign() * by_added
        by_restored = restored.sign() * by_restored - by_added
        passed = restored == t
        by_t = by_added + by_restored * passed
        if not ctx.needs_input_grad[0]:
            return None, by_t, None, None, None
        bound = _bound(o, same, ctx.limit)
        reach = torch.where(bound == o, 1.0, ctx.limit) * ((restored == bound) & ~passed)
        inner = o[..., 1:-1, 1:-1]
        slope = 3.0 * den[..., None, None]
        return by_restored * reach + F.pad(inner * inner.abs() * slope, (1, 1, 1, 1)), by_t, None, None, None


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


# --- fixed point ------------------------------------------------------------

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
        span = _Span(size, 0, 0, (size + 1) // 2)
        x = _extended(low, span, dim)
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
    rows = _Window.of(_Span(2 * height, 0, 0, height))
    cols = _Window.of(_Span(2 * width, 0, 0, width))
    area = (rows.end - rows.begin) * (cols.end - cols.begin)
    floor = _power(torch.tensor(area * options.adm_noise_weight, device=o.device).float())

    def masked(signal: Tensor, mask: Tensor, floor: Tensor) -> Tensor:
        threshold = _fixed_threshold(mask, k, scale, rows, cols)
        signal = cols.crop(rows.crop(signal, -2), -1)
        excess = _fixed_excess(signal, threshold, k, scale)
        return _total(_fixed_sums(excess, scale, (height, width)), floor)

    num = masked(restored, added, floor)
    aim = torch.zeros_like(num)
    if not options.adm_skip_aim:
        aim = masked(added, restored, torch.zeros_like(floor))
    inner = cols.crop(rows.crop(o, -2), -1).abs()
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


def _fixed_threshold(mask: Tensor, k: Tensor, scale: int, rows: _Window, cols: _Window) -> Tensor:
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
    near = cols.around(rows.around(near.sum(1, keepdim=True), -2), -1)
    centre = cols.crop(rows.crop(centre.sum(1, keepdim=True), -2), -1)
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
