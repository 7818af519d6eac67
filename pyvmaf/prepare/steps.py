# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The steps that an inspection names, as settings of a preparation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import VmafValueError

#: Steps that are taken elsewhere, and where.
ELSEWHERE = {
    "swap": "give the videos in the other order",
    "detelecine": "undo it first, for example with ffmpeg -vf fieldmatch,decimate",
}


def prepare_of_steps(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`prepare=` of what `Inspection.steps` says; frames are aligned elsewhere.

    Raises:
        VmafValueError: a step that no preparation takes.

    >>> prepare_of_steps([{"do": "crop", "side": "dist", "edges": [0, 22, 0, 22]}, {"do": "scale", "side": "dist"}])
    {'crop': {'dist': [0, 22, 0, 22]}, 'aspect': False}
    """
    out: dict[str, Any] = {}
    for step in steps:
        do, side = step["do"], step.get("side", "dist")
        if do in ("crop", "rotate"):
            out.setdefault(do, {})[side] = step["edges" if do == "crop" else "degrees"]
        elif do == "assume":
            known = {key: value for key, value in step.items() if key in ("range", "matrix")}
            out.setdefault("assume", {}).setdefault(side, {}).update(known)
        elif do in ("range", "matrix"):
            out[do] = step["to"]
            own = {"ref": step["to"], "dist": step["to"], side: step["from"]}
            for name, value in own.items():
                out.setdefault("assume", {}).setdefault(name, {})[do] = value
        elif do == "chroma":
            out["chroma"] = "444" if step["to"] == "rgb" else step["to"]
        elif do == "depth":
            out["depth"] = step["bits"]
        elif do == "deinterlace":
            out.setdefault("deinterlace", {})[side] = "bwdif"
        elif do == "scale":
            out["aspect"] = False  # the pictures were found to match
        elif do != "align":
            raise VmafValueError(f"step {do!r} is none that prepares: {ELSEWHERE.get(do, 'see prepare=')}")
    return out
