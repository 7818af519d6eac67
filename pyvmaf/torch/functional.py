# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VIF, ADM, motion, SpEED of chroma and CAMBI by themselves.

Shapes, values, modes and `bit_depth` are those of `VMAF`; options are named as
the extractors name them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from ..choices import CambiForm, Mode
from ..smooth.chroma import check
from ..smooth.models import Feature
from ..smooth.options import VALUES
from ..smooth.options import options as checked
from . import chroma
from .checks import check_cambi, check_frames, check_mode, check_pair, full_precision, note_autocast
from .measure import How, columns, finish, smallest
from .sides import Frames, Side, check_sides


def _features(extractor: str, given: dict[str, Any]) -> list[Feature]:
    values = VALUES[extractor]
    chosen = checked(values[0], given)
    return [Feature(value, value, chosen) for value in values]


def _measured(ref: Tensor, dist: Tensor, how: How) -> dict[str, Tensor]:
    clips = (ref, dist) if ref.dim() == 5 else (ref[None], dist[None])
    note_autocast(ref, dist)
    with full_precision(ref.device):
        values = finish(columns(*clips, 0, how), how.features)
    values = values if ref.dim() == 5 else values[0]
    return {f.value: column for f, column in zip(how.features, values.unbind(-1), strict=True)}


def vif(
    ref: Tensor,
    dist: Tensor,
    *,
    mode: Mode = "smooth",
    bit_depth: int = 8,
    validate: bool = True,
    **options: Any,
) -> dict[str, Tensor]:
    """Visual information fidelity: vif_scale0 to vif_scale3, [N] or [B, T] each."""
    check_mode(mode, bit_depth)
    features = _features("vif", options)
    finite = check_pair(ref, dist, smallest(features), validate)
    return _measured(ref, dist, How(features, mode, bit_depth, finite))


def adm(
    ref: Tensor,
    dist: Tensor,
    *,
    mode: Mode = "smooth",
    bit_depth: int = 8,
    validate: bool = True,
    **options: Any,
) -> dict[str, Tensor]:
    """Detail loss: adm2, aim, adm3 and adm_scale0 to adm_scale3, [N] or [B, T] each."""
    check_mode(mode, bit_depth)
    features = _features("adm", options)
    finite = check_pair(ref, dist, smallest(features), validate)
    return _measured(ref, dist, How(features, mode, bit_depth, finite))


def motion(
    ref: Tensor,
    *,
    mode: Mode = "smooth",
    bit_depth: int = 8,
    validate: bool = True,
    **options: Any,
) -> dict[str, Tensor]:
    """Motion of a reference: motion_sad, motion2 and motion3, [N] or [B, T] each."""
    check_mode(mode, bit_depth)
    features = _features("motion", options)
    finite = check_frames("ref", ref, smallest(features), validate)
    return _measured(ref, ref, How(features, mode, bit_depth, finite))


def speed_chroma(
    ref: Frames,
    dist: Frames,
    *,
    mode: Mode = "smooth",
    bit_depth: int = 8,
    validate: bool = True,
    **options: Any,
) -> dict[str, Tensor]:
    """Loss of chroma's detail, of planes (y, cb, cr): speed_chroma_u, ..._v and ..._uv, [N] or [B, T] each.

    Luma tells the subsampling only.
    """
    features = _features("speed_chroma", options)
    return _of_sides(Side.of("ref", ref), Side.of("dist", dist), How(features, mode, bit_depth), validate)


def cambi(
    dist: Frames,
    *,
    form: CambiForm = "engine",
    mode: Mode = "smooth",
    bit_depth: int = 8,
    validate: bool = True,
    **options: Any,
) -> dict[str, Tensor]:
    """Banding of luma: cambi, [N] or [B, T], by the engine in every mode, without a gradient.

    `form="smooth"` has one, and in smooth mode a value of its own, see `VMAF`.
    """
    check_cambi(form)
    side = Side.of("dist", dist)
    return _of_sides(side, side, How(_features("cambi", options), mode, bit_depth, cambi=form), validate)


def _of_sides(ref: Side, dist: Side, how: How, validate: bool) -> dict[str, Tensor]:
    check_mode(how.mode, how.bit_depth)
    finite = check_sides(ref, dist, smallest(how.features), validate)
    check(how.features, ref.luma.shape[-2:], ref.chroma[0] if ref.chroma else None, how.features[0].extractor)
    note_autocast(ref.luma, dist.luma)
    many = dist.luma.dim() == 5
    if not many:
        ref, dist = (side.map(lambda x: x[None]) for side in (ref, dist))
    with full_precision(dist.luma.device):
        values = chroma.columns(ref, dist, replace(how, finite=finite))
    values = values if many else values[0]
    return {f.value: column for f, column in zip(how.features, values.unbind(-1), strict=True)}
