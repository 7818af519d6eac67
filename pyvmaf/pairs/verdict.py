# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What was found about a pair of files, how bad it is, what mends it, and what follows from it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .alignment import Alignment
from .facts import Facts

#: From harmless to fatal: nothing to do; look at it; a step mends it; a step that changes pictures
#: mends it, if it is asked for; nothing does.
SEVERITIES = ("note", "warning", "step", "request", "refusal")

COMPARABLE, AFTER_STEPS, NOT_COMPARABLE = "comparable", "comparable after steps", "not comparable"


@dataclass(frozen=True)
class Finding:
    """One thing that was found."""

    code: str
    """What it is about, a word: docs/pairs.md lists them."""
    severity: str
    text: str
    """A sentence for people."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """Numbers it rests on: of frames, similarities, tags."""
    step: Mapping[str, Any] | None = None
    """What mends it: "do", "side" ("ref" or "dist") and what the step takes; None where nothing is to be done."""


@dataclass(frozen=True)
class Inspection:
    """Facts of both files, how their frames match, what was found, and a verdict."""

    ref: Facts
    dist: Facts
    alignment: Alignment
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """ "comparable", "comparable after steps" or "not comparable"."""
        worst = max((SEVERITIES.index(f.severity) for f in self.findings), default=0)
        if worst == SEVERITIES.index("refusal"):
            return NOT_COMPARABLE
        return AFTER_STEPS if worst >= SEVERITIES.index("step") else COMPARABLE

    @property
    def steps(self) -> tuple[Mapping[str, Any], ...]:
        """The steps of all findings that need one, in the order in which they are taken."""
        found = [f.step for f in self.findings if f.step and f.severity in ("step", "request")]
        unique = [step for k, step in enumerate(found) if step not in found[:k]]
        return tuple(sorted(unique, key=lambda step: ORDER.index(step["do"])))

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all findings but notes."""
        return tuple(f.code for f in self.findings if f.severity != "note")

    def __str__(self) -> str:
        reasons = [f.text for f in self.findings if f.severity == "refusal"]
        if reasons:
            return f"not comparable: {'; '.join(reasons)}"
        names = [str(step["do"]) for step in self.steps]
        return f"{self.verdict}: {', '.join(dict.fromkeys(names))}" if names else self.verdict

    def as_dict(self) -> dict[str, Any]:
        """What JSON holds; `from_dict` reads it back."""
        return {
            "verdict": self.verdict,
            "summary": str(self),
            "findings": [asdict(f) for f in self.findings],
            "steps": [dict(step) for step in self.steps],
            "alignment": self.alignment.as_dict(),
            "ref": self.ref.as_dict(),
            "dist": self.dist.as_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Inspection:
        """The inspection that `as_dict` wrote."""
        return cls(
            Facts.from_dict(values["ref"]),
            Facts.from_dict(values["dist"]),
            Alignment.from_dict(values["alignment"]),
            tuple(Finding(**f) for f in values["findings"]),
        )


#: Steps in the order in which they are taken.
ORDER = ("swap", "align", "deinterlace", "detelecine", "crop", "rotate", "assume", "range", "matrix", "chroma", "depth",
         "scale")  # fmt: skip
