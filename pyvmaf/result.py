# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a run found: a column of numbers a feature, pooled values, JSON and CSV.

Numbers are the engine's doubles; text has as many digits as it takes to read
the same double back. The engine's own logs, with six, come from `write_output`.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from errno import EIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ._ffi import call
from .context import Model, VmafContext
from .errors import VmafError, VmafValueError, error_for
from .model import VmafModel

Column = NDArray[np.float64]

PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)


@dataclass(frozen=True)
class Pooled:
    """One number for all frames, in several ways; NaN where a frame has no value."""

    mean: float
    harmonic_mean: float
    min: float
    max: float
    percentiles: Mapping[int, float] = field(repr=False)

    def as_dict(self) -> dict[str, float]:
        out = {"min": self.min, "max": self.max, "mean": self.mean}
        out["harmonic_mean"] = self.harmonic_mean
        return out | {f"p{q}": value for q, value in self.percentiles.items()}


@dataclass(frozen=True)
class Result:
    """Scores of a pair of videos.

    Attributes:
        frames: indices of the scored frames.
        columns: a value a frame of every feature and model, by the name that
            logs print; NaN where a frame has none.
        pooled: the same names, over all frames.
        models: names of the models' columns.
        note: what else there is to say, such as that one video is longer.
    """

    frames: NDArray[np.int64]
    columns: Mapping[str, Column] = field(repr=False)
    pooled: Mapping[str, Pooled] = field(repr=False)
    models: tuple[str, ...]
    note: str | None = None

    def __getitem__(self, name: str) -> Column:
        if name not in self.columns:
            raise VmafValueError(f"no column {name!r}; there are: {', '.join(self.columns)}")
        return self.columns[name]

    @property
    def score(self) -> float:
        """The mean of the first model's scores."""
        if not self.models:
            raise VmafValueError("no model was used, so there is no score; see `pooled`")
        return self.pooled[self.models[0]].mean

    def percentile(self, name: str, q: float) -> float:
        """The value below which `q` percent of the frames lie, interpolated linearly."""
        return _percentile(self[name], q)

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """JSON laid out as the engine's log, in full precision; written to `path` if given."""
        document = {
            "version": call.vmaf_version(),
            "models": list(self.models),
            "note": self.note,
            "frames": [
                {
                    "frameNum": int(index),
                    "metrics": {name: _number(c[i]) for name, c in self.columns.items()},
                }
                for i, index in enumerate(self.frames)
            ],
            "pooled_metrics": {
                name: {key: _number(value) for key, value in pooled.as_dict().items()}
                for name, pooled in self.pooled.items()
            },
        }
        return _write(json.dumps(document, indent=2, allow_nan=False) + "\n", path)

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """A header and a line a frame, in full precision; a missing value is empty."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["Frame", *self.columns])
        for i, index in enumerate(self.frames):
            values = (float(c[i]) for c in self.columns.values())
            writer.writerow([int(index), *("" if math.isnan(v) else repr(v) for v in values)])
        return _write(out.getvalue(), path)


def _number(value: float) -> float | None:
    """JSON has no NaN and no infinity."""
    return float(value) if math.isfinite(value) else None


def _write(text: str, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        try:
            Path(path).write_text(text, "utf-8")
        except OSError as error:
            raise error_for(error.errno or EIO, os.fspath(path), error.strerror or str(error)) from None
    return text


def _percentile(column: Column, q: float) -> float:
    return float(np.percentile(column, q)) if len(column) else math.nan


def _pool(context: VmafContext, name: str, column: Column, frames: NDArray[np.int64]) -> Pooled:
    if len(frames) == 0 or np.isnan(column).any():
        return Pooled(math.nan, math.nan, math.nan, math.nan, dict.fromkeys(PERCENTILES, math.nan))
    mean, harmonic_mean, least, greatest = (
        context.feature_score_pooled(name, method, 0, int(frames[-1]))
        for method in ("mean", "harmonic_mean", "min", "max")
    )
    percentiles = {q: _percentile(column, q) for q in PERCENTILES}
    return Pooled(mean, harmonic_mean, least, greatest, percentiles)


def _predict(context: VmafContext, model: Model, frames: range) -> None:
    """Have the model's scores stored, frame by frame as far as they can be."""
    if isinstance(model, VmafModel):
        context.model_scores(model, frames)
        return
    for index in frames:
        try:
            context.score_at_index(model, index)
        except VmafError:
            continue


def collect(
    context: VmafContext,
    models: Sequence[Model],
    frames: int,
    subsample: int = 1,
    note: str | None = None,
) -> Result:
    """The result of the first `frames` frames of a flushed context."""
    scored = range(0, frames, subsample)
    indices = np.array(scored, np.int64)
    for model in models:
        _predict(context, model, scored)
    columns: dict[str, Column] = {}
    pooled: dict[str, Pooled] = {}
    for name in context.feature_names:
        columns[name] = context.feature_scores(name, scored)
        pooled[name] = _pool(context, name, columns[name], indices)
    names = tuple(model.name for model in models)
    return Result(indices, columns, pooled, names, note)
