# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Ranges as lines of a file, for schedulers that know nothing but files and exit statuses.

A task's name follows from what is scored: whoever runs it twice writes the same
file, and the second time finds it complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from errno import EIO
from typing import cast

from .._ffi import call
from ..engine.model import is_path
from ..errors import VmafValueError, error_for
from ..parts.origin import digest_or_nothing
from ..prepare.pair import decoder_for
from ..scoring.plan import Path, Plan
from ..scoring.score import check_pair, with_preparation
from ..video import open_video
from ..video.url import is_remote, shown
from .many import frame_count


@dataclass(frozen=True)
class Task:
    """One range of one pair, and the name of the file that its part goes to."""

    name: str
    plan: Plan

    def to_json(self) -> str:
        """One line."""
        return json.dumps({"task": self.name, "plan": self.plan.as_dict()})

    @classmethod
    def from_json(cls, line: str) -> Task:
        """The task that a line holds.

        Raises:
            VmafValueError: it holds something else.
        """
        try:
            fields = json.loads(line)
            name, plan = fields["task"], fields["plan"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise VmafValueError(f"not a task: {error!r}") from None
        if not isinstance(name, str) or not re.fullmatch(r"[^/\0]+\.pyvmaf", name):
            raise VmafValueError(f"not a task: its name is {name!r}, must be that of a .pyvmaf file")
        return cls(name, Plan.from_dict(plan))


def _identity(plan: Plan, side: str, stream: int | None) -> object:
    if not is_remote(side):
        return digest_or_nothing(side)
    with closing(open_video(side, stream=stream, decoder=decoder_for(plan.prepare, plan.film_grain))) as video:
        return dict(video.digest or {})


def _named(plan: Plan, identities: list[object]) -> Task:
    """The plan with its name: of the distorted video, the frames, and a digest of everything."""
    ref, dist = os.fspath(cast(Path, plan.ref)), os.fspath(cast(Path, plan.dist))
    about = [call.vmaf_version(), replace(plan, ref=shown(ref), dist=shown(dist)).as_dict(), *identities]
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    stem = os.path.splitext(os.path.basename(shown(dist)))[0]
    stem = re.sub(r"[^\w.-]", "_", stem, flags=re.ASCII)[:60] or "pair"
    stop = "end" if plan.frames.stop is None else plan.frames.stop
    return Task(f"{stem}.{plan.frames.first}-{stop}.{digest[:12]}.pyvmaf", plan)


def _absolute(plan: Plan) -> Plan:
    """The plan with names that hold in any folder."""
    sides = (os.fspath(cast(Path, side)) for side in (plan.ref, plan.dist))
    ref, dist = (side if is_remote(side) else os.path.abspath(side) for side in sides)
    models = (os.path.abspath(one) if isinstance(one, str) and is_path(one) else one for one in plan.models)
    return replace(plan, ref=ref, dist=dist, models=tuple(models))


def make_tasks(plan: Plan, chunk: int) -> Iterator[Task]:
    """The plan in ranges of `chunk` frames; 0: as it is.

    Paths become absolute, so that a task can be run in any folder.

    Raises:
        VmafValueError: the files do not say how many frames they have.
        PairError: the two cannot be compared, so every task would fail; likewise `PrepareError`.
        VmafTypeError: the plan names what is open here.
    """
    plan.as_dict()
    ref, dist = (os.fspath(cast(Path, side)) for side in (plan.ref, plan.dist))
    total = frame_count(plan)
    identities = [_identity(plan, side, stream) for side, stream in zip((ref, dist), plan.streams, strict=True)]
    if chunk == 0:
        if all(is_remote(side) or os.path.isfile(side) for side in (ref, dist)):  # a pipe comes once
            check_pair(plan)
        yield _named(_absolute(plan), identities)
        return
    if total is None:
        raise VmafValueError(
            f"{shown(ref)} and {shown(dist)} do not say how many frames they have, so they cannot be cut; "
            "leave out the chunk"
        )
    plan = _absolute(with_preparation(plan))
    for span in plan.frames.pieces(total, chunk):
        yield _named(plan.of(span), identities)


def read_task(where: str) -> Task:
    """The task in a file of one line, or, for FILE:N, in its N-th line, from 1.

    Raises:
        VmafValueError: there is no such line, or it is no task.
        VmafOSError: the file cannot be read.
    """
    path, _, number = where.rpartition(":")
    if not path or not number.isdigit() or os.path.exists(where):
        path, number = where, ""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file if line.strip()]
    except OSError as error:
        raise error_for(error.errno or EIO, path, error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise VmafValueError(f"{path}: no task: it is not text") from None
    if not number and len(lines) != 1:
        raise VmafValueError(f"{path} has {len(lines)} tasks; say which: {path}:1 to {path}:{len(lines)}")
    index = int(number or 1)
    if not 1 <= index <= len(lines):
        raise VmafValueError(f"{path} has {len(lines)} tasks, and no number {index}")
    try:
        return Task.from_json(lines[index - 1])
    except VmafValueError as error:
        raise VmafValueError(f"{path}, line {index}: {error}") from None
