# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What VMAF v1 measures beside luma's detail and motion: SpEED of chroma, and CAMBI.

SpEED is differentiable. CAMBI counts equal codes: its derivative is zero wherever it has one, so
it is the engine's value, and a constant to every gradient, unless its smooth form is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from ..smooth import speed
from ..smooth.chroma import cropped
from ..smooth.engine import request
from ..smooth.models import Feature
from ..smooth.options import CambiOptions, SpeedOptions
from . import asked, cambi_smooth
from .checks import check_grid, floats
from .engine import engine_features
from .measure import How, numbers, samples, straight_through
from .operators import Slopes, applied, declare
from .sides import Side

_VALUES = ("speed_chroma_u", "speed_chroma_v", "speed_chroma_uv")
#: Frames that are binary64 at a time.
_FRAMES = 8


def columns(ref: Side, dist: Side, how: How) -> Tensor:
    """Values [B, T, K] of these features of clips of equal length; binary64 unless smooth."""
    clips = dist.luma.shape[:2]
    luma = floats(dist.luma).flatten(0, 1)
    planes = [floats(x).flatten(0, 1) for side in (ref, dist) for x in side.chroma]
    values = _values(luma, planes, how)
    if not how.finite:
        values = values * numbers([luma, *planes])[:, None]
    return values.reshape(*clips, -1)


def _values(luma: Tensor, planes: list[Tensor], how: How) -> Tensor:
    softly = how.cambi == "smooth"
    by_engine = [f for f in how.features if how.mode != "smooth" or (f.extractor == "cambi" and not softly)]
    if how.mode == "exact":
        for name, x in zip(("luma", "ref", "ref", "dist", "dist"), [luma, *planes], strict=False):
            check_grid(name, x, how.bit_depth)
    fixed = _by_engine(luma, planes, by_engine, how.bit_depth)
    wanted = torch.is_grad_enabled() and any(x.requires_grad for x in ([luma, *planes] if softly else planes))
    if how.mode != "smooth" and not wanted:
        return torch.stack([fixed[f] for f in how.features], -1)
    smooth = _smooth([cropped(luma.shape[-2:], x) for x in planes], how.features)
    if softly:
        real = luma if luma.is_floating_point() else luma.float()
        kinds = ((f, f.options) for f in how.features)
        smooth |= {f: cambi_smooth.score(real, how.bit_depth, o) for f, o in kinds if isinstance(o, CambiOptions)}
    made = []
    for feature in how.features:
        value = fixed.get(feature)
        if feature not in smooth:
            assert value is not None
            made.append(value if how.mode != "smooth" else value.to(_float(luma)))
        else:
            made.append(smooth[feature] if value is None else straight_through(smooth[feature], value))
    return torch.stack(made, -1)


def _float(x: Tensor) -> torch.dtype:
    return x.dtype if x.dtype == torch.float64 else torch.float32


# --- by the engine -----------------------------------------------------------


@torch.no_grad()
def _by_engine(luma: Tensor, planes: list[Tensor], features: Sequence[Feature], depth: int) -> dict[Feature, Tensor]:
    """Values [N] of the nearest samples of that many bits."""
    if not features:
        return {}
    with_chroma = any(feature.extractor != "cambi" for feature in features)
    given = [samples(x.detach(), depth) * 2.0 ** (8 - depth) for x in (luma, *(planes if with_chroma else ()))]
    made = _engine(*(given if with_chroma else [*given, None, None, None, None]), asked.written(features), depth)
    return dict(zip(features, made.unbind(-1), strict=True))


def _engine_values(
    luma: Tensor,
    ref_u: Tensor | None,
    ref_v: Tensor | None,
    dist_u: Tensor | None,
    dist_v: Tensor | None,
    features: str,
    bit_depth: int,
) -> Tensor:
    sides = [[x.squeeze(1) for x in (luma, u, v) if x is not None] for u, v in ((ref_u, ref_v), (dist_u, dist_v))]
    return engine_features(sides[0], sides[1], [request(f) for f in asked.read(features)], bit_depth)


def _engine_shapes(luma: Tensor, *rest: Any) -> Tensor:
    return luma.new_empty(luma.shape[0], len(asked.read(rest[-2])), dtype=torch.float64)


#: Values [N, K] that the engine gives to frames in 0..255 on the grid of so many bits; luma is the distorted side's.
_engine = declare("engine_features", _engine_values, _engine_shapes)


