# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf models`: what is registered, what is here and verifies, and how to get the rest."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from ... import model_files
from ...engine.context import VmafContext
from ...engine.model import any_builtin
from ...enums import LogLevel
from ...errors import VmafError
from .parsers import add_command
from .status import EXIT_OK
from .tables import print_texts, print_wrapped

DEFAULT_MODEL = "vmaf_v0.6.1"
HEIGHTS = {"1d5h": "1.5", "3d0h": "3", "5d0h": "5"}
PARTS = {"neg": "no gain", "_b_": "interval", "float": "float"}


def add_models(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to the parser."""
    parser = add_command(commands, "models", "list the models, or get one")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    add_command(actions, "list", "each model, what it is for, and whether it is here (default)")
    fetch = add_command(actions, "fetch", "download a model into the cache, verified")
    fetch.add_argument("name", metavar="NAME", help="as listed")
    fetch.add_argument("--from", dest="source", metavar="FILE", help="install this file instead")
    parser.set_defaults(run=run_models)


def run_models(args: argparse.Namespace) -> int:
    """Run the subcommand; returns its exit status."""
    if args.action != "fetch":
        list_models()
    elif args.source:
        print(model_files.install(args.name, args.source))
    else:
        print(model_files.fetch(args.name, _progress if sys.stderr.isatty() else None))
    return EXIT_OK


def _progress(done: int, whole: int) -> None:
    end = "\n" if done == whole else ""
    print(f"\r{100 * done // whole} %", end=end, file=sys.stderr, flush=True)


def list_models() -> None:
    """A table, and below it what to do about models that cannot be used."""
    rows, remarks = [("model", "for", "state")], []
    for entry in model_files.entries().values():
        default = " (default)" if entry.name == DEFAULT_MODEL else ""
        word, remedy = state(entry)
        rows.append((entry.name, purpose(entry) + default, word))
        if remedy:
            remarks.append(f"{entry.name} is {word}: {remedy}")
    print_texts(rows)
    for line in remarks:
        print_wrapped(line)


def state(entry: model_files.Entry) -> tuple[str, str]:
    """Whether a model can be used, and what to do or to know if not."""
    found = entry.status()
    if found != "here":
        return ("not here" if found == "missing" else "damaged"), f"pyvmaf models fetch {entry.name}"
    problem = _problem(entry)
    return ("not usable" if problem else "here"), problem


def purpose(entry: model_files.Entry) -> str:
    """What a model is for, by the parts of its name; docs/models.md says more."""
    if entry.kind != "svm":
        return "LPIPS, for -f lpips" if entry.name.startswith("lpips") else entry.kind
    size = "2160p" if "2160" in entry.name or "4k" in entry.name else "1080p"
    if "_v1." in entry.name:
        heights = next(text for part, text in HEIGHTS.items() if part in entry.name)
        return f"{size}, {heights} heights" + (", 50/60 fps" if "_hfr" in entry.name else "")
    extras = [text for part, text in PARTS.items() if part in entry.name]
    return ", ".join([size, *extras])


def _problem(entry: model_files.Entry) -> str:
    """Why a built-in model cannot be used, if so."""
    if not entry.builtin:
        return ""
    with VmafContext(log_level=LogLevel.NONE) as context, closing(any_builtin(entry.name)) as model:
        try:
            context.use_features_from_model(model)
        except VmafError as error:
            return str(error)
    return ""
