# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Smooth motion of frame pairs and its gradient by tensor operations."""

from __future__ import annotations

import torch
from torch import Tensor

from ..smooth.constants import MOTION_TAPS, gaussian
from .filters import fold, mirror, separable, separable_adjoint

_TAPS = gaussian(len(MOTION_TAPS))


def _blurred(earlier: Tensor, current: Tensor) -> Tensor:
    return separable(mirror(current - earlier, len(_TAPS) // 2), _TAPS)


def sums(earlier: Tensor, current: Tensor) -> Tensor:
    """Mean absolute low-passed difference [N] of planes [N, 1, H, W] in grey levels."""
    return _blurred(earlier, current).abs().mean((-3, -2, -1))


def slopes(earlier: Tensor, current: Tensor, grad: Tensor) -> Tensor:
    """Gradient by `current`; that by `earlier` is its negative."""
    signs = torch.sign(_blurred(earlier, current))
    share = signs * (grad / signs[0].numel()).view(-1, 1, 1, 1)
    return fold(separable_adjoint(share, _TAPS), len(_TAPS) // 2).contiguous()
