# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The regression of a model: from its features to the score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..smooth.models import Correction, Machine, Model, Source, Transform, load
from ..smooth.regression import score
from .fixed import Fixed, Tables
from .operators import declare


@dataclass(frozen=True)
class _How:
    """What the tables do not say of a model."""

    correction: tuple[int, int] | None  # positions of guide and target, see `Correction`
    transform: tuple[tuple[float, float, float], bool, bool] | None  # powers; not above, not below
    range: tuple[float, float] | None

    @staticmethod
    def of(model: Model) -> _How:
        how = next((m.correction for m in model.machines if m.correction), None)  # all have the same features
        t = model.transform
        return _How(
            (how.guide, how.target) if how else None,
            (t.powers, t.not_above, t.not_below) if t else None,
            model.range,
        )


@lru_cache(maxsize=32)
def _read(text: str) -> _How:
    correction, transform, bounds = json.loads(text)
    return _How(correction, transform, bounds)


class Regression(Fixed):
    """From features to the score: normalisation, support vectors, transform, clip.

    Always in binary64: it is a few thousand operations per frame, and the slopes
    of the models would cost binary32 two digits. Of a bootstrap collection it is
    the mean of the members, as the engine's bagging score.
    """

    support: Tensor  # [M, V, K], of M machines
    weight: Tensor  # [M, V]
    slopes: Tensor  # [M, K]
    intercepts: Tensor  # [M, K]
    curve: Tensor  # [M, 4]: gamma, rho, slope, intercept
    chroma: Tensor  # [M]: scale of the chroma correction; 0: none
    knots: Tensor  # [2, J]

    def __init__(self, model: Source, *, clip: bool = False, transform: bool = False) -> None:
        # Before nn.Module's own attributes: what it holds is no tensor.
        self.content = load(model, clip=clip, transform=transform)
        super().__init__()
        self.name, self.inputs = self.content.name, self.content.features
        self.range = self.content.range if clip else None
        self.clip, self.transform = self.range is not None, transform
        self.how = _How.of(self.content)
        self.text = json.dumps([self.how.correction, self.how.transform, self.how.range])

    def tables(self) -> Tables:
        """The buffers' contents; machines with fewer vectors get some of weight 0."""
        return _tables(self.content)

    def forward(self, features: Tensor) -> Tensor:
        """Scores [...] of features [..., K]."""
        given = [self.support, self.weight, self.slopes, self.intercepts, self.curve, self.chroma, self.knots]
        if not torch.compiler.is_compiling() or features.device.type != "cpu":
            return _scores(features, given, self.how)
        # A compiler would have seconds of work with what takes microseconds.
        made: Tensor = _Node.apply(features, given, self.text)[0]
        return made


def _scores(features: Tensor, tables: Sequence[Tensor], how: _How) -> Tensor:
    support, weight, slopes, intercepts, curve, chroma, knots = tables
    gamma, rho, slope, intercept = curve.unbind(-1)
    x = _corrected(features.double().unsqueeze(-2), chroma, how) * slopes + intercepts
    distance = (x.unsqueeze(-2) - support).square().sum(-1)
    raw = (torch.exp(-gamma.unsqueeze(-1) * distance) * weight).sum(-1) - rho
    y = ((raw - intercept) / slope).mean(-1)
    if how.transform is not None:
        y = _transformed(y, knots, *how.transform)
    return y if how.range is None else y.clamp(*how.range)


def _corrected(x: Tensor, chroma: Tensor, how: _How) -> Tensor:
    """Features [..., M, K] as each machine takes them, from [..., 1, K]; see `Correction`."""
    if how.correction is None:
        return x
    guide, target = how.correction
    parts = list(x.expand(*x.shape[:-2], len(chroma), -1).unbind(-1))
    silent = (parts[target] == 0.0) & (chroma != 0.0)
    parts[target] = torch.where(silent, chroma * (1.0 - parts[guide]), parts[target])
    return torch.stack(parts, -1)


