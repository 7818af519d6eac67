# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Results as Arrow tables, by pyarrow (extra `arrow`)."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from ..errors import VmafNotSupportedError
from .save import replacing

if TYPE_CHECKING:
    from .result import Result


def arrow_table(result: Result) -> Any:
    """A pyarrow table: `frame` and a column for each name, null where a frame has no value.

    What was measured is JSON in the schema's metadata under "pyvmaf".

    Raises:
        VmafNotSupportedError: pyarrow is not installed.
    """
    try:
        import pyarrow
    except ImportError:
        raise VmafNotSupportedError("needs pyarrow: pip install '.[arrow]' where pyvmaf was installed from") from None
    about = {"models": list(result.models), "note": result.note, **(result.run.as_dict() if result.run else {})}
    arrays = {"frame": pyarrow.array(result.frames)}
    arrays |= {name: pyarrow.array(column, from_pandas=True) for name, column in result.columns.items()}
    return pyarrow.table(arrays).replace_schema_metadata({"pyvmaf": json.dumps(about)})


def write_parquet(result: Result, path: str | os.PathLike[str]) -> None:
    """The table as a Parquet file, which appears whole or not at all."""
    table = arrow_table(result)
    from pyarrow import parquet

    with replacing(path) as name:
        parquet.write_table(table, name)
