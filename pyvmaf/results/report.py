# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A result as JSON and as CSV, one frame after the other, so that memory does not grow with their number."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .._ffi import call
from ..parts.text import part_as_dict

if TYPE_CHECKING:
    from .result import Result


def _number(value: float) -> float | str | None:
    """JSON has no NaN, which is null here, and no infinity, which is text."""
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def read_number(value: float | str | None) -> float:
    """The double that `_number` gave."""
    return math.nan if value is None else float(value)


def _items(rows: Iterable[str]) -> Iterator[str]:
    """Rows of an array or object, a line each."""
    between = "\n"
    for row in rows:
        yield f"{between}    {row}"
        between = ",\n"
    yield "\n  "


def json_pieces(result: Result) -> Iterator[str]:
    """The document, laid out as the engine's log: what was measured, frames, pooled values."""
    head = {"version": call.vmaf_version(), "models": list(result.models), "note": result.note}
    head |= result.run.as_dict() if result.run else {}
    head |= {"provenance": result.provenance} if result.provenance else {}
    lines = (f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
    yield "{\n" + "".join(lines)
    yield '  "frames": ['
    yield from _items(
        json.dumps(
            {"frameNum": int(index), "metrics": {name: _number(c[i]) for name, c in result.columns.items()}},
            allow_nan=False,
        )
        for i, index in enumerate(result.frames)
    )
    yield '],\n  "pooled_metrics": {'
    yield from _items(
        f"{json.dumps(name)}: {json.dumps({key: _number(v) for key, v in pooled.as_dict().items()}, allow_nan=False)}"
        for name, pooled in result.pooled.items()
    )
    yield "}"
    if result.aggregates:
        values = {name: _number(value) for name, value in result.aggregates.items()}
        yield f',\n  "aggregate_metrics": {json.dumps(values)}'
    if result.part and not result.part.is_whole:
        yield f',\n  "part": {json.dumps(part_as_dict(result.part))}'
    yield "\n}\n"


def _cell(value: object) -> str:
    """A field of CSV; the module csv leaves a lone carriage return unquoted."""
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text


def _row(values: Iterable[object]) -> str:
    return ",".join(map(_cell, values)) + "\n"


def csv_pieces(result: Result) -> Iterator[str]:
    """A header and a line per frame; what was measured stands on each line, behind the scores."""
    about: dict[str, object] = {}
    if result.run:
        run = result.run
        about = {"Model": " ".join(run.model_sources), "Reference": run.ref, "Distorted": run.dist}
        about |= {"Width": run.width, "Height": run.height, "Chroma": run.chroma, "Depth": run.depth}
        about |= {"Subsample": run.subsample, "Version": call.vmaf_version()}
    yield _row(["Frame", *result.columns, *about])
    tail = _row(about.values()) if about else "\n"
    for i, index in enumerate(result.frames):
        values = (float(c[i]) for c in result.columns.values())
        cells = [str(int(index)), *("" if math.isnan(v) else repr(v) for v in values)]
        yield ",".join(cells) + ("," if about else "") + tail