def _transformed(
    y: Tensor, knots: Tensor, powers: tuple[float, float, float], not_above: bool, not_below: bool
) -> Tensor:
    p0, p1, p2 = powers
    result = p0 + p1 * y + p2 * y * y
    if knots.numel():
        result = _pieces(result, *knots)
    if not_above:
        result = torch.minimum(result, y)
    return torch.maximum(result, y) if not_below else result


def _pieces(t: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Straight lines between the knots; the outer ones go on."""
    piece = (torch.searchsorted(x, t.detach().contiguous(), right=True) - 1).clamp(0, len(x) - 2)
    slope = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
    return y[piece] + slope[piece] * (t - x[piece])


# --- as one node of a compiled graph ------------------------------------------


def _content(tables: Sequence[Tensor], text: str) -> Model:
    """The model of these tables, as the NumPy form takes it."""
    how = _read(text)
    support, weight, slopes, intercepts, curve, chroma, knots = (x.numpy() for x in tables)
    machines = []
    for i, (gamma, rho, slope, intercept) in enumerate(curve):
        correction = Correction(chroma[i], *how.correction) if how.correction and chroma[i] else None
        machines.append(
            Machine(gamma, rho, weight[i], support[i], slopes[i], intercepts[i], slope, intercept, correction)
        )
    transform = None
    if how.transform is not None:
        powers, above, below = how.transform
        transform = Transform(powers, tuple(map(tuple, knots.T)), above, below)
    return Model("", "", (), tuple(machines), transform, how.range)


def _with_slopes(features: Tensor, tables: Sequence[Tensor], how: str) -> tuple[Tensor, Tensor]:
    with np.errstate(all="ignore"):  # of what is no number
        values, slopes = score(_content(tables, how), features.double().flatten(0, -2).numpy())
    return torch.from_numpy(values).view(features.shape[:-1]), torch.from_numpy(slopes).view(features.shape)


def _shapes(features: Tensor, tables: Sequence[Tensor], how: str) -> tuple[Tensor, Tensor]:
    scores = features.new_empty(features.shape[:-1], dtype=torch.float64)
    return scores, features.new_empty(features.shape, dtype=torch.float64)


_operator = declare("regression", _with_slopes, _shapes)


class _Node(torch.autograd.Function):
    @staticmethod
    def forward(features: Tensor, tables: list[Tensor], how: str) -> Any:
        return _operator(features, tables, how)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.mark_non_differentiable(output[1])
        ctx.dtype = inputs[0].dtype
        ctx.save_for_backward(output[1])

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *none: Any) -> tuple[Tensor, None, None]:
        (slopes,) = ctx.saved_tensors
        return (grad.unsqueeze(-1) * slopes).to(ctx.dtype), None, None


def _tables(model: Model) -> dict[str, np.ndarray]:
    """The buffers' contents; machines with fewer vectors get some of weight 0."""
    count = max(len(machine.weight) for machine in model.machines)

    def padded(machine: Machine) -> tuple[np.ndarray, np.ndarray]:
        more = count - len(machine.weight)
        return np.pad(machine.weight, (0, more)), np.pad(machine.support, ((0, more), (0, 0)))

    weight, support = (np.stack(column) for column in zip(*map(padded, model.machines), strict=True))
    knots = model.transform.knots if model.transform else ()
    return {
        "support": support,
        "weight": weight,
        "slopes": np.stack([machine.slopes for machine in model.machines]),
        "intercepts": np.stack([machine.intercepts for machine in model.machines]),
        "curve": np.array([[m.gamma, m.rho, m.slope, m.intercept] for m in model.machines]),
        "chroma": np.array([m.correction.scale if m.correction else 0.0 for m in model.machines]),
        "knots": np.array(knots, dtype=float).reshape(-1, 2).T.copy(),
    }
