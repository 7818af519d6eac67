# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Grey levels as the smooth features take them: less a constant per frame."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_MIDDLE = 128.0


@dataclass(frozen=True)
class Pair:
    """Frames [N, 1, H, W] of both sides, in 0..255 and less a constant each.

    Neither feature depends on a frame's mean, but rounding does: around zero
    more digits are kept. A frame that is flat but for less than a grey level is
    taken relative to its first sample, which leaves exact zeros where it is
    flat. Relative to mid-grey the wavelet would leave rounding noise there,
    and the cube roots of ADM would give that noise the gradient of real detail.
    """

    ref: Tensor
    dist: Tensor
    r: Tensor
    d: Tensor

    @staticmethod
    def of(ref: Tensor, dist: Tensor) -> Pair:
        """Both sides as given, in 0..255."""
        return Pair(ref, dist, ref - _offset(ref), dist - _offset(dist))


def _offset(x: Tensor) -> Tensor:
    """What to take from each frame, [N, 1, 1, 1]; without a gradient, as nothing depends on it."""
    x = x.detach()
    low, high = x.flatten(1).aminmax(dim=1)
    flat = (high - low < 1.0).view(-1, 1, 1, 1)
    return torch.where(flat, x[:, :, :1, :1], _MIDDLE)
