# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Options of `pyvmaf score` that say how two files are made comparable; docs/preparing.md has the rules."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ...errors import VmafValueError
from ...prepare.decoded import GRAIN
from ...prepare.settings import Settings, size_of
from ...scoring.aligned import CHOICES
from ..grammar import UsageError, split_items


def add_preparing(parser: argparse.ArgumentParser) -> None:
    """Add the options, which `preparing_of` reads."""
    group = parser.add_argument_group("two files that differ")
    add = group.add_argument
    add("--prepare", default="none", metavar="none|auto|KEY=VALUE[:...]",
        help="scale and convert to the reference's size, depth, chroma, range and matrix, turn and crop, by the "
        "rules of docs/preparing.md; keys change a rule: size=1280x720:depth=10 or {JSON}; default: none")  # fmt: skip
    add("--size-to", type=to_size, metavar="WxH", help="scale both to this size: --prepare size=WxH")
    add("--align", choices=CHOICES, default="check",
        help="check: refuse videos whose first frames are out of step; auto: match frames by what they show first; "
        "off: the n-th with the n-th")  # fmt: skip
    add("--film-grain", choices=GRAIN, default="apply", help="what AV1 and HEVC streams ask the decoder to add")
    add("--allow-hdr", action="store_true", help="score PQ and HLG with models for standard range")


def to_size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT."""
    try:
        return size_of("size", text)
    except VmafValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT of 1 to 65535 each") from None


def preparing_of(args: argparse.Namespace) -> dict[str, Any]:
    """What the options mean, as arguments of :func:`pyvmaf.score`.

    Raises:
        UsageError: an unknown key or value, or a size that is given twice.
    """
    return {"prepare": _prepare(args), "film_grain": args.film_grain, "allow_hdr": args.allow_hdr, "align": args.align}


def _prepare(args: argparse.Namespace) -> Settings | None:
    text = args.prepare
    steps: dict[str, Any] = {}
    if text.startswith("{"):
        try:
            steps = json.loads(text)
        except ValueError as error:
            raise UsageError(f"--prepare is no JSON: {error}") from None
    elif text not in ("auto", "none"):
        for item in split_items(text):
            key, equals, value = item.partition("=")
            if not equals:
                raise UsageError(f"--prepare {text}: {item!r} is none of auto, none and KEY=VALUE")
            steps[key] = value
    if args.size_to:
        if "size" in steps:
            raise UsageError(f"--size-to and --prepare size={steps['size']} both give a size")
        steps["size"] = args.size_to
    try:
        return Settings.of(steps or text)
    except VmafValueError as error:
        raise UsageError(f"--prepare: {error}") from None
