# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VMAF of tensors, differentiable."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..choices import CambiForm, Mode
from ..smooth.chroma import EXTRACTORS, check
from ..smooth.models import Feature
from ..smooth.options import MotionOptions
from . import chroma, operators
from .checks import check_cambi, check_mode, floats, full_precision, note_autocast
from .engine import engine_scores
from .measure import How, columns, finish, reach, smallest, straight_through
from .model import Regression
from .sides import Frames, Side, check_sides


class _ChunkSlopes(torch.autograd.Function):
    """The gradient of `_Chunked`: each stretch is made again, differentiated and dropped."""

    backward = staticmethod(operators.no_second)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Nothing is kept."""

    @staticmethod
    def forward(ref: Tensor, dist: Tensor, grad: Tensor, chunk: int, how: How, wanted: tuple[bool, bool]) -> Any:
        # Made from the gradient, so that they are batched if it is.
        totals = [
            grad.new_zeros(x.shape if want else (len(x), 0), dtype=x.dtype)
            for x, want in zip((ref, dist), wanted, strict=True)
        ]
        for clip, first, begin, stop in _pieces(dist, chunk, reach(how.features)):
            r, d = ref[clip, first:stop].detach(), dist[clip, begin:stop].detach()
            r.requires_grad_(wanted[0])
            d.requires_grad_(wanted[1])
            with torch.enable_grad(), full_precision(r.device):
                values = columns(r, d, begin - first, how)
            parts = [x for x, want in zip((r, d), wanted, strict=True) if want]
            made = iter(torch.autograd.grad(values, parts, grad[clip, begin:stop], allow_unused=True))
            for total, begins, want in zip(totals, (first, begin), wanted, strict=True):
                if want and (part := next(made)) is not None:
                    total[clip, begins:stop] += part
        return tuple(totals)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        """A mapped dimension is more clips."""
        return operators.more_frames(_ChunkSlopes.apply, info.batch_size, in_dims, inputs)


class _Chunked(torch.autograd.Function):
    """`columns` a few frames at a time; the backward pass makes each stretch again.

    Nothing of a clip's size is allocated but the gradients asked for.
    """

    @staticmethod
    def forward(ref: Tensor, dist: Tensor, chunk: int, how: How) -> Tensor:
        pieces = [
            columns(ref[clip, first:stop], dist[clip, begin:stop], begin - first, how)
            for clip, first, begin, stop in _pieces(dist, chunk, reach(how.features))
        ]
        return torch.cat(pieces, 1).view(*dist.shape[:2], -1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ref, dist, ctx.chunk, ctx.how = inputs
        ctx.save_for_backward(ref, dist)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        wanted = ctx.needs_input_grad[:2]
        made = _ChunkSlopes.apply(*ctx.saved_tensors, *grads, ctx.chunk, ctx.how, wanted)
        return *operators.given(made, wanted), None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        """A mapped dimension is more clips."""
        return operators.more_frames(_Chunked.apply, info.batch_size, in_dims, inputs)


_chunked = operators.applied(_Chunked)


class _Before(NamedTuple):
    """The frame and the raw row just before a stretch; None at the start of a clip."""

    frame: Tensor | None
    row: Tensor | None


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
        validate: look at the values of the tensors, not only at their form. Without
            it, frames with NaN or infinity score NaN.
        motion: frames belong to one clip. False: each stands alone, with no
            motion, as for batches of unrelated images.
        cambi: "engine": of v1's features, CAMBI is the engine's value at `bit_depth` and has no gradient.
            "smooth": it is a form of it that has one, in smooth mode in its value too.

    Frames are luma [N, 1, H, W], N of one clip, or [B, T, 1, H, W]; or planes (y, cb, cr) of
    such shapes, chroma in full size or subsampled by two. VMAF v1 needs planes
    (`rgb_to_planes` makes them of RGB); other models look at luma only.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "vmaf_v0.6.1",
        *,
        mode: Mode = "smooth",
        clip: bool = False,
        transform: bool = False,
        bit_depth: int = 8,
        chunk: int | None = None,
        validate: bool = True,
        motion: bool = True,
        cambi: CambiForm = "engine",
    ) -> None:
        super().__init__()
        check_mode(mode, bit_depth)
        check_cambi(cambi)
        if chunk is not None and (isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1):
            raise ValueError(f"chunk is {chunk!r}; allowed: None, or frames from 1")
        self.regression = Regression(model, clip=clip, transform=transform)
        self.mode, self.bit_depth, self.chunk = mode, bit_depth, chunk
        self.validate, self.motion, self.cambi = validate, motion, cambi
        if clip:
            warnings.warn(
                "clip=True: scores at the ends of the model's range have a zero gradient; train with clip=False",
                stacklevel=2,
            )

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The features of the model, in its order."""
        return self.regression.inputs

    @property
    def needs_chroma(self) -> bool:
        """Whether the model measures chroma, so that frames must be planes."""
        return any(feature.extractor == "speed_chroma" for feature in self.inputs)

    def forward(self, ref: Frames, dist: Frames) -> Tensor:
        """Scores [N] or [B, T]; binary64 unless smooth."""
        return self._score(self._features(ref, dist))

    def features(self, ref: Frames, dist: Frames) -> dict[str, Tensor]:
        """What the model is fed, [N] or [B, T] each, by published name."""
        values = self._features(ref, dist)
        names = (feature.name for feature in self.inputs)
        return dict(zip(names, values.unbind(-1), strict=True))

    def stream(self, pairs: Iterable[tuple[Frames, Frames]]) -> Iterator[Tensor]:
        """Scores of the stretches [n, 1, H, W] of one clip, or planes of them, in time order.

        A stretch is measured once the next one is seen, because motion looks
        one frame ahead. Gradients with respect to `ref` stop at its ends.
        """
        if not self.motion:
            yield from (self(ref, dist) for ref, dist in pairs)
            return
        motions = [f.options for f in self.inputs if isinstance(f.options, MotionOptions)]
        if any(m.motion_five_frame_window or m.motion_moving_average for m in motions):
            raise ValueError(f"model {self.regression.name}: its motion needs the whole clip")
        stretches = iter(pairs)
        current = next(stretches, None)
        before = _Before(None, None)
        while current is not None:
            ref, dist = Side.of("ref", current[0]), Side.of("dist", current[1])
            if ref.luma.dim() != 4:
                raise ValueError(f"ref has shape {tuple(ref.luma.shape)}; allowed: [n, 1, H, W]")
            finite = self._checked(ref, dist)
            current = next(stretches, None)
            after = None if current is None else Side.of("ref", current[0]).luma[:1]
            rows, scores = self._stretch((ref, dist), before, after, finite)
            yield scores
            before = _Before(ref.luma[-1:].detach(), rows[-1:].detach())

    def _checked(self, ref: Side, dist: Side) -> bool:
        """Raise for what cannot be measured; whether all values are known to be finite."""
        finite = check_sides(ref, dist, smallest(self.inputs), self.validate)
        plane = ref.chroma[0] if ref.chroma else None
        check(self.inputs, ref.luma.shape[-2:], plane, f"model {self.regression.name}")
        note_autocast(ref.luma, dist.luma)
        return finite

    def _stretch(
        self, sides: tuple[Side, Side], before: _Before, after: Tensor | None, finite: bool
    ) -> tuple[Tensor, Tensor]:
        """Raw rows [n, K] and scores [n] of a stretch; `after` is the frame that follows."""
        with full_precision(sides[0].luma.device):
            rows, values = self._rows(*sides, before, after, finite)
        return rows, self._score(values)

    def _rows(
        self, ref: Side, dist: Side, before: _Before, after: Tensor | None, finite: bool
    ) -> tuple[Tensor, Tensor]:
        """Raw rows and published values [n, K] of a stretch."""
        whole = ref
        if before.frame is not None:
            whole = replace(ref, luma=torch.cat((floats(before.frame), floats(ref.luma))))
        clips = [side.map(lambda x: x[None]) for side in (whole, dist)]
        rows = self._columns(clips[0], clips[1], self._how(finite))[0]
        parts = [rows] if before.row is None else [before.row, rows]
        if after is not None:
            parts.append(self._peek(torch.cat((floats(ref.luma[-1:]), floats(after))).detach(), finite))
        values = finish(torch.cat(parts), self.inputs)
        skip = 0 if before.row is None else 1
        return rows, values[skip : skip + len(rows)]

    def _peek(self, frames: Tensor, finite: bool) -> Tensor:
        """The row [1, K] of the second of two frames, of which only motion is made."""
        clip, second = Side(frames[None], ()), Side(frames[None, 1:], ())
        row = [
            self._columns(clip, second, replace(self._how(finite), features=[f]))[0]
            if f.extractor == "motion"
            else frames.new_zeros(1, 1)
            for f in self.inputs
        ]
        return torch.cat(row, 1)

    def _features(self, ref: Frames, dist: Frames) -> Tensor:
        """Published values [N, K] or [B, T, K]."""
        r, d = Side.of("ref", ref), Side.of("dist", dist)
        finite = self._checked(r, d)
        shape = d.luma.shape[:-3]
        if not self.motion:  # clips of one frame
            r, d = (side.map(lambda x: x.reshape(-1, 1, *x.shape[-3:])) for side in (r, d))
        elif len(shape) == 1:
            r, d = (side.map(lambda x: x[None]) for side in (r, d))
        with full_precision(d.luma.device):
            values = finish(self._columns(r, d, self._how(finite)), self.inputs)
        return values.reshape(*shape, -1)

    def _how(self, finite: bool) -> How:
        return How(self.inputs, self.mode, self.bit_depth, finite, self.cambi)

    def _columns(self, ref: Side, dist: Side, how: How) -> Tensor:
        """Raw columns [B, T, K]; luma of `ref` may have frames in front of those of `dist`."""
        of_luma = replace(how, features=[f for f in how.features if f.extractor not in EXTRACTORS])
        made = self._luma_columns(ref.luma, dist.luma, of_luma)
        if len(of_luma.features) == len(how.features):
            return made
        rest = replace(how, features=[f for f in how.features if f.extractor in EXTRACTORS])
        others = chroma.columns(ref, dist, rest)
        sources = dict(zip((*of_luma.features, *rest.features), torch.cat((made, others), -1).unbind(-1), strict=True))
        return torch.stack([sources[f] for f in how.features], -1)

    def _luma_columns(self, ref: Tensor, dist: Tensor, how: How) -> Tensor:
        # A compiler plans memory itself.
        if self.chunk is None or torch.compiler.is_compiling() or dist.shape[:2].numel() <= self.chunk:
            return columns(ref, dist, ref.shape[1] - dist.shape[1], how)
        made: Tensor = _chunked(floats(ref), floats(dist), self.chunk, how)
        return made

    def _score(self, values: Tensor) -> Tensor:
        with full_precision(values.device):
            score: Tensor = self.regression(values)
        if self.mode == "smooth":
            return score.to(values.dtype)
        if self.mode == "exact":
            exact = engine_scores(values.detach(), self.regression)
            score = straight_through(score, exact)
        return score

    def extra_repr(self) -> str:
        """What stands in the module's repr."""
        shown = f"{self.regression.name!r}, mode={self.mode!r}"
        return shown if self.chunk is None else f"{shown}, chunk={self.chunk}"
