# SPDX-License-Identifier: BSD-2-Clause-Patent
"""From an inspection to the command that scores the pair: the flags that it needs, and no others."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...prepare.errors import PrepareError
from ...prepare.plan import plan_preparation
from ...prepare.settings import Settings
from ...prepare.steps import ELSEWHERE

if TYPE_CHECKING:
    from ...pairs import Inspection


def advice(found: Inspection, args: argparse.Namespace) -> tuple[str, list[str]]:
    """What to do about a pair that is comparable after steps, and the words to type; none where a file is to be mended.

    `args` are those of `pyvmaf inspect`.
    """
    steps = {str(step["do"]) for step in found.steps}
    if "detelecine" in steps:
        return ELSEWHERE["detelecine"], []
    if "swap" in steps:
        name = "score" if len(steps) == 1 else "inspect"
        return ELSEWHERE["swap"], _command(name, args.dist, args.ref, args, swapped=True)
    command = _command("score", args.ref, args.dist, args)
    flags = ["--align", "auto"] if "align" in steps or _needs_a_look(found) else []
    prepare = _prepare(found)
    return "score the pair so", [*command, *flags, *(["--prepare", prepare] if prepare else [])]


def folded(words: Sequence[str], width: int) -> str:
    """A command for the shell on lines of that width, as far as its words are shorter."""
    lines = [""]
    for word in map(shlex.quote, words):
        if lines[-1] and len(lines[-1]) + len(word) + 3 > width:  # with a backslash
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return " \\\n".join(lines)


def _command(name: str, ref: str, dist: str, args: argparse.Namespace, *, swapped: bool = False) -> list[str]:
    """The subcommand with both files, and with what was said of them."""
    out = ["pyvmaf", name, ref, dist]
    out += ["--size", "{}x{}".format(*args.size)] if args.size else []
    out += ["--pixel-format", args.pixel_format] if args.pixel_format else []
    out += ["--depth", str(args.depth)] if args.depth is not None else []
    streams = args.stream[::-1] if swapped else args.stream
    return out + (["--stream", ",".join(map(str, streams))] if None not in streams else [])


def _fields(found: Inspection) -> dict[str, Any]:
    """Which sides' fields are made into frames, which is done where it is asked for only."""
    return {step["side"]: "bwdif" for step in found.steps if step["do"] == "deinterlace"}


def _prepare(found: Inspection) -> str:
    """The value of `--prepare`; "" where frames alone are matched."""
    if fields := _fields(found):
        return json.dumps({"deinterlace": fields})
    return "auto" if any(step["do"] != "align" for step in found.steps) else ""


def _needs_a_look(found: Inspection) -> bool:
    """Whether going by the tags, as without `--align auto`, would do something else than the steps."""
    asked = Settings.of({"deinterlace": fields}) if (fields := _fields(found)) else Settings()
    assert asked is not None
    steps = [step for step in found.steps if step["do"] != "align"]
    try:
        return plan_preparation(found.ref, found.dist, asked) != plan_preparation(
            found.ref, found.dist, asked.over(steps)
        )
    except PrepareError:
        return True
