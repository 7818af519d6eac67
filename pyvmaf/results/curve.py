# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A result for notebooks: a table and the curve of the first model, as HTML without scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .result import Result

WIDTH, HEIGHT = 640, 120  # of the curve, in pixels
SHOWN = ("mean", "harmonic_mean", "min", "p5", "p50", "max")


def _points(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """A polyline's points. Of the frames that fall on one pixel the worst is shown."""
    starts = np.unique(np.linspace(0, len(column), min(len(column), WIDTH), endpoint=False).astype(int))
    worst = np.minimum.reduceat(column, starts)
    low, high = min(0.0, float(worst.min())), max(100.0, float(worst.max()))
    x = (starts + 0.5) * WIDTH / len(column)
    y = HEIGHT * (1 - (worst - low) / (high - low))
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def html(result: Result) -> str:
    """The table of the models, or of all where there is none, and the first one's curve."""
    names = result.models or tuple(result.pooled)
    head = "".join(f"<th>{escape(name)}</th>" for name in SHOWN)
    rows = ""
    for name in names:
        values = result.pooled[name].as_dict()
        rows += f"<tr><th>{escape(name)}</th>" + "".join(f"<td>{values[c]:.4f}</td>" for c in SHOWN) + "</tr>"
    picture = ""
    first = result[names[0]] if names else np.empty(0)
    if len(first) and np.isfinite(first).all():
        picture = (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">'
            f"<title>{escape(names[0])} by frame, {int(result.frames[0])} to {int(result.frames[-1])}</title>"
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="currentColor" stroke-opacity="0.3"/>'
            f'<polyline points="{_points(first)}" fill="none" stroke="currentColor"/></svg>'
        )
    lines = [*(result.run.warnings if result.run else ()), *([result.note] if result.note else [])]
    note = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f"<div><table><tr><th></th>{head}</tr>{rows}</table>{picture}{note}</div>"
