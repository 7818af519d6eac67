# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a run found: a column of numbers per feature and model, pooled values, JSON and CSV.

Numbers are the engine's doubles; text has as many digits as it takes to read
the same double back. The engine's own logs, with six, come from `write_output`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from .._ffi import unsigned
from ..engine.context import Model, VmafContext
from ..engine.model import VmafModel, VmafModelCollection
from ..errors import VmafError, VmafKeyError, VmafTypeError, VmafValueError
from .curve import html
from .pooled import Column, Pooled, percentile, pool, pooled_of
from .report import csv_pieces, json_pieces
from .run import Run
from .save import replacing
from .tabular import arrow_table, write_parquet

if TYPE_CHECKING:
    from ..parts.part import Part

T = TypeVar("T")

#: What the first model's column may be called, whatever its name.
ALIAS = "vmaf"


class Named(Mapping[str, T]):
    """A read-only mapping by the names of columns; `alias` is one more key, which iteration leaves out."""

    def __init__(self, values: Mapping[str, T], alias: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._alias = {key: name for key, name in alias.items() if key not in values and name in values}

    def __getitem__(self, name: str) -> T:
        key = self._alias.get(name, name)
        if key not in self._values:
            raise VmafKeyError(f"no column {name!r}; there are: {', '.join(self._values) or 'none'}")
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    copy = np.array(values)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False, repr=False)
class Result(Mapping[str, Column]):
    """Scores of a pair of videos: a mapping from names to columns, of float64 and shape (frames,).

    Two results are equal when they have the same numbers under the same names.
    ``"vmaf"`` is an alias of the first model's column. Nothing can be changed.

    Attributes:
        frames: indices of the scored frames.
        columns: a value per frame of every feature and model; NaN where a frame has none.
        pooled: the same names, over all frames.
        models: names of the models' columns.
        note: what else there is to say, such as that one video is longer; a line for each thing.
        run: what was measured; None for a result that was put together by hand.
        aggregates: values of the whole sequence that are not pooled, such as psnr's `apsnr_y`.
        provenance: the plan, digests of files and models, versions and instruction sets, as JSON has them;
            `pyvmaf verify` scores again by it.
        part: what it takes to merge it with others; None likewise.

    >>> one = Result(np.arange(2), {"mine": np.array([90.0, 95.0])}, {}, ("mine",))
    >>> list(one), "vmaf" in one, one["vmaf"].tolist(), len(one.frames)
    (['mine'], True, [90.0, 95.0], 2)
    """

    frames: NDArray[np.int64]
    columns: Mapping[str, Column]
    pooled: Mapping[str, Pooled]
    models: tuple[str, ...]
    note: str | None = None
    run: Run | None = None
    aggregates: Mapping[str, float] = field(default_factory=dict)
    provenance: Mapping[str, Any] | None = field(default=None, repr=False)
    part: Part | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        alias = {ALIAS: self.models[0]} if self.models else {}
        columns = {name: _read_only(column) for name, column in self.columns.items()}
        object.__setattr__(self, "frames", _read_only(self.frames))
        object.__setattr__(self, "columns", Named(columns, alias))
        object.__setattr__(self, "pooled", Named(self.pooled, alias))
        object.__setattr__(self, "aggregates", Named(self.aggregates, {}))

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        return (
            self.models == other.models
            and np.array_equal(self.frames, other.frames)
            and _same_numbers(self.aggregates, other.aggregates)
            and set(self) == set(other)
            and all(np.array_equal(self[name], other[name], equal_nan=True) for name in self)
        )

    def __hash__(self) -> int:
        return hash((self.models, self.frames.tobytes(), frozenset(self)))

    def __reduce__(self) -> tuple[type[Result], tuple[object, ...]]:
        """Copies and pickles are made anew, and so are read-only too; of what is open here they have no part."""
        part = self.part if self.part and self.part.plan.is_portable else None
        return Result, (
            self.frames,
            dict(self.columns),
            dict(self.pooled),
            self.models,
            self.note,
            self.run,
            dict(self.aggregates),
            self.provenance,
            part,
        )

    def __repr__(self) -> str:
        parts = [f"{n}: mean {p.mean:.4f}, min {p.min:.4f}" for n in self.models if (p := self.pooled.get(n))]
        return f"<Result {'; '.join([*parts, count(len(self.frames), 'frame'), count(len(self), 'column')])}>"

    @property
    def score(self) -> float:
        """The mean of the first model's scores; NaN when a frame has none, or there is none."""
        return self.pooled[self._first_model].mean

    @property
    def _first_model(self) -> str:
        if not self.models:
            raise VmafValueError("no model was used, so there is no score; see `pooled`")
        return self.models[0]

    def percentile(self, name: str, q: float) -> float:
        """The value below which `q` percent of the frames lie, interpolated linearly."""
        return percentile(self[name], q)

    @overload
    def to_json(self) -> str: ...
    @overload
    def to_json(self, path: str | os.PathLike[str] | TextIO) -> None: ...
    def to_json(self, path: str | os.PathLike[str] | TextIO | None = None) -> str | None:
        """JSON laid out as the engine's log, in full precision.

        Returns the text, or writes it, frame by frame, to a path or an open text file.
        A file appears whole or not at all; an older one stays until then.

        Raises:
            VmafOSError: the file cannot be written.
        """
        return _give(json_pieces(self), path)

    def pool(self, name: str, method: str = "mean") -> float:
        """One number for all frames.

        Args:
            name: of a column.
            method: "mean", "harmonic_mean", "min", "max", "std", "median", or a percentile such as "p5" or "p99.9".

        Raises:
            VmafKeyError: no such column.
            VmafValueError: no such method; the message says which there are.
        """
        return pool(self[name], method)

    def worst(self, n: int = 10, name: str | None = None) -> list[tuple[int, float]]:
        """The `n` frames with the lowest values, as (index, value), the lowest first.

        Args:
            n: how many, at most.
            name: of a column; None: the first model's.
        """
        column = self[name if name is not None else self._first_model]
        order = np.argsort(column, kind="stable")[: unsigned("n", n)]
        return [(int(self.frames[i]), float(column[i])) for i in order if not math.isnan(column[i])]

    def by(self, ranges: Iterable[range | tuple[int, int]]) -> list[Result]:
        """Results of ranges of frames, such as shots, each pooled by itself.

        Args:
            ranges: of frame indices; (first, one past the last) is one too.

        Raises:
            VmafValueError: a range without a scored frame, or with steps.
            VmafTypeError: something else than a range.
        """
        return [self._of_range(_as_range(one)) for one in ranges]

    def _of_range(self, frames: range) -> Result:
        inside = (self.frames >= frames.start) & (self.frames < frames.stop)
        if not inside.any():
            raise VmafValueError(f"no scored frame is in {frames}; there are {len(self.frames)} of them")
        columns = {name: column[inside] for name, column in self.columns.items()}
        pooled = {name: pooled_of(column) for name, column in columns.items()}
        return Result(self.frames[inside], columns, pooled, self.models, self.note, self.run)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write a Parquet file: `frame`, and a column for each name; needs the extra `arrow`.

        Raises:
            VmafNotSupportedError: pyarrow is not installed.
            VmafOSError: the file cannot be written.
        """
        write_parquet(self, path)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The same table for Polars, pandas, DuckDB and all that read Arrow's C interface; needs the extra `arrow`."""
        return arrow_table(self).__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        return html(self)

    @classmethod
    def from_json(cls, source: str | os.PathLike[str] | TextIO) -> Result:
        """The result that :meth:`to_json` wrote, equal in every bit.

        Args:
            source: the text, a path, or an open text file.

        Raises:
            VmafValueError: it is something else, or was changed.
            VmafOSError: the file cannot be read.
        """
        from ..parts.read import read_result

        return read_result(source)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what it takes to make the result again, and to merge it: a small binary file.

        The file appears whole or not at all. It names models; :meth:`to_json` holds all
        that was found, and needs nothing to be read.

        Raises:
            VmafOSError: the file cannot be written.
            VmafTypeError: the result has no part, or of models or files that are open here.
        """
        if self.part is None:
            raise VmafTypeError("the result has no part to save: it was put together by hand, or copied; see to_json()")
        from ..parts.store import save_part

        save_part(self.part, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Result:
        """The result that :meth:`save` or a checkpoint wrote, an unfinished one as far as it goes.

        Raises:
            VmafValueError: it is something else, or a model or extractor that it needs is not here.
            VmafOSError: the file cannot be read.
        """
        from ..parts.merge import assemble
        from ..parts.store import load_part

        return assemble(load_part(path))

    @overload
    def to_csv(self) -> str: ...
    @overload
    def to_csv(self, path: str | os.PathLike[str] | TextIO) -> None: ...
    def to_csv(self, path: str | os.PathLike[str] | TextIO | None = None) -> str | None:
        """A header and a line per frame, in full precision; a missing value is empty.

        Columns with a capital letter (``Frame``, ``Model``, ``Reference``, ...) say what was measured.
        Returned or written like :meth:`to_json`.
        """
        return _give(csv_pieces(self), path)


def _as_range(given: object) -> range:
    if isinstance(given, (tuple, list)) and len(given) == 2:
        given = range(unsigned("first", given[0]), unsigned("stop", given[1]))
    if not isinstance(given, range):
        raise VmafTypeError(f"ranges has {given!r}, must be a range or (first, one past the last)")
    if given.step != 1:
        raise VmafValueError(f"ranges has {given!r}, must have steps of 1")
    return given


def _same_numbers(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Equal names and values, NaN being itself."""
    return set(one) == set(other) and all(np.array_equal(one[n], other[n], equal_nan=True) for n in one)


