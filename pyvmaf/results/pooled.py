# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A column of scores as one number, in the ways that the engine knows and a few more."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .._ffi import nearest
from ..errors import VmafTypeError, VmafValueError

Column = NDArray[np.float64]

PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)


@dataclass(frozen=True)
class Pooled:
    """One number for all frames, in several ways; NaN where a frame has no value.

    Attributes:
        mean: arithmetic.
        harmonic_mean: of the values plus one, less one, as libvmaf defines it.
        min: the least.
        max: the greatest.
        std: standard deviation of the frames, with their number as divisor.
        percentiles: of 1, 5, 10, 25, 50, 75, 90, 95 and 99 percent, interpolated linearly.
    """

    mean: float
    harmonic_mean: float
    min: float
    max: float
    std: float
    percentiles: Mapping[int, float] = field(hash=False)

    def as_dict(self) -> dict[str, float]:
        """All of it by name; percentiles are ``p1`` to ``p99``."""
        out = {"min": self.min, "max": self.max, "mean": self.mean}
        out |= {"harmonic_mean": self.harmonic_mean, "std": self.std}
        return out | {f"p{q}": value for q, value in self.percentiles.items()}


def _sum(column: Column) -> float:
    """One addition after the other, as the engine's: other orders round otherwise."""
    return float(np.add.accumulate(column)[-1])


def mean(column: Column) -> float:
    """
    >>> mean(np.array([1.0, 2.0, 6.0]))
    3.0
    """
    return _sum(column) / len(column)


def harmonic_mean(column: Column) -> float:
    """Of the values plus one, less one, as libvmaf defines it.

    >>> harmonic_mean(np.array([1.0, 1.0]))
    1.0
    """
    with np.errstate(divide="ignore"):  # of infinity throughout it is infinity; with a -1 it is -1
        return float(np.float64(len(column)) / _sum(1.0 / (column + 1.0)) - 1.0)


def percentile(column: Column, q: float) -> float:
    """The value below which `q` percent lie, interpolated linearly; NaN of nothing.

    Raises:
        VmafValueError: `q` is not within 0 to 100.

    >>> percentile(np.array([1.0, 2.0, math.inf, math.inf]), 75)
    inf
    """
    if not 0 <= q <= 100:
        raise VmafValueError(f"the percentile is {q!r}, must be 0 to 100")
    if not len(column):
        return math.nan
    with np.errstate(invalid="ignore"):
        value = float(np.percentile(column, q))
    # Between two infinities, or on a number before one, there is nothing to interpolate.
    return float(np.percentile(column, q, method="lower")) if math.isnan(value) else value


def _std(column: Column) -> float:
    with np.errstate(invalid="ignore"):  # NaN where a value is infinite
        return float(np.std(column))


METHODS: dict[str, Callable[[Column], float]] = {
    "mean": mean,
    "harmonic_mean": harmonic_mean,
    "min": lambda column: float(column.min()),
    "max": lambda column: float(column.max()),
    "std": _std,
    "median": lambda column: percentile(column, 50),
}


def pool(column: Column, method: str) -> float:
    """The column by one method: of `METHODS`, or "p" and a number for a percentile; NaN where a value lacks.

    Raises:
        VmafValueError: no such method.
        VmafTypeError: not a name.

    >>> pool(np.array([1.0, 2.0, 6.0]), "p50"), pool(np.array([1.0, 2.0, 6.0]), "max")
    (2.0, 6.0)
    """
    if not isinstance(method, str):
        raise VmafTypeError(f"method is {method!r}, must be a name, such as 'mean' or 'p5'")
    match = re.fullmatch(r"p([0-9]+(?:\.[0-9]+)?)", method)
    if match and float(match[1]) <= 100:
        q = float(match[1])
        function: Callable[[Column], float] = lambda column: percentile(column, q)  # noqa: E731
    elif method in METHODS:
        function = METHODS[method]
    else:
        raise VmafValueError(f"no pooling {method!r}{nearest(str(method), [*METHODS, 'p0', 'p5', 'p100'])}")
    return function(column) if len(column) and not np.isnan(column).any() else math.nan


def pooled_of(column: Column) -> Pooled:
    """The column by every method; NaN where a frame has no value."""
    values = {name: pool(column, name) for name in ("mean", "harmonic_mean", "min", "max", "std")}
    return Pooled(**values, percentiles={q: pool(column, f"p{q}") for q in PERCENTILES})
