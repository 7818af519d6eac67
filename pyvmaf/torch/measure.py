# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Stretches of frames in, one column a feature out, in each of the three modes.

A motion column holds raw frame differences here; `finish` makes the published
series once the whole clip is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from ..smooth.constants import SCALES
from ..smooth.models import Feature
from ..smooth.options import AdmOptions, MotionOptions, VifOptions
from . import adm, adm_fixed, luma, motion, operators, vif, vif_fixed
from .checks import check_grid, floats
from .engine import engine_columns
from .levels import Pair


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


#: (smooth, value): the value, with the gradient of what is smooth.
straight_through = operators.applied(StraightThrough)


def smallest(features: Sequence[Feature]) -> int:
    """Least width and height of luma that these features are defined for."""
    sizes = {"adm": adm.MIN_SIZE, "vif": vif.MIN_SIZE, "motion": motion.MIN_SIZE}
    return max(sizes.get(feature.extractor, 1) for feature in features)


def reach(features: Sequence[Feature]) -> int:
    """How many earlier frames motion looks back."""
    gaps = [f.options.distance for f in features if isinstance(f.options, MotionOptions)]
    return max(gaps, default=0)


@dataclass(frozen=True)
class How:
    """What to make of frames, and how.

    Attributes:
        features: the columns.
        mode: "smooth", "quantised" or "exact".
        bit_depth: of the samples in the last two.
        finite: the values were looked at; otherwise a frame with NaN or infinity gets NaN.
        cambi: "engine", or "smooth", which has a gradient.
    """

    features: Sequence[Feature]
    mode: str
    bit_depth: int
    finite: bool = True
    cambi: str = "engine"


def columns(ref: Tensor, dist: Tensor, before: int, how: How) -> Tensor:
    """Per-frame values [B, T, K] of clips `dist` [B, T, 1, H, W].

    `ref` has `before` more frames in front: those that motion looks back at.
    """
    ref, dist = floats(ref), floats(dist)
    values = _values(ref, dist, before, how)
    if how.finite or (how.mode == "smooth" and luma.takes(dist)):  # which marks them by itself
        return values
    return values * _numbers(ref, dist, before, how.features)


def _values(ref: Tensor, dist: Tensor, before: int, how: How) -> Tensor:
    wanted = torch.is_grad_enabled() and (ref.requires_grad or dist.requires_grad)
    wanted = wanted or _has_tangent(ref) or _has_tangent(dist)  # which the smooth form refuses
    smooth = None
    if how.mode == "smooth" or wanted:
        r, d = (x if x.is_floating_point() else x.float() for x in (ref, dist))
        smooth = luma.columns(r, d, how.features) if luma.takes(d) else _columns(r, d, before, how.features, _SMOOTH)
        if how.mode == "smooth":
            return smooth
    with torch.no_grad():
        if how.mode == "exact":
            check_grid("ref", ref, how.bit_depth)
            check_grid("dist", dist, how.bit_depth)
            value = engine_columns(ref, dist, before, how.features, how.bit_depth)
        else:
            r, d = (samples(x, how.bit_depth) for x in (ref, dist))
            value = _columns(r, d, before, how.features, _fixed(how.bit_depth))
    if smooth is None:
        return value
    made: Tensor = straight_through(smooth, value)
    return made


def _has_tangent(x: Tensor) -> bool:
    """Whether a derivative in forward mode is asked for."""
    if torch.compiler.is_compiling():
        return False
    return forward_ad.unpack_dual(x).tangent is not None


@torch.no_grad()
def numbers(planes: Sequence[Tensor]) -> Tensor:
    """1 where all planes [N, 1, ., .] of a frame hold numbers only, else NaN, [N]: to multiply values with."""
    finite = torch.stack([_all_finite(x[None])[0] for x in planes]).all(0)
    return torch.where(finite, 1.0, float("nan"))


@torch.no_grad()
def _numbers(ref: Tensor, dist: Tensor, before: int, features: Sequence[Feature]) -> Tensor:
    """1 where every sample behind a value is a number, else NaN, [B, T, K]: to multiply values with."""
    r, d = (_all_finite(x) for x in (ref, dist))
    both = r[:, before:] & d
    made = []
    for feature in features:
        one = both
        if isinstance(feature.options, MotionOptions):
            gap = feature.options.distance
            earlier = r.roll(gap, 1)
            earlier[:, :gap] = True
            one = (r & earlier)[:, before:]
        made.append(torch.where(one, 1.0, float("nan")))
    return torch.stack(made, -1)


def _all_finite(x: Tensor) -> Tensor:
    """Whether each frame of [B, T, 1, H, W] holds finite numbers only, [B, T]; a sum tells in one pass."""
    if not x.is_floating_point():
        return torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
    return x.sum((-3, -2, -1)).isfinite()


def samples(x: Tensor, bit_depth: int) -> Tensor:
    """The nearest samples of `bit_depth` bits, integers in binary64."""
    top = 2.0**bit_depth - 1.0
    return (x.double() * 2.0 ** (bit_depth - 8)).round().clamp(0.0, top)


# The extractors of one form: (planes, options), planes [N, 1, H, W], and (earlier, current).
_Form = tuple[
    Callable[[Pair, VifOptions], Tensor],
    Callable[[Pair, AdmOptions, bool], adm.AdmSums],
    Callable[[Tensor, Tensor], Tensor],
]

_SMOOTH: _Form = (
    lambda planes, options: vif.smooth(planes, options.vif_enhn_gain_limit),
    adm.smooth,
    operators.motion,
)


def _fixed(bit_depth: int) -> _Form:
    return (
        lambda x, options: vif_fixed.fixed(x.ref, x.dist, options.vif_enhn_gain_limit, bit_depth),
        lambda x, options, with_aim: adm_fixed.fixed(x.ref, x.dist, options, bit_depth),
        lambda earlier, current: motion.fixed(earlier, current, bit_depth),
    )


def _columns(ref: Tensor, dist: Tensor, before: int, features: Sequence[Feature], form: _Form) -> Tensor:
    clips, frames = dist.shape[:2]
    # Plain numbers, so that a compiler makes a graph for each size: what bands hold follows from it
    # in ways that no formula of a symbol is good for.
    height, width = (len(range(n)) for n in dist.shape[-2:])
    size = (width, height)
    r, d = ref[:, before:].flatten(0, 1), dist.flatten(0, 1)
    planes = Pair.of(r, d) if form is _SMOOTH else Pair(r, d, r, d)
    made: dict[Any, dict[str, Tensor]] = {}
    for feature in features:
        options = feature.options
        if options in made:
            continue
        if isinstance(options, VifOptions):
            ratios = form[0](planes, options)
            made[options] = {f"vif_scale{s}": ratios[:, s] for s in range(SCALES)}
            if options.vif_skip_scale0:
                made[options]["vif_scale0"] = ratios[:, 0] * 0.0
        elif isinstance(options, AdmOptions):
            with_aim = any(f.options == options and f.value in ("aim", "adm3") for f in features)
            made[options] = adm.scores(form[1](planes, options, with_aim), size, options)
        elif isinstance(options, MotionOptions):
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
