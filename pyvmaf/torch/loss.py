# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VMAF as something to minimise."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from typing import get_args

from torch import Tensor, nn

from ..choices import CambiForm, Matrix, Mode, Range, Reduction
from . import color
from .checks import check_rgb, check_word
from .sides import Frames
from .vmaf import VMAF

_warned = False


def _warn_once() -> None:
    """Say what VMAF does not see, where it trains RGB by itself."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            "VMAFLoss alone on the luma of RGB: VMAF does not see chroma and rewards sharpening beyond the reference; "
            "PerceptualLoss adds what keeps a picture in place (docs/training.md)",
            stacklevel=4,
        )


class VMAFLoss(nn.Module):
    """1 - VMAF / 100, averaged over frames.

    Args:
        model: as `VMAF` takes it, like every further keyword.
        reduction: "mean", "sum" or "none" over all frames.

    It is raised by sharpening, which NEG is not, and sees neither chroma nor a shift of all
    levels: `PerceptualLoss` is what to train a network for pictures with.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "vmaf_v0.6.1",
        *,
        reduction: Reduction = "mean",
        mode: Mode = "smooth",
        clip: bool = False,
        bit_depth: int = 8,
        chunk: int | None = None,
        validate: bool = True,
        motion: bool = True,
        transform: bool = False,
        cambi: CambiForm = "engine",
    ) -> None:
        super().__init__()
        check_word("reduction", reduction, get_args(Reduction))
        self.reduction = reduction
        self.vmaf = VMAF(
            model, mode=mode, clip=clip, transform=transform, bit_depth=bit_depth, chunk=chunk, validate=validate,
            motion=motion, cambi=cambi,
        )  # fmt: skip

    def forward(self, ref: Frames, dist: Frames) -> Tensor:
        """The loss of frames as `VMAF` takes them; a number, or one per frame."""
        if isinstance(dist, Tensor) and dist.requires_grad and color.trained:
            _warn_once()
        loss = 1.0 - self.vmaf(ref, dist) / 100.0
        if self.reduction == "none":
            return loss
        return loss.mean() if self.reduction == "mean" else loss.sum()

    def backward(self, pairs: Iterable[tuple[Frames, Frames]], frames: int = 1) -> Tensor:
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
        """The options, as `print` shows them."""
        return f"reduction={self.reduction!r}"


class PerceptualLoss(nn.Module):
    """VMAF NEG of luma with what it does not see: the squared errors of luma and of chroma.

        (1 - NEG / 100) + pixel * mean((Y' - Y'ref)^2) + chroma * mean((C - Cref)^2)

    with Y', Cb and Cr in 0..1. Without the pixel term levels drift and detail is redrawn: NEG
    hardly falls when all of a picture is brightened. Without the chroma term colours are free.
    At the default of 50 a picture at 30 dB pays 0.05 by its pixels, as much as 5 points of NEG,
    and one at 40 dB 0.005: the pixels decide while a picture is bad, VMAF once it is good. How it does
    beside others is measured in docs/training.md.

    Args:
        model: as `VMAF` takes it; one of VMAF v1 gets 4:2:0, and sees some of chroma too.
        pixel: weight of the luma error.
        chroma: weight of the chroma error.
        matrix: "bt601", "bt709" or "bt2020".
        range: "limited" or "full".
        motion: frames belong to one clip; False: to unrelated pictures.
        chunk: as `VMAF` takes it.
        validate: look at the values of the tensors.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "vmaf_v0.6.1neg",
        *,
        pixel: float = 50.0,
        chroma: float = 50.0,
        matrix: Matrix = "bt709",
        range: Range = "limited",
        motion: bool = True,
        chunk: int | None = None,
        validate: bool = True,
    ) -> None:
        super().__init__()
        for name, weight in (("pixel", pixel), ("chroma", chroma)):
            if not 0.0 <= weight < float("inf"):
                raise ValueError(f"{name} is {weight!r}; allowed: 0 and more")
        self.vmaf = VMAF(model, motion=motion, chunk=chunk, validate=validate)
        self.pixel, self.chroma = float(pixel), float(chroma)
        self.matrix, self.range, self.validate = matrix, range, validate

    def forward(self, ref: Tensor, dist: Tensor) -> Tensor:
        """The loss of R'G'B' [N, 3, H, W] or [B, T, 3, H, W] in 0..255; `dist` may leave the range.

        Raises:
            ValueError: a shape or range that is not allowed; the message says what is.
        """
        return sum(self.terms(ref, dist).values(), ref.new_zeros(()))

    def terms(self, ref: Tensor, dist: Tensor) -> dict[str, Tensor]:
        """The three parts of the loss, weighted: "vmaf", "pixel" and "chroma"."""
        if self.validate:
            check_rgb(ref)
        (y, c), (v, e) = (color.luma_and_chroma(x, self.matrix, self.range) for x in (ref, dist))
        score = self.vmaf(self._frames(ref, y), self._frames(dist, v)).mean()
        return {
            "vmaf": 1.0 - score / 100.0,
            "pixel": self.pixel * ((v - y) / 255.0).square().mean(),
            "chroma": self.chroma * ((e - c) / 255.0).square().mean(),
        }

    def _frames(self, rgb: Tensor, luma: Tensor) -> Frames:
        """What the model looks at. It takes nothing beyond 0..255; the other terms bring back what is there."""
        if not self.vmaf.needs_chroma:
            return luma.clamp(0.0, 255.0)
        y, cb, cr = color.rgb_to_planes(rgb, self.matrix, self.range, validate=False)
        return y.clamp(0.0, 255.0), cb.clamp(0.0, 255.0), cr.clamp(0.0, 255.0)

    def extra_repr(self) -> str:
        """The options, as `print` shows them."""
        return f"pixel={self.pixel:g}, chroma={self.chroma:g}, matrix={self.matrix!r}, range={self.range!r}"
