# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What was measured, for results and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

#: What results of earlier versions do not have.
LATER = ("alignment", "warnings")


@dataclass(frozen=True)
class Run:
    """What was measured.

    Attributes:
        ref: name of the reference.
        dist: name of the distorted video.
        width: of the luma, in samples.
        height: likewise.
        chroma: "420", "422", "444" or "400".
        depth: bits per sample.
        subsample: each n-th frame was scored.
        seconds: from the first frame to the last, by the wall.
        frames_read: pairs of frames, scored or not.
        model_sources: built-in version or file of each model, in the order of `Result.models`.
        preparation: what was done to make the pair comparable, as `Preparation.as_dict()` says; None: nothing.
        alignment: which frames were compared with which, as `Alignment.as_dict()` says; None: the n-th with the n-th.
        warnings: what was warned of before, while and after frames were read.
    """

    ref: str
    dist: str
    width: int
    height: int
    chroma: str
    depth: int
    subsample: int
    seconds: float
    frames_read: int
    model_sources: tuple[str, ...]
    preparation: Mapping[str, Any] | None = field(default=None, hash=False)
    alignment: Mapping[str, Any] | None = field(default=None, hash=False)
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """All of it by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Run:
        """What `as_dict` describes; further keys are left alone."""
        known = {f.name: found[f.name] for f in fields(cls) if f.name in found or f.name not in LATER}
        texts = {name: tuple(map(str, known.get(name, ()))) for name in ("model_sources", "warnings")}
        return cls(**{**known, **texts})
