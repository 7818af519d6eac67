# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The regression of a model: from its features to the score."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..smooth.models import Machine, Model, Source, Transform, load
from .fixed import Fixed, Tables


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

    def tables(self) -> Tables:
        """The buffers' contents; machines with fewer vectors get some of weight 0."""
        return _tables(self.content)

    def forward(self, features: Tensor) -> Tensor:
        """Scores [...] of features [..., K]."""
        gamma, rho, slope, intercept = self.curve.unbind(-1)
        x = self._corrected(features.double().unsqueeze(-2)) * self.slopes + self.intercepts
        distance = (x.unsqueeze(-2) - self.support).square().sum(-1)
        raw = (torch.exp(-gamma.unsqueeze(-1) * distance) * self.weight).sum(-1) - rho
        y = ((raw - intercept) / slope).mean(-1)
        if self.content.transform is not None:
            y = self._transformed(y, self.content.transform)
        return y if self.range is None else y.clamp(*self.range)

    def _corrected(self, x: Tensor) -> Tensor:
        """Features [..., M, K] as each machine takes them, from [..., 1, K]; see `Correction`."""
        hows = [machine.correction for machine in self.content.machines]
        how = next((how for how in hows if how), None)  # all have the same features
        if how is None:
            return x
        parts = list(x.expand(*x.shape[:-2], len(hows), -1).unbind(-1))
        silent = (parts[how.target] == 0.0) & (self.chroma != 0.0)
        parts[how.target] = torch.where(silent, self.chroma * (1.0 - parts[how.guide]), parts[how.target])
        return torch.stack(parts, -1)

    def _transformed(self, y: Tensor, how: Transform) -> Tensor:
        p0, p1, p2 = how.powers
        result = p0 + p1 * y + p2 * y * y
        if how.knots:
            result = self._pieces(result)
        if how.not_above:
            result = torch.minimum(result, y)
        return torch.maximum(result, y) if how.not_below else result

    def _pieces(self, t: Tensor) -> Tensor:
        """Straight lines between the knots; the outer ones go on."""
        x, y = self.knots
        piece = (torch.searchsorted(x, t.detach().contiguous(), right=True) - 1).clamp(0, len(x) - 2)
        slope = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
        return y[piece] + slope[piece] * (t - x[piece])


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
