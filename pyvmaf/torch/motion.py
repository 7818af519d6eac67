# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Motion of the reference: low-passed frame differences and what is made of them."""

from __future__ import annotations

import torch
from torch import Tensor

from ..smooth.constants import MOTION_TAPS
from ..smooth.options import MotionOptions
from .filters import mirror, rounded

MIN_SIZE = 3


def fixed(earlier: Tensor, current: Tensor, bit_depth: int = 8) -> Tensor:
    """The same in the arithmetic of the C kernel, on integers held in binary64."""
    planes = mirror(earlier - current, len(MOTION_TAPS) // 2)
    sad = rounded(planes, MOTION_TAPS, (bit_depth, 16)).abs().sum((-3, -2, -1))
    return sad / 256.0 / (current.shape[-2] * current.shape[-1])


def weigh(difference: Tensor, options: MotionOptions) -> Tensor:
    """Published per-frame score of raw differences."""
    if options.motion_force_zero:
        return torch.zeros_like(difference)
    return (difference * options.motion_fps_weight).clamp(max=options.motion_max_val)


def look_ahead(scores: Tensor, options: MotionOptions) -> tuple[Tensor, Tensor]:
    """motion2 and motion3 of whole clips, from per-frame scores [..., T]."""
    gap, count = options.distance, scores.shape[-1]
    zero = scores[..., :gap] * 0.0
    if count <= gap:
        return zero, zero
    if gap == 1:
        middle = torch.minimum(scores[..., 1:-1], scores[..., 2:])
    else:
        # The centre is left out, and the first frame that has a score sees only what follows.
        before = torch.cat((scores[..., 3:4], scores[..., 2:-2]), -1)[..., : max(count - 3, 0)]
        middle = torch.minimum(before, scores[..., 3:])
    motion2 = torch.cat((zero, middle, scores[..., -1:]), -1)

    knee, factor = options.motion_blend_offset, options.motion_blend_factor
    stamp = _blend(scores[..., gap : gap + 1], knee, factor, options.motion_max_val)
    blended = _blend(motion2[..., gap:], knee, factor, options.motion_max_val)
    if options.motion_moving_average:
        previous = torch.cat((stamp, blended[..., :-1]), -1)
        blended = (blended + previous) / 2.0
    return motion2, torch.cat((stamp.expand(zero.shape), blended), -1)


def _blend(score: Tensor, knee: float, factor: float, limit: float) -> Tensor:
    return (score * factor + (1.0 - factor) * score.clamp(max=knee)).clamp(max=limit)