# --- SpEED -------------------------------------------------------------------


def _smooth(planes: list[Tensor], features: Sequence[Feature]) -> dict[Feature, Tensor]:
    """SpEED's values [N]."""
    made: dict[Any, dict[str, Tensor]] = {}
    found = {}
    for feature in features:
        options = feature.options
        if isinstance(options, SpeedOptions):
            if options not in made:
                real = [x if x.is_floating_point() else x.float() for x in planes]
                made[options] = dict(zip(_VALUES, _speed(*real, options.text).unbind(-1), strict=True))
            found[feature] = made[options][feature.value]
    return found


@lru_cache(maxsize=32)
def _axes(height: int, width: int, options: str, device: torch.device) -> tuple[speed.Axes, SpeedOptions]:
    how = SpeedOptions(json.loads(options))
    made = speed.Axes.of(height, width, how)
    with torch.inference_mode(False):
        sent = (torch.tensor(x, device=device) for x in (made.rows, made.cols, made.row_mean, made.col_mean))
        return speed.Axes(*sent), how


def _stretch(planes: Sequence[Tensor], at: slice, options: str) -> speed.Speed:
    """SpEED of some frames; what is no number is taken for grey, as the caller makes NaN of the value."""
    axes, how = _axes(*planes[0].shape[-2:], options, planes[0].device)
    ru, rv, du, dv = (x[at, 0].double().nan_to_num(128.0, 128.0, 128.0) - 128.0 for x in planes)
    return speed.Speed(torch, (ru, rv), (du, dv), axes, how)


def _stretches(count: int) -> list[slice]:
    return [slice(begin, min(count, begin + _FRAMES)) for begin in range(0, count, _FRAMES)]


def _speed_values(ref_u: Tensor, ref_v: Tensor, dist_u: Tensor, dist_v: Tensor, options: str) -> Tensor:
    planes = (ref_u, ref_v, dist_u, dist_v)
    rows = []
    for at in _stretches(len(ref_u)):
        values = _stretch(planes, at, options).values
        rows.append(torch.stack([values[name] for name in _VALUES], -1))
    return torch.cat(rows).to(ref_u.dtype)


def _speed_slopes(
    ref_u: Tensor, ref_v: Tensor, dist_u: Tensor, dist_v: Tensor, grad: Tensor, options: str, wanted: Sequence[bool]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    planes = (ref_u, ref_v, dist_u, dist_v)
    made = _slope_shapes(*planes, grad, options, wanted)
    for at in _stretches(len(ref_u)):
        some = _stretch(planes, at, options)
        given = dict(zip(_VALUES, grad[at].double().unbind(-1), strict=True))
        sides = some.slopes(given, (any(wanted[:2]), any(wanted[2:])))
        parts = [part for side in sides for part in side or (None, None)]
        for total, part in zip(made, parts, strict=True):
            if total.dim() > 2 and part is not None:
                total[at, 0] = part.to(total.dtype)
    return made


def _slope_shapes(*inputs: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    a, b, c, d = (
        x.new_empty(x.shape if want else (x.shape[0], 0)) for x, want in zip(inputs[:4], inputs[-1], strict=True)
    )
    return a, b, c, d


_speed_operator = declare("smooth_speed", _speed_values, lambda ref_u, *_: ref_u.new_empty(ref_u.shape[0], 3))
_speed_slopes_operator = declare("smooth_speed_slopes", _speed_slopes, _slope_shapes)


class _SpeedSlopes(Slopes):
    @staticmethod
    def forward(
        ref_u: Tensor, ref_v: Tensor, dist_u: Tensor, dist_v: Tensor, grad: Tensor, options: str, wanted: list[bool]
    ) -> Any:
        return _speed_slopes_operator(ref_u, ref_v, dist_u, dist_v, grad, options, wanted)


class _Speed(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(ref_u: Tensor, ref_v: Tensor, dist_u: Tensor, dist_v: Tensor, options: str) -> Any:
        return _speed_operator(ref_u, ref_v, dist_u, dist_v, options)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        *planes, ctx.options = inputs
        ctx.save_for_backward(*planes)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        wanted = ctx.needs_input_grad[:4]
        made = _SpeedSlopes.apply(*ctx.saved_tensors, *grads, ctx.options, list(wanted))
        return *(slope if want else None for slope, want in zip(made, wanted, strict=True)), None


_speed = applied(_Speed)
