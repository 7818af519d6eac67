# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VMAF of luma tensors, differentiable."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from .checks import HALVES, check_mode, check_pair, note_autocast
from .engine import engine_scores
from .measure import StraightThrough, columns, finish, reach, smallest
from .model import Feature, Regression
from .motion import MotionOptions


class _Chunked(torch.autograd.Function):
    """`columns` a few frames at a time; the backward pass makes each stretch again.

    Nothing of a clip's size is allocated but the gradients asked for.
    """

    @staticmethod
    def forward(ctx: Any, ref: Tensor, dist: Tensor, chunk: int, how: tuple[Any, ...]) -> Tensor:
        ctx.save_for_backward(ref, dist)
        ctx.chunk, ctx.how = chunk, how
        pieces = [
            columns(ref[clip, first:stop], dist[clip, begin:stop], begin - first, *how)
            for clip, first, begin, stop in _pieces(dist, chunk, reach(how[0]))
        ]
        return torch.cat(pieces, 1).view(*dist.shape[:2], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        ref, dist = ctx.saved_tensors
        wanted = ctx.needs_input_grad[:2]
        totals = [torch.zeros_like(x) if w else None for x, w in zip((ref, dist), wanted, strict=True)]
        for clip, first, begin, stop in _pieces(dist, ctx.chunk, reach(ctx.how[0])):
            r, d = ref[clip, first:stop].detach(), dist[clip, begin:stop].detach()
            r.requires_grad_(wanted[0])
            d.requires_grad_(wanted[1])
            with torch.enable_grad():
                values = columns(r, d, begin - first, *ctx.how)
            parts = [x for x, w in zip((r, d), wanted, strict=True) if w]
            made = iter(torch.autograd.grad(values, parts, grad[clip, begin:stop], allow_unused=True))
            for total, begins in zip(totals, (first, begin), strict=True):
                if total is not None and (part := next(made)) is not None:
                    total[clip, begins:stop] += part
        return totals[0], totals[1], None, None


def _pieces(dist: Tensor, chunk: int, gap: int) -> Iterator[tuple[slice, int, int, int]]:
    """Stretches in order: the clip, the first frame motion reads, begin and end."""
    clips, frames = dist.shape[:2]
    for clip in range(clips):
        for begin in range(0, frames, chunk):
            yield slice(clip, clip + 1), max(0, begin - gap), begin, min(frames, begin + chunk)


class VMAF(nn.Module):
    """VMAF of a distorted clip against its reference.

    Args:
        model: a built-in model's name or the path of a model file.
        mode: what the forward pass computes; the gradient is always that of "smooth".
            "smooth" is the floating-point definition; "quantised" is every
            rounding of the fixed-point kernels, on samples rounded to
            `bit_depth` bits; "exact" is the C engine itself.
        clip: bring scores into the model's range, where the gradient is zero.
        transform: apply the model's score transform even if the file has it off.
        bit_depth: of the samples in quantised and exact mode. Values are in
            0..255 at any depth: a 10-bit sample counts quarters.
        chunk: frames at a time. Memory then holds one such stretch besides the
            clip and its gradient, for one more forward pass.
        validate: look at the values of the tensors, not only at their form.

    Shapes are [N, 1, H, W] for N frames of one clip, or [B, T, 1, H, W].
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "vmaf_v0.6.1",
        *,
        mode: str = "smooth",
        clip: bool = False,
        transform: bool = False,
        bit_depth: int = 8,
        chunk: int | None = None,
        validate: bool = True,
    ) -> None:
        super().__init__()
        check_mode(mode, bit_depth)
        if chunk is not None and (isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1):
            raise ValueError(f"chunk is {chunk!r}; allowed: None, or frames from 1")
        self.regression = Regression(model, clip=clip, transform=transform)
        self.mode, self.bit_depth, self.chunk, self.validate = mode, bit_depth, chunk, validate
        if clip:
            warnings.warn(
                "clip=True: scores at the ends of the model's range have a zero gradient; train with clip=False",
                stacklevel=2,
            )

    @property
    def inputs(self) -> list[Feature]:
        """The features of the model, in its order."""
        return self.regression.inputs

    def forward(self, ref: Tensor, dist: Tensor) -> Tensor:
        """Scores [N] or [B, T]; binary64 unless smooth."""
        return self._score(self._features(ref, dist))

    def features(self, ref: Tensor, dist: Tensor) -> dict[str, Tensor]:
        """What the model is fed, [N] or [B, T] each, by published name."""
        values = self._features(ref, dist)
        names = (feature.name for feature in self.inputs)
        return dict(zip(names, values.unbind(-1), strict=True))

    def stream(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> Iterator[Tensor]:
        """Scores of the stretches [n, 1, H, W] of one clip, in time order.

        A stretch is measured once the next one is seen, because motion looks
        one frame ahead. Gradients with respect to `ref` stop at its ends.
        """
        motions = [f.options for f in self.inputs if isinstance(f.options, MotionOptions)]
        if any(m.motion_five_frame_window or m.motion_moving_average for m in motions):
            raise ValueError(f"model {self.regression.name}: its motion needs the whole clip")
        stretches = iter(pairs)
        current = next(stretches, None)
        before: Tensor | None = None  # the frame and the row just before the current stretch
        earlier: Tensor | None = None
        while current is not None:
            ref, dist = current
            if ref.dim() != 4:
                raise ValueError(f"ref has shape {tuple(ref.shape)}; allowed: [n, 1, H, W]")
            check_pair(ref, dist, smallest(self.inputs), self.validate)
            current = next(stretches, None)
            whole = ref if before is None else torch.cat((before, ref))
            rows = self._columns(whole[None], dist[None])[0]
            parts = [] if earlier is None else [earlier]
            parts.append(rows)
            if current is not None:
                parts.append(self._peek(torch.cat((ref[-1:], current[0][:1])).detach()))
            values = finish(torch.cat(parts), self.inputs)
            skip = len(parts[0]) if earlier is not None else 0
            yield self._score(values[skip : skip + len(rows)])
            before, earlier = ref[-1:].detach(), rows[-1:].detach()

    def _peek(self, frames: Tensor) -> Tensor:
        """The row [1, K] of the second of two frames, of which only motion is made."""
        row = [
            self._columns(frames[None], frames[None, 1:], [f])[0] if f.extractor == "motion" else frames.new_zeros(1, 1)
            for f in self.inputs
        ]
        return torch.cat(row, 1)

    def _features(self, ref: Tensor, dist: Tensor) -> Tensor:
        """Published values [N, K] or [B, T, K]."""
        check_pair(ref, dist, smallest(self.inputs), self.validate)
        clips = (ref, dist) if ref.dim() == 5 else (ref[None], dist[None])
        note_autocast(ref.device)
        with torch.autocast(ref.device.type, enabled=False):
            values = finish(self._columns(*clips), self.inputs)
        return values if ref.dim() == 5 else values[0]

    def _columns(self, ref: Tensor, dist: Tensor, features: list[Feature] | None = None) -> Tensor:
        """Raw columns [B, T, K]; `ref` may have frames in front of those of `dist`."""
        if ref.dtype in HALVES or dist.dtype in HALVES:
            ref, dist = ref.float(), dist.float()
        how = (features or self.inputs, self.mode, self.bit_depth)
        if self.chunk is None or dist.shape[:2].numel() <= self.chunk:
            return columns(ref, dist, ref.shape[1] - dist.shape[1], *how)
        return _Chunked.apply(ref, dist, self.chunk, how)

    def _score(self, values: Tensor) -> Tensor:
        score: Tensor = self.regression(values)
        if self.mode == "smooth":
            return score.to(values.dtype)
        if self.mode == "exact":
            exact = engine_scores(values.detach(), self.regression)
            score = StraightThrough.apply(score, exact)
        return score

    def extra_repr(self) -> str:
        shown = f"{self.regression.name!r}, mode={self.mode!r}"
        return shown if self.chunk is None else f"{shown}, chunk={self.chunk}"
