# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Detail loss and additive impairment in a wavelet domain, differentiable.

Planes are [N, 1, H, W], grey levels 0..255; the result is the sums of each
scale, from which `scores` makes what is published.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..smooth.constants import SCALES
from ..smooth.options import AdmOptions
from ..smooth.spans import held, spans
from . import operators
from .adm_smooth import How
from .filters import constant
from .levels import Pair

MIN_SIZE = 33


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


def smooth(planes: Pair, options: AdmOptions, with_aim: bool = True) -> AdmSums:
    """Differentiable sums; kinks only at zero, at the angle test and at the masking threshold."""
    with_aim = with_aim and not options.adm_skip_aim
    height, width = planes.ref.shape[-2:]
    axes = tuple(zip(spans(height), spans(width), strict=True))
    part = (..., held(axes[0][0], height), held(axes[0][1], width))
    r, d = planes.r[part], planes.d[part]
    limit = options.adm_enhn_gain_limit
    flags: list[Tensor | None] = [None] * SCALES
    if r.dtype == torch.float64 and limit > 1.0:
        flags = [*operators.adm_directions(planes.ref[part].detach(), planes.dist[part].detach(), height, width)]
    cubes, floors = [], []
    for scale, sensitivity in enumerate(options.sensitivities):
        how = How(axes[scale], sensitivity.factor, limit, with_aim)
        *made, r, d = operators.adm_scale(r, d, flags[scale], how)
        cubes.append(made)
        area = axes[scale][0].window().length * axes[scale][1].window().length
        floors.append(3.0 * (area * options.adm_noise_weight) ** (1 / 3))
    # All scales at once from here on: each step is a launch on a GPU.
    num, aim, den = (_roots(torch.stack(column, 1)) for column in zip(*cubes, strict=True))
    floor = constant(tuple(floors), num.dtype, num.device)
    num, den = num + floor, den + floor
    if options.adm_skip_scale0:
        kept, least = (constant(x, num.dtype, num.device) for x in ((0.0, 1.0, 1.0, 1.0), (1e-10, 0.0, 0.0, 0.0)))
        num, aim, den = num * kept, aim * kept, den * kept + least
    return AdmSums(num, aim, den)


def _roots(cubes: Tensor) -> Tensor:
    """Sums over orientations [N, 4] of the cube roots of sums [N, 4, 3]; their gradient is 0 at 0."""
    some = cubes > 0.0
    return torch.where(some, torch.where(some, cubes, 1.0) ** (1 / 3), 0.0).sum(-1)
