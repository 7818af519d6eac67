# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Models as the engine read them: which inputs, scaled how, into which regression."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .._ffi import CData, call, ffi, lib, text
from ..engine.model import VmafModel, VmafModelCollection, any_from_path, builtin_models
from ..enums import ModelFlags
from .options import EXTRACTOR, Options, options, quantity

Doubles = npt.NDArray[np.float64]
Source = str | os.PathLike[str]


@dataclass(frozen=True)
class Feature:
    """One input of a model."""

    name: str  # as logs publish it
    value: str  # the part of it that names a quantity, e.g. "adm2"
    options: Options

    @property
    def extractor(self) -> str:
        """Which extractor it comes from."""
        return EXTRACTOR[self.value]


@dataclass(frozen=True)
class Transform:
    """How a score goes on: a polynomial, then pieces between knots, then bounds by the score itself."""

    powers: tuple[float, float, float]  # of y^0, y^1, y^2
    knots: tuple[tuple[float, float], ...]
    not_above: bool
    not_below: bool


@dataclass(frozen=True)
class Correction:
    """Chroma without a score says nothing; it takes its value from luma.

    A target that is exactly 0 becomes scale * (1 - guide).
    """

    scale: float
    guide: int  # position among the features
    target: int


@dataclass(frozen=True)
class Machine:
    """The support vectors of one model, with the scaling of its inputs and its score.

    raw = sum(weight * exp(-gamma * |slopes * x + intercepts - support|^2)) - rho
    score = (raw - intercept) / slope
    """

    gamma: float
    rho: float
    weight: Doubles  # [V]
    support: Doubles  # [V, K]
    slopes: Doubles  # [K]
    intercepts: Doubles  # [K]
    slope: float
    intercept: float
    correction: Correction | None


@dataclass(frozen=True)
class Model:
    """A model, or the members of a bootstrap collection, whose mean is the score."""

    source: Source
    name: str
    features: tuple[Feature, ...]
    machines: tuple[Machine, ...]
    transform: Transform | None
    range: tuple[float, float] | None


def feature(stored: str, given: dict[str, Any], source: str, name: str | None = None) -> Feature:
    """A model file's feature and options; published as `name`, which is `stored` when there is none.

    Raises:
        ValueError: there is no differentiable form of this feature.
    """
    value = quantity(stored)
    if not value:
        known = ", ".join(sorted(EXTRACTOR))
        raise ValueError(f"{source}: feature {stored} has no differentiable form; there is one of integer {known}")
    try:
        chosen = options(value, given)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None
    return Feature(name or stored, value, chosen)


def load_engine(source: Source, flags: ModelFlags) -> VmafModel | VmafModelCollection:
    """The engine's model: a built-in name, or the path of a JSON file.

    Raises:
        ValueError: the name is unknown or the file holds no model; the message says what is wrong.
    """
    if Path(source).suffix == ".json":
        return any_from_path(source, flags=flags)
    names = builtin_models()
    if source not in names:
        usable = [name for name in names if "float" not in name]
        raise ValueError(f"model {str(source)!r} is unknown; built in: {', '.join(usable)}; or a .json path")
    try:
        return VmafModel(str(source), flags=flags)
    except ValueError:
        return VmafModelCollection(str(source), flags=flags)


def flags(clip: bool, transform: bool) -> ModelFlags:
    """How the engine loads a model whose score is clipped and transformed, or not."""
    made = ModelFlags.DEFAULT if clip else ModelFlags.DISABLE_CLIP
    return made | ModelFlags.ENABLE_TRANSFORM if transform else made


def load(source: Source, *, clip: bool, transform: bool) -> Model:
    """A model by name or path.

    Args:
        source: the name of a built-in model, or the path of a JSON file.
        clip: keep the model's range.
        transform: apply its score transform even where the file has it off.

    Raises:
        ValueError: no such model, or one with features that have no differentiable form.
    """
    made = load_engine(source, flags(clip, transform))
    name = Path(source).stem if Path(source).suffix == ".json" else str(source)
    if isinstance(made, VmafModelCollection):
        members: list[CData] = []
        while member := call.pyvmaf_model_member_at(made._open, len(members)):
            members.append(member)
    else:
        members = [made._open]
    views = [_view(member) for member in members]
    rows = [[_row(member, i) for i in range(view.feature_cnt)] for member, view in zip(members, views, strict=True)]
    inputs = tuple(
        feature(text(row.name) or "", _given(members[0], i), name, call.pyvmaf_feature_alias(row.published))
        for i, row in enumerate(rows[0])
    )
    machines = tuple(_machine(view, row) for view, row in zip(views, rows, strict=True))
    first = views[0]
    bounds = (first.clip_min, first.clip_max) if first.clips else None
    return Model(source, name, inputs, machines, _transform(first), bounds)


def _view(model: CData) -> CData:
    view = ffi.new("PyvmafModelView *")
    call.pyvmaf_model_view(model, view)
    return view


def _row(model: CData, position: int) -> CData:
    row = ffi.new("PyvmafModelFeature *")
    call.pyvmaf_model_feature(model, position, row)
    return row


def _given(model: CData, position: int) -> dict[str, str]:
    """Options of an input, as text."""
    key, value = ffi.new("const char **"), ffi.new("const char **")
    found: dict[str, str] = {}
    while not lib.pyvmaf_model_option(model, position, len(found), key, value):
        found[text(key[0]) or ""] = text(value[0]) or ""
    return found


def _machine(view: CData, rows: Sequence[CData]) -> Machine:
    count, width = view.vector_cnt, view.width
    support = np.frombuffer(ffi.buffer(view.vector, 8 * count * width)).reshape(count, width)
    weight = np.frombuffer(ffi.buffer(view.coefficient, 8 * count))
    inputs = len(rows)
    if width > inputs and support[:, inputs:].any():
        raise ValueError(f"the model's vectors have {width} values for {inputs} features")
    return Machine(
        view.gamma, view.rho, weight.copy(), support[:, :inputs].copy(),
        np.array([row.slope for row in rows]), np.array([row.intercept for row in rows]),
        view.slope, view.intercept,
        Correction(view.chroma, view.chroma_guide, view.chroma_target) if view.chroma else None,
    )  # fmt: skip


def _transform(view: CData) -> Transform | None:
    if not view.transforms:
        return None
    knots = tuple((view.knot[2 * i], view.knot[2 * i + 1]) for i in range(view.knot_cnt))
    p0, p1, p2 = view.power
    return Transform((p0, p1, p2), knots, bool(view.not_above), bool(view.not_below))
