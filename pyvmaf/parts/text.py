# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A part as JSON, which results of ranges carry."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import VmafValueError
from ..results.run import Run
from ..scoring.plan import Plan
from ..video import VideoFormat
from .extracted import Aggregate, Extracted, Series
from .part import Part, digest_of


def _score(value: float, written: bool) -> float | str | None:
    """A double, null where there is none; what JSON has no number for is text."""
    if not written:
        return None
    return value if math.isfinite(value) else str(value)


def part_as_dict(part: Part) -> dict[str, Any]:
    """What JSON can hold, sealed by a digest of it. A part of what is open here is left out."""
    if not part.plan.is_portable:
        return {}
    own = part.extracted
    scores = (
        [_score(v, w) for v, w in zip(own.values[s].tolist(), own.written[s].tolist(), strict=True)] for s in own.values
    )
    format = own.format
    fields = {
        "plan": part.plan.as_dict(),
        "identity": part.identity,
        "run": part.run.as_dict(),
        "hosts": list(part.hosts),
        "notes": list(part.notes),
        "complete": part.complete,
        "format": [format.width, format.height, format.chroma, format.bpc],
        "frames": [own.begin, own.end, *own.halo],
        "aggregates": [[a.registration, a.name, _score(a.value, True)] for a in own.aggregates],
        "series": [{**s.as_dict(), "scores": values} for s, values in zip(own.values, scores, strict=True)],
    }
    return {**fields, "sha256": digest_of(fields)}


def part_from_dict(found: Mapping[str, Any]) -> Part | None:
    """The part that `part_as_dict` describes.

    Raises:
        VmafValueError: it was changed since, or is of another version.
    """
    if not found:
        return None
    fields = {key: value for key, value in found.items() if key != "sha256"}
    # Tuples have become lists; text is what both were.
    if found.get("sha256") != digest_of(json.loads(json.dumps(fields))):
        raise VmafValueError("the part of the result was changed since it was written")
    begin, end, before, after = fields["frames"]
    width, height, chroma, depth = fields["format"]
    values, written = {}, {}
    for one in fields["series"]:
        series = Series.from_dict(one)
        written[series] = np.array([score is not None for score in one["scores"]], bool)
        values[series] = np.array([math.nan if score is None else float(score) for score in one["scores"]])
    aggregates = tuple(Aggregate.of(*one) for one in fields["aggregates"])
    extracted = Extracted(
        VideoFormat(width, height, chroma, depth), begin, end, (before, after), values, written, aggregates
    )
    plan, run = Plan.from_dict(fields["plan"]), Run.from_dict(fields["run"])
    return Part(
        plan, fields["identity"], extracted, run, tuple(fields["hosts"]), tuple(fields["notes"]), fields["complete"]
    )
