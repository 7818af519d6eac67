# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VMAF as something to minimise."""

from __future__ import annotations

import os
from collections.abc import Iterable

from torch import Tensor, nn

from .vmaf import VMAF


class VMAFLoss(nn.Module):
    """1 - VMAF / 100, averaged over frames.

    Args:
        model: as `VMAF` takes it, like every further keyword.
        reduction: "mean", "sum" or "none" over all frames.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "vmaf_v0.6.1",
        *,
        reduction: str = "mean",
        mode: str = "smooth",
        clip: bool = False,
        bit_depth: int = 8,
        chunk: int | None = None,
        validate: bool = True,
        motion: bool = True,
        transform: bool = False,
    ) -> None:
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction is {reduction!r}; allowed: mean, sum, none")
        self.reduction = reduction
        self.vmaf = VMAF(
            model, mode=mode, clip=clip, transform=transform, bit_depth=bit_depth, chunk=chunk, validate=validate,
            motion=motion,
        )  # fmt: skip

    def forward(self, ref: Tensor, dist: Tensor) -> Tensor:
        loss = 1.0 - self.vmaf(ref, dist) / 100.0
        if self.reduction == "none":
            return loss
        return loss.mean() if self.reduction == "mean" else loss.sum()

    def backward(self, pairs: Iterable[tuple[Tensor, Tensor]], frames: int = 1) -> Tensor:
        """Loss of one clip that is never whole in memory; gradients are accumulated on the way.

        `pairs` yields (ref, dist) stretches [n, 1, H, W] in time order, each with
        a graph of its own: it is differentiated and dropped before the stretch
        after the next one is asked for. The stretch that follows is needed for
        the motion of a stretch's last frame.

        Args:
            pairs: stretches of one clip.
            frames: what the sum over frames is divided by; their number, for a mean.

        Returns:
            The loss, detached.
        """
        total: Tensor | None = None
        for scores in self.vmaf.stream(pairs):
            loss = (1.0 - scores / 100.0).sum() / frames
            if loss.requires_grad:
                loss.backward()
            total = loss.detach() if total is None else total + loss.detach()
        if total is None:
            raise ValueError("pairs is empty; at least one frame is needed")
        return total

    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}"
