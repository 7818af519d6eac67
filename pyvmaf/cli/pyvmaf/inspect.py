# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf inspect`: what two files are, how their frames match, and whether they can be compared."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

from .parsers import add_command
from .planning import count, raw_format, size, stream_numbers
from .status import EXIT_NOT_COMPARABLE, EXIT_OK, EXIT_STEPS
from .tables import LEAST, WIDTH, print_wrapped, terminal_width

if TYPE_CHECKING:
    from ...pairs import Facts, Inspection

EPILOG = """\
exit status:
  0    comparable as they are
  1    a file cannot be read
  2    the command line makes no sense
  4    comparable after the steps that are listed
  5    not comparable
"""


def add_inspect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to the parser."""
    parser = add_command(
        commands,
        "inspect",
        "say whether two videos can be compared, after which steps, or why not",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("ref", metavar="REF", help="reference: y4m, raw yuv, or any video that PyAV decodes")
    add("dist", metavar="DIST", help="distorted video")
    add("--json", action="store_true", help="print JSON: facts, alignment, findings, steps")
    add("--size", type=size, metavar="WxH", help="size of raw video; files that name their format keep it")
    add("--pixel-format", metavar="FMT", help="chroma of raw video: 420 (default), 422, 444 or 400")
    add("--depth", type=count, metavar="BITS", help="bit depth of raw video; default 8")
    add("--stream", type=stream_numbers, default=(None, None), metavar="N[,N]",
        help="video stream of both files, or of REF and DIST, as ffprobe counts; default: the best")  # fmt: skip
    parser.set_defaults(run=run_inspect)


def run_inspect(args: argparse.Namespace) -> int:
    """Run the subcommand; returns its exit status."""
    from ...pairs import inspect
    from ...pairs.verdict import AFTER_STEPS, COMPARABLE, NOT_COMPARABLE

    found = inspect(args.ref, args.dist, raw_format(args), streams=args.stream)
    if args.json:
        print(json.dumps(found.as_dict(), indent=2))
    else:
        show(found)
        if found.verdict == AFTER_STEPS:
            advise(found, args)
    if found.verdict == COMPARABLE:
        return EXIT_OK
    return EXIT_NOT_COMPARABLE if found.verdict == NOT_COMPARABLE else EXIT_STEPS


def advise(found: Inspection, args: argparse.Namespace) -> None:
    """What to do, and the command, which can be copied as it stands."""
    from .advice import advice, folded

    sentence, words = advice(found, args)
    print()
    wrapped("do", sentence + (":" if words else ""))
    if words:
        print(folded(words, terminal_width() or sys.maxsize))


#: Facts that are shown: what of both, and only where one side has something to tell.
ROWS: list[tuple[str, Callable[[Facts], str]]] = [
    ("codec", lambda f: f.codec),
    ("size", lambda f: f"{f.width}x{f.height}"),
    ("shown as", lambda f: "" if f.display_size == (f.width, f.height) else "{}x{}".format(*f.display_size)),
    ("samples", lambda f: "" if f.sample_aspect == "1:1" else f.sample_aspect),
    ("rotation", lambda f: f"{f.rotation} degrees" if f.rotation else ""),
    ("bars", lambda f: _edges(f.bars)),
    ("format", lambda f: f.pixel_format),
    ("range", lambda f: f.range or ""),
    ("matrix", lambda f: f.matrix or ""),
    ("transfer", lambda f: f.transfer or ""),
    ("fields", lambda f: f"{f.field_order} first" if f.interlaced else ""),
    ("rate", lambda f: _rate(f)),
    ("frames", lambda f: str(f.frame_count) if f.frame_count else ""),
    ("start", lambda f: f"{f.start:.3f} s" if f.start else ""),
    ("film grain", lambda f: "yes" if f.film_grain else ""),
]


def _edges(edges: tuple[int, int, int, int] | None) -> str:
    if not edges or not any(edges):
        return ""
    return "{} left, {} top, {} right, {} bottom".format(*edges)


def _rate(facts: Facts) -> str:
    if facts.rate is None:
        return ""
    return f"{float(facts.rate):.6g}{'' if facts.constant_rate is not False else ' on average'}"


def show(found: Inspection) -> None:
    """Facts side by side, one below the other where that is too wide; findings, verdict."""
    rows = [(name, of(found.ref), of(found.dist)) for name, of in ROWS]
    rows = [("", "reference", "distorted"), *(row for row in rows if row[1] or row[2])]
    first, second, third = (max(len(row[k]) for row in rows) for k in (0, 1, 2))
    fits = first + second + third + 4 <= (terminal_width() or WIDTH)
    for name, *values in rows if fits else rows[1:]:
        a, b = (value or "-" for value in values)
        if fits:
            print(f"{name:<{first}}  {a:<{second}}  {b}".rstrip())
        else:
            print_wrapped(f"{a}, {b} (distorted)", f"{name:<{first}}  ", " " * (first + 2))
    print()
    wrapped("frames", str(found.alignment))
    for finding in found.findings:
        wrapped(finding.severity, finding.text)
    print()
    wrapped("verdict", found.verdict)
    for step in found.steps:
        rest = ", ".join(f"{name} {_value(value)}" for name, value in step.items() if name != "do")
        wrapped("step", f"{step['do']}{': ' if rest else ''}{rest}")


def _value(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def wrapped(name: str, text: str) -> None:
    """A name and a text beside it, on as many lines as it takes."""
    width = max(terminal_width() or WIDTH, LEAST)
    wrapper = textwrap.TextWrapper(width, f"{name:<9}", " " * 9, break_long_words=False, break_on_hyphens=False)
    print(wrapper.fill(text))
