# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf verify`: score again what a result says, and compare the bits."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import VmafValueError
from ...parts.origin import digest_or_nothing
from ...parts.part import check_same
from ...parts.store import is_stored
from ...results.result import Result
from ...results.result import count as number_of
from ...scoring.plan import Plan
from ...scoring.score import Means, carry_out
from ..display import Bar
from ..streams import say
from .parsers import add_command
from .planning import count
from .status import EXIT_OK


def add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The arguments of the subcommand."""
    parser = add_command(commands, "verify", "score again what a result was made of, and compare every bit")
    parser.add_argument("result", metavar="RESULT", help="a .json or .pyvmaf that score, run or merge wrote")
    parser.add_argument("-t", "--threads", type=count, metavar="N", help="worker threads; default: one a processor")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run_verify)


def run_verify(args: argparse.Namespace) -> int:
    """Score again and compare; the status."""
    old = Result.load(args.result) if is_stored(args.result) else Result.from_json(args.result)
    about = old.provenance
    if not about or not about.get("plan"):
        raise VmafValueError(f"{args.result} does not say what it was made of, so it cannot be scored again")
    for name in (about["plan"]["ref"], about["plan"]["dist"]):
        if (name == "standard input" or name.startswith("<")) and not os.path.exists(name):
            raise VmafValueError(f"{args.result} was made of {name}, which is no file that could be scored again")
    check_files(args.result, about)
    for line in about["plan"].get("warnings", ()):  # of what is not looked at again
        say(f"warning: {line}")
    bar = Bar(sys.stderr)
    try:
        progress = bar if sys.stderr.isatty() and not args.quiet else None
        new = carry_out(Plan.from_dict(about["plan"]), Means(args.threads, progress=progress))
    finally:
        bar.end()
    assert new.provenance is not None
    check_same(about["identity"], new.provenance["identity"], f"{args.result} was made of something else")
    check_bits(args.result, old, new)
    print(f"{args.result}: {number_of(len(new.frames), 'frame')}, {len(new)} columns: every bit is the same")
    return EXIT_OK


def check_files(path: str, about: Mapping[str, Any]) -> None:
    """Raise, naming the first, unless the files are those that were scored; what is no file of one name is passed."""
    for side, key in (("ref", "reference"), ("dist", "distorted")):
        name = about["plan"][side]
        found, known = digest_or_nothing(name), about["identity"].get(key, {})
        if any(known.get(what) != value for what, value in found.items()):
            raise VmafValueError(
                f"{path} was made of something else: {key} differs: {name} had {_digest(known)}, now {_digest(found)}"
            )


def _digest(known: Mapping[str, Any]) -> str:
    return f"{known.get('bytes')} bytes of sha256 {str(known.get('sha256'))[:12]}..."


def check_bits(path: str, old: Result, new: Result) -> None:
    """Raise, naming the first difference, unless all numbers are equal."""
    if list(old.frames) != list(new.frames) or list(old) != list(new):
        raise VmafValueError(f"{path}: other frames or columns: {old!r}, {new!r}")
    for name in new:
        same = (old[name] == new[name]) | (np.isnan(old[name]) & np.isnan(new[name]))
        if not same.all():
            i = int(np.argmin(same))
            values = f"{float(old[name][i])!r}, now {float(new[name][i])!r}"
            raise VmafValueError(f"{path}: {name} differs at frame {int(new.frames[i])}: {values}")
    if old != new or dict(old.pooled) != dict(new.pooled):
        raise VmafValueError(f"{path}: pooled values differ")
