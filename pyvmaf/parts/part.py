# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The part of a run that a result is of: what was scored, how, and what extractors wrote."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from .._ffi import call
from ..engine.context import Model
from ..engine.model import VmafModel, VmafModelCollection, is_path
from ..errors import VmafValueError
from ..model_files import entries
from ..plugins import packages
from ..results.run import Run
from ..scoring.aligned import as_plain
from ..scoring.plan import Plan
from ..video import Video
from .extracted import Extracted
from .origin import digest_or_nothing, versions


@dataclass(frozen=True, eq=False)
class Part:
    """Everything that a result is made of, and that it takes to go on with it.

    Attributes:
        plan: what was asked for, with the chosen model in the place of "auto".
        identity: what parts of one run have in common; see `identity_of`.
        extracted: what extractors wrote.
        run: what was measured.
        hosts: versions and instruction sets of the machines that took part.
        notes: what else there is to say.
        complete: every frame that was asked for is there, or all that the videos have.
    """

    plan: Plan
    identity: Mapping[str, Any]
    extracted: Extracted
    run: Run
    hosts: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether it is of all frames, so that there is nothing to merge it with."""
        span = self.plan.frames
        return self.complete and span.first == 0 and span.stop is None

    @property
    def provenance(self) -> dict[str, Any]:
        """What it takes to score again, and to tell whether that is the same."""
        plan = self.plan.as_dict() if self.plan.is_portable else None
        return {"plan": plan, "identity": dict(self.identity), "hosts": list(self.hosts)}

    @property
    def digest(self) -> str:
        """Of `identity`: 64 hexadecimal digits."""
        return digest_of(self.identity)


def digest_of(identity: Mapping[str, Any]) -> str:
    """The sha256 of a value that JSON can hold, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def check_same(mine: Mapping[str, Any], other: Mapping[str, Any], what: str) -> None:
    """Raise, naming what differs, unless two identities are equal."""
    for key in sorted({*mine, *other}):
        a, b = mine.get(key), other.get(key)
        if a != b:
            raise VmafValueError(f"{what}: {key} differs: {_short(a)}, {_short(b)}")


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def file_state(path: str) -> tuple[int, ...] | None:
    """What changes when a file does; None of what is not a file on disk."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _video_identity(video: Video) -> dict[str, object]:
    known = video.digest or digest_or_nothing(os.fspath(video.path))
    return {**(known or {"name": str(video.path)}), "format": str(video.format), "stream": video.stream}


def _model_identity(asked: str | Model, model: Model) -> dict[str, object]:
    known: dict[str, object] = {"name": model.name, "features": model.features}
    if isinstance(asked, (VmafModel, VmafModelCollection)):
        known["source"] = asked.source
    elif is_path(asked):
        known |= digest_or_nothing(asked)
    elif asked in entries():
        known["sha256"] = entries()[asked].sha256
    return known


def models_identity(plan: Plan, models: Sequence[Model]) -> list[dict[str, object]]:
    """Which models those of a plan are: digests of their files, what they are made of."""
    return [_model_identity(asked, model) for asked, model in zip(plan.models, models, strict=True)]


def identity_of(plan: Plan, models: Sequence[Model], videos: Sequence[Video]) -> dict[str, Any]:
    """What makes two results parts of one run: files, models, features, subsampling, engine.

    Files, bytes and file objects are told by their digests (see `file_digest`), whatever they
    are called; URLs by their names, without credentials and queries, and the number of bytes;
    what is none of them, such as a pipe, by its name.
    """
    known: dict[str, Any] = {
        "engine": call.vmaf_version(),
        "reference": _video_identity(videos[0]),
        "distorted": _video_identity(videos[1]),
        "models": models_identity(plan, models),
        "features": [[one.name, dict(one.options)] for one in plan.features],
        "subsample": plan.subsample,
    }
    if plan.film_grain != "apply":
        known["film_grain"] = plan.film_grain
    if not isinstance(plan.align, str):
        known["alignment"] = as_plain(plan.align)
    if plan.prepare:
        known["preparation"] = {**plan.prepare.as_dict(), "ffmpeg": versions().get("libswscale")}
    if plan.uses("lpips"):
        known["onnxruntime"] = versions(decoding=False, lpips=True)["onnxruntime"]
    if brought := packages(one.name for one in plan.features):
        known["packages"] = brought
    # As it is in files, where tuples are lists: parts come from there and from here.
    return cast("dict[str, Any]", json.loads(json.dumps(known)))
