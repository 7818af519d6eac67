# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Visual information fidelity at four dyadic scales, differentiable.

Results are [N, 4], one ratio per scale.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..smooth.constants import SCALES
from . import operators
from .levels import Pair

MIN_SIZE = 16


def smooth(planes: Pair, gain_limit: float = 100.0) -> Tensor:
    """Ratios [N, 4]; kinks only where a sample becomes active or a covariance negative.

    In binary64 they have the rounding of binary32 at the nearest 16-bit frame added,
    which published scores have; to autograd it is a constant, and it is one around every
    16-bit frame.
    """
    r, d = planes.r, planes.d
    nums, dens = [], []
    for scale in range(SCALES):
        num, den, r, d = operators.vif_scale(r, d, scale, gain_limit)
        nums.append(num)
        dens.append(den)
    made = torch.stack(nums, 1) / torch.stack(dens, 1)
    if made.dtype == torch.float32:
        return made
    return made + operators.vif_rounding(planes.ref.detach(), planes.dist.detach(), gain_limit)
