# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Parts of one run as one result: the engine is given their scores in place of the pictures."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from .._ffi import call
from ..engine.context import VmafContext
from ..errors import VmafTypeError, VmafValueError
from ..results.result import Result, collect
from ..scoring.plan import Span
from ..scoring.wanted import load_models, register
from .extracted import Extracted, join, put_in
from .part import Part, check_same, models_identity
from .store import load_part


def assemble(part: Part) -> Result:
    """The result of a part: settled values, pooled ones and models' scores are made anew.

    Raises:
        VmafError: a model or an extractor that it needs is not here.
        VmafValueError: a model was changed since, or the part comes from another version.
    """
    plan, extracted = part.plan, part.extracted
    models = load_models(plan)
    here = {"engine": call.vmaf_version(), "models": json.loads(json.dumps(models_identity(plan, models)))}
    check_same({key: part.identity.get(key) for key in here}, here, "scored by what is not here any more")
    with VmafContext(n_subsample=plan.subsample) as context:
        register(context, models, plan.features)
        put_in(context, extracted, replays=False)
        context.flush()
        span = range(extracted.first, extracted.stop)
        lacks = [] if part.complete else [f"the run was ended before its end: frames from {extracted.stop} on lack"]
        note = "; ".join([*part.notes, *lacks]) or None
        return collect(context, models, span, plan.subsample, note, part.run, part)


def merge(parts: Iterable[Result | str | os.PathLike[str]]) -> Result:
    """Results of ranges of one run as the result of all their frames, equal to that of one run in every bit.

    They may come in any order, be merged before, and be files that `Result.save` or a
    checkpoint wrote. Whole-run values, intervals and averages are made from all frames.

    Args:
        parts: results, or paths of saved ones.

    Raises:
        VmafValueError: frames lack or are there twice, or the parts are of different files,
            models, options or versions; the message says which.
        VmafTypeError: no sequence, or a result that was put together by hand, which has no part to merge.
    """
    if isinstance(parts, (str, bytes, os.PathLike, Result)) or not isinstance(parts, Iterable):
        raise VmafTypeError(f"parts is {parts!r}, must be a sequence of results or paths of saved ones")
    given = sorted(map(part_of, parts), key=lambda part: part.extracted.first)
    if not given:
        raise VmafValueError("there is nothing to merge")
    for part in given[1:]:
        check_same(given[0].identity, part.identity, f"frames from {part.extracted.first} on are of another run")
    return assemble(_joined(given))


def part_of(given: Result | str | os.PathLike[str]) -> Part:
    """What there is to merge of a result or a file."""
    if isinstance(given, (str, os.PathLike)):
        path = os.fsdecode(given)
        if not path.lower().endswith(".json"):
            return load_part(path)
        given = Result.from_json(given)
        if given.part is None:
            raise VmafTypeError(f"{path} cannot be merged: the JSON of a whole run holds no part; save it as .pyvmaf")
    if not isinstance(given, Result):
        raise VmafTypeError(f"{given!r} is neither a result nor the path of one")
    if given.part is None:
        raise VmafTypeError(f"{given!r} cannot be merged: it is not from score(), or was saved without its part")
    return given.part


def _check_order(parts: Sequence[Part]) -> None:
    for one, other in pairwise(parts):
        end, begin = one.extracted.stop, other.extracted.first
        if end < begin:
            raise VmafValueError(f"frames {end} to {begin - 1} are in no part")
        if end > begin:
            raise VmafValueError(f"frames {begin} to {min(end, other.extracted.stop) - 1} are in two parts")


def _joined(parts: Sequence[Part]) -> Part:
    _check_order(parts)
    pieces: list[Extracted] = []
    for i, part in enumerate(parts):
        own = part.extracted
        begin = own.begin if i == 0 else own.first
        end = own.end if i == len(parts) - 1 else own.stop
        pieces.append(own.cut(begin, end))
    first, last = parts[0], parts[-1]
    run = replace(
        first.run,
        seconds=sum(part.run.seconds for part in parts),
        frames_read=sum(part.run.frames_read for part in parts),
        warnings=tuple(dict.fromkeys(line for part in parts for line in part.run.warnings)),
    )
    span = Span(first.plan.frames.first, last.plan.frames.stop, last.plan.frames.exact)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    hosts: list[Mapping[str, Any]] = []
    for host in (host for part in parts for host in part.hosts):
        hosts += [] if host in hosts else [host]
    return Part(first.plan.of(span), first.identity, join(pieces), run, tuple(hosts), notes, last.complete)
