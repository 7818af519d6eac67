# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Stretches of frames in, one column a feature out, in each of the three modes.

A motion column holds raw frame differences here; `finish` makes the published
series once the whole clip is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from . import adm, motion, vif
from .adm import AdmOptions
from .checks import check_grid
from .constants import SCALES
from .engine import engine_columns
from .model import Feature, VifOptions
from .motion import MotionOptions


class StraightThrough(torch.autograd.Function):
    """The value of one tensor with the gradient of another."""

    generate_vmap_rule = True

    @staticmethod
    def forward(smooth: Tensor, value: Tensor) -> Tensor:
        return value.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.dtype = inputs[0].dtype

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return grads[0].to(ctx.dtype), None


def smallest(features: Sequence[Feature]) -> int:
    """Least width and height these features are defined for."""
    sizes = {"adm": adm.MIN_SIZE, "vif": vif.MIN_SIZE, "motion": motion.MIN_SIZE}
    return max(sizes[feature.extractor] for feature in features)


def reach(features: Sequence[Feature]) -> int:
    """How many earlier frames motion looks back."""
    gaps = [f.options.distance for f in features if isinstance(f.options, MotionOptions)]
    return max(gaps, default=0)


def columns(ref: Tensor, dist: Tensor, before: int, features: Sequence[Feature], mode: str, bit_depth: int) -> Tensor:
    """Per-frame values [B, T, K] of clips `dist` [B, T, 1, H, W].

    `ref` has `before` more frames in front: those that motion looks back at.
    """
    wanted = torch.is_grad_enabled() and (ref.requires_grad or dist.requires_grad)
    smooth = None
    if mode == "smooth" or wanted:
        r, d = (x if x.is_floating_point() else x.float() for x in (ref, dist))
        smooth = _columns(r, d, before, features, _SMOOTH)
        if mode == "smooth":
            return smooth
    with torch.no_grad():
        if mode == "exact":
            check_grid("ref", ref, bit_depth)
            check_grid("dist", dist, bit_depth)
            value = engine_columns(ref, dist, before, features, bit_depth)
        else:
            r, d = (_samples(x, bit_depth) for x in (ref, dist))
            value = _columns(r, d, before, features, _fixed(bit_depth))
    if smooth is None:
        return value
    return StraightThrough.apply(smooth, value)


def _samples(x: Tensor, bit_depth: int) -> Tensor:
    """The nearest samples of `bit_depth` bits, integers in binary64."""
    top = 2.0**bit_depth - 1.0
    return (x.double() * 2.0 ** (bit_depth - 8)).round().clamp(0.0, top)


# The extractors of one form: (ref, dist, options) and (earlier, current), on planes [N, 1, H, W].
_Form = tuple[
    Callable[[Tensor, Tensor, VifOptions], Tensor],
    Callable[[Tensor, Tensor, AdmOptions, bool], adm.AdmSums],
    Callable[[Tensor, Tensor], Tensor],
]

_SMOOTH: _Form = (
    lambda ref, dist, options: vif.smooth(ref, dist, options.vif_enhn_gain_limit),
    adm.smooth,
    motion.smooth,
)


def _fixed(bit_depth: int) -> _Form:
    return (
        lambda ref, dist, options: vif.fixed(ref, dist, options.vif_enhn_gain_limit, bit_depth),
        lambda ref, dist, options, with_aim: adm.fixed(ref, dist, options, bit_depth),
        lambda earlier, current: motion.fixed(earlier, current, bit_depth),
    )


def _columns(ref: Tensor, dist: Tensor, before: int, features: Sequence[Feature], form: _Form) -> Tensor:
    clips, frames = dist.shape[:2]
    size = (dist.shape[-1], dist.shape[-2])
    r, d = ref[:, before:].flatten(0, 1), dist.flatten(0, 1)
    made: dict[Any, dict[str, Tensor]] = {}
    for feature in features:
        options = feature.options
        if options in made:
            continue
        if isinstance(options, VifOptions):
            ratios = form[0](r, d, options)
            made[options] = {f"vif_scale{s}": ratios[:, s] for s in range(SCALES)}
            if options.vif_skip_scale0:
                made[options]["vif_scale0"] = ratios[:, 0] * 0.0
        elif isinstance(options, AdmOptions):
            with_aim = any(f.options == options and f.value in ("aim", "adm3") for f in features)
            made[options] = adm.scores(form[1](r, d, options, with_aim), size, options)
        else:
            difference = _differences(ref, before, frames, options, form[2])
            made[options] = dict.fromkeys(("motion_sad", "motion2", "motion3"), difference)
    return torch.stack([made[f.options][f.value].reshape(clips, frames) for f in features], -1)


def _differences(
    ref: Tensor,
    before: int,
    frames: int,
    options: MotionOptions,
    measure: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """Raw differences [B, T] to the frame `distance` back; 0 where there is none."""
    gap = options.distance
    ref = ref[:, max(0, before - gap) :]
    clips, given = ref.shape[:2]
    missing = min(frames, gap - (given - frames))
    if missing == frames or options.motion_force_zero:
        return ref.new_zeros(clips, frames)
    scores = measure(ref[:, :-gap].flatten(0, 1), ref[:, gap:].flatten(0, 1)).view(clips, -1)
    return torch.cat((scores.new_zeros(clips, missing), scores), 1)


def finish(raw: Tensor, features: Sequence[Feature]) -> Tensor:
    """Published series of whole clips [..., T, K] from raw columns."""
    result = []
    for column, feature in zip(raw.unbind(-1), features, strict=True):
        options = feature.options
        if isinstance(options, MotionOptions):
            weighed = motion.weigh(column, options)
            second, third = motion.look_ahead(weighed, options)
            column = {"motion_sad": weighed, "motion2": second, "motion3": third}[feature.value]
        result.append(column)
    return torch.stack(result, -1)