def count(number: int, what: str) -> str:
    """
    >>> count(1, "frame"), count(2, "frame")
    ('1 frame', '2 frames')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _give(pieces: Iterator[str], path: str | os.PathLike[str] | TextIO | None) -> str | None:
    if path is None:
        return "".join(pieces)
    if isinstance(path, (str, os.PathLike)):
        # A file's name need not be UTF-8.
        with replacing(path) as name, open(name, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(pieces)
    else:
        path.writelines(pieces)
    return None


def model_column(model: Model) -> str:
    """The column that a model is known by. A collection has several; what it says itself is this one."""
    return f"{model.name}_bagging" if isinstance(model, VmafModelCollection) else model.name


def predict(context: VmafContext, model: Model, frames: range) -> None:
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
    frames: range,
    subsample: int = 1,
    note: str | None = None,
    run: Run | None = None,
    part: Part | None = None,
) -> Result:
    """The result of these frames of a flushed context, of which every `subsample`-th was scored."""
    scored = range(-(-frames.start // subsample) * subsample, frames.stop, subsample)
    indices = np.array(scored, np.int64)
    for model in models:
        predict(context, model, scored)
    columns: dict[str, Column] = {}
    pooled: dict[str, Pooled] = {}
    for name in context.feature_names:
        columns[name] = context.feature_scores(name, scored)
        pooled[name] = pooled_of(columns[name])
    names = tuple(map(model_column, models))
    if not len(scored):  # the engine has no column of what it never scored
        for name in names:
            columns[name] = np.empty(0)
            pooled[name] = pooled_of(columns[name])
    return Result(
        indices, columns, pooled, names, note, run, context.aggregates, part.provenance if part else None, part
    )
