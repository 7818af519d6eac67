# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the samples themselves say of range and matrix, whatever the tags do.

Matched frames of two videos show the same colours. If one holds them in full range and
the other in limited, or by another matrix, their mean values are related as the standards say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .signature import CHROMA_COLUMNS, CHROMA_ROWS, Signatures, coarse, shrink

Doubles = NDArray[np.float64]

#: (gain, offset) from 8-bit luma of the distorted video to that of the reference (ITU-T H.273, 8.3).
RANGES = {
    ("full", "limited"): (219 / 255, 16.0),
    ("limited", "full"): (255 / 219, -16.0 * 255 / 219),
}
#: Kr and Kb (ITU-T H.273, table 4).
WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}


@dataclass(frozen=True)
class Measured:
    """Which conversion of the distorted video brings its samples to those of the reference."""

    range: tuple[str, str] | None
    """(its range, that of the reference), where they differ."""
    matrix: tuple[str, str] | None
    """(its matrix, that of the reference), where they differ; by what the colours fit best."""
    gain: float
    offset: float
    luma_changed: bool
    """Whether brightness or contrast differ in a way that no conversion of range explains."""


#: A conversion that the tags speak of has to leave less than this share of the errors, any other than that one.
TAGGED, UNTAGGED = 0.75, 0.4
NOTICED_LUMA = 1.5  # difference of luma at the usual distance from its mean, below which contrast is the same
NOTICED = 0.5  # squared difference of colours, in 8-bit units, below which none is looked for


def measure_colours(
    ref: Signatures,
    dist: Signatures,
    pairs: list[tuple[int, int]],
    tagged: tuple[str | None, str | None] = (None, None),
) -> Measured | None:
    """From frames (reference, distorted) that match; None where there are too few or they are flat.

    `tagged`: matrices of the distorted video and of the reference, as far as their tags say.
    """
    step = max(1, len(pairs) // 200)
    some = np.array(pairs[::step], np.int64).reshape(-1, 2)
    if not len(some):
        return None
    y, x = (coarse(lumas).astype(np.float64) for lumas in (ref.lumas[some[:, 0]], dist.lumas[some[:, 1]]))
    if y.std() < 4:
        return None
    gain, offset = _line(x.ravel(), y.ravel())
    range_ = _range(x.ravel(), y.ravel(), gain, offset)
    a, b = RANGES[range_] if range_ else (1.0, 0.0)
    contrast = abs(gain - 1) > 0.08 and abs(gain - 1) * y.std() > NOTICED_LUMA
    changed = range_ is None and (contrast or abs(float(y.mean() - x.mean())) > 6)
    return Measured(range_, _matrix(ref, dist, some, (a, b), tagged), gain, offset, changed)


def _line(x: Doubles, y: Doubles) -> tuple[float, float]:
    """The line through both clouds' centres with the ratio of their spreads: noise on both sides cancels."""
    gain = float(y.std() / max(float(x.std()), 1e-6))
    return gain, float(y.mean() - gain * x.mean())


def _range(x: Doubles, y: Doubles, gain: float, offset: float) -> tuple[str, str] | None:
    """The conversion of range that fits clearly better than none does."""
    low, high = (float(np.quantile(x, share)) for share in (0.02, 0.98))
    at = np.array([low, (low + high) / 2, high])
    found = gain * at + offset
    errors = {key: float(np.abs(found - (a * at + b)).max()) for key, (a, b) in RANGES.items()}
    plain = float(np.abs(found - at).max())
    best = min(errors, key=errors.__getitem__)
    return best if errors[best] < 0.35 * plain and plain > 4 and errors[best] < 4 else None


def yuv_from_rgb(matrix: str) -> Doubles:
    """(3, 3) limited-range Y, Cb, Cr differences from R, G, B in 0..255."""
    kr, kb = WEIGHTS[matrix]
    luma = np.array([kr, 1 - kr - kb, kb])
    blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - kb))
    red = (np.array([1, 0, 0]) - luma) / (2 * (1 - kr))
    return np.stack([luma * 219, blue * 224, red * 224]) / 255


def _matrix(
    ref: Signatures,
    dist: Signatures,
    some: NDArray[np.int64],
    tone: tuple[float, float],
    tagged: tuple[str | None, str | None],
) -> tuple[str, str] | None:
    if ref.chromas is None or dist.chromas is None:
        return None
    a, b = _colours(ref, some[:, 0]), _colours(dist, some[:, 1])
    b[0] = tone[0] * b[0] + tone[1]
    b[1:] *= tone[0] * 224 / 219 if tone[0] < 1 else tone[0] * 219 / 224 if tone[0] > 1 else 1
    a[0] -= 16
    b[0] -= 16
    if a[1:].std() < 3:
        return None

    def error(rows: Doubles) -> float:
        # Encoders shift means a little: what is left after a shift common to all is what counts.
        rest = a - rows
        rest -= rest.mean(axis=1, keepdims=True)
        return float((rest**2).sum())

    plain = error(b)
    errors = {}
    for own in WEIGHTS:
        for other in WEIGHTS:
            if own != other:
                convert = yuv_from_rgb(other) @ np.linalg.inv(yuv_from_rgb(own))
                errors[own, other] = error(convert @ b)
    if plain / a.shape[1] < NOTICED:
        return None
    for keys, share in (([key for key in errors if _spoken_of(key, tagged)], TAGGED), (list(errors), UNTAGGED)):
        best = min(keys, key=errors.__getitem__, default=None)
        if best and errors[best] < share * plain:
            return best
    return None


def _spoken_of(key: tuple[str, str], tagged: tuple[str | None, str | None]) -> bool:
    """Whether the tags that there are say this conversion."""
    return any(tagged) and all(tag in (None, matrix) for tag, matrix in zip(tagged, key, strict=True))


def _colours(of: Signatures, frames: NDArray[Any]) -> Doubles:
    """(3, values) Y, Cb - 128, Cr - 128 of the cells of chroma."""
    assert of.chromas is not None
    lumas = [shrink(of.lumas[i], CHROMA_ROWS, CHROMA_COLUMNS) / 256 for i in frames]
    chromas = of.chromas[frames].astype(np.float64) - 128
    return np.stack([np.stack(lumas).astype(np.float64).ravel(), chromas[:, 0].ravel(), chromas[:, 1].ravel()])
