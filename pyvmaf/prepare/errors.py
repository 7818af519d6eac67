# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What preparation refuses: which file and stream, what is wrong, what to do."""

from __future__ import annotations

from ..errors import VmafValueError


class PrepareError(VmafValueError):
    """A pair that no stated rule makes comparable.

    Attributes:
        path: the file.
        stream: its stream, as ffprobe counts; None where the file is one stream.
        problem: what is wrong.
        remedy: what to do or to ask for.
    """

    def __init__(self, path: str, stream: int | None, problem: str, remedy: str) -> None:
        where = path if stream is None else f"{path}, stream {stream}"
        super().__init__(f"{where}: {problem}; {remedy}")
        self.path, self.stream, self.problem, self.remedy = path, stream, problem, remedy

    def __reduce__(self) -> tuple[type[PrepareError], tuple[str, int | None, str, str]]:  # type: ignore[override]
        return type(self), (self.path, self.stream, self.problem, self.remedy)


class HdrError(PrepareError):
    """A model for standard dynamic range on a video of high dynamic range."""
