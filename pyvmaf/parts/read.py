# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A result out of the JSON that it was written as."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from errno import EIO
from typing import Any, TextIO

import numpy as np

from .._ffi import encoded
from ..errors import VmafTypeError, VmafValueError, error_for
from ..results.pooled import PERCENTILES, Pooled
from ..results.report import read_number
from ..results.result import Result
from ..results.run import Run
from .text import part_from_dict


def _text_of(source: str | os.PathLike[str] | TextIO) -> tuple[str, str]:
    """The text, and what to call it."""
    if isinstance(source, str) and source.lstrip()[:1] == "{":
        return source, "the text"
    if not isinstance(source, (str, os.PathLike)):
        if not hasattr(source, "read"):
            raise VmafTypeError(f"{type(source).__name__} was given, must be text, a path or an open text file")
        return source.read(), str(getattr(source, "name", "the file"))
    encoded(source)
    try:
        with open(source, encoding="utf-8") as file:
            return file.read(), os.fsdecode(source)
    except OSError as error:
        raise error_for(error.errno or EIO, os.fsdecode(source), error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise VmafValueError(f"{os.fsdecode(source)}: not a result: no UTF-8 text") from None


def _pooled(values: Mapping[str, Any]) -> Pooled:
    found = {name: read_number(value) for name, value in values.items()}
    percentiles = {q: found[f"p{q}"] for q in PERCENTILES}
    return Pooled(found["mean"], found["harmonic_mean"], found["min"], found["max"], found["std"], percentiles)


def _named(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no name of a model")
    return value


#: How logs of `vmaf` begin in XML, CSV and SUB; tables of `to_csv` begin like CSV.
LOGS = ("<VMAF ", "Frame,", "{0}{1}frame")
FOREIGN = "a log of vmaf or a table of frames; results come from pyvmaf score -o NAME.json or Result.to_json()"


def _loaded(text: str) -> Any:
    """What the JSON holds."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        if text.startswith(LOGS):
            raise VmafValueError(FOREIGN) from None
        raise VmafValueError(f"not a result of pyvmaf: no JSON: {error}") from None
    if isinstance(found, dict) and "fps" in found and "models" not in found:
        raise VmafValueError(FOREIGN)
    return found


def read_result(source: str | os.PathLike[str] | TextIO) -> Result:
    """See :meth:`pyvmaf.Result.from_json`."""
    text, name = _text_of(source)
    try:
        found = _loaded(text)
        frames, pooled = found["frames"], found["pooled_metrics"]
        columns = {
            column: np.array([read_number(frame["metrics"][column]) for frame in frames], np.float64)
            for column in dict.fromkeys([*(frames[0]["metrics"] if frames else ()), *pooled])
        }
        run = Run.from_dict(found) if "ref" in found else None
        return Result(
            np.array([frame["frameNum"] for frame in frames], np.int64),
            columns,
            {column: _pooled(values) for column, values in pooled.items()},
            tuple(map(_named, found["models"])),
            found["note"],
            run,
            {name: read_number(value) for name, value in found.get("aggregate_metrics", {}).items()},
            found.get("provenance"),
            part_from_dict(found.get("part", {})),
        )
    except VmafValueError as error:
        raise VmafValueError(f"{name}: {error}") from None
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
        raise VmafValueError(f"{name}: not a result of pyvmaf: {error!r}") from None
