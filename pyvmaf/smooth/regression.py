# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Scores of features and their slopes, on NumPy arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .kernels import Doubles
from .models import Correction, Machine, Model, Transform


def score(model: Model, features: Doubles) -> tuple[Doubles, Doubles]:
    """Scores [N] of features [N, K], and their derivatives by these [N, K]."""
    values, slopes = (np.mean(column, 0) for column in zip(*(_raw(m, features) for m in model.machines), strict=True))
    if model.transform is not None:
        values, factor = _transformed(values, model.transform)
        slopes = slopes * factor[:, None]
    if model.range is not None:
        low, high = model.range
        slopes = slopes * ((values >= low) & (values <= high))[:, None]
        values = np.clip(values, low, high)
    return values, slopes


def _raw(machine: Machine, features: Doubles) -> tuple[Doubles, Doubles]:
    """What one machine says before transform and clip."""
    if machine.correction is not None:
        return _corrected(machine, features, machine.correction)
    away = (features * machine.slopes + machine.intercepts)[:, None] - machine.support
    near = np.exp(-machine.gamma * np.square(away).sum(-1)) * machine.weight
    values = (near.sum(-1) - machine.rho - machine.intercept) / machine.slope
    slopes = (-2.0 * machine.gamma / machine.slope) * np.einsum("nv,nvk->nk", near, away) * machine.slopes
    return values, slopes


def _corrected(machine: Machine, features: Doubles, how: Correction) -> tuple[Doubles, Doubles]:
    """The same where chroma without a score takes its value from luma."""
    silent = features[:, how.target] == 0.0
    features = features.copy()
    features[silent, how.target] = how.scale * (1.0 - features[silent, how.guide])
    values, slopes = _raw(replace(machine, correction=None), features)
    slopes[silent, how.guide] -= how.scale * slopes[silent, how.target]
    slopes[silent, how.target] = 0.0
    return values, slopes


def _transformed(y: Doubles, how: Transform) -> tuple[Doubles, Doubles]:
    """Transformed scores and the factor of their slopes."""
    p0, p1, p2 = how.powers
    t, slope = p0 + p1 * y + p2 * y * y, p1 + 2.0 * p2 * y
    if how.knots:
        xs, ys = np.array(how.knots).T
        piece = np.clip(np.searchsorted(xs, t, "right") - 1, 0, len(xs) - 2)
        rise = np.diff(ys) / np.diff(xs)
        t, slope = ys[piece] + rise[piece] * (t - xs[piece]), slope * rise[piece]
    for bounded, bound in ((how.not_above, np.minimum), (how.not_below, np.maximum)):
        if bounded:
            kept = bound(t, y)
            slope = np.where(t == y, (slope + 1.0) / 2.0, np.where(kept == t, slope, 1.0))
            t = kept
    return t, slope
