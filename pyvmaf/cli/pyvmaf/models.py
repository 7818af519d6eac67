# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf models`: what is registered, what is here and verifies, and how to get the rest."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from ... import model_files
from ..._ffi import call
from ...context import VmafContext
from ...enums import LogLevel
from ...errors import VmafError
from ...model import any_builtin
from .status import EXIT_OK


def add_models(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to the parser."""
    parser = commands.add_parser("models", help="list the models, or get one")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="each model, whether it is here, and its features (default)")
    fetch = actions.add_parser("fetch", help="download a model into the cache, verified")
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
    """Print every registered model."""
    for entry in model_files.entries().values():
        print(entry.name)
        if entry.status() == "missing":
            print(f"    not here: pyvmaf models fetch {entry.name}")
        elif entry.status() == "differs":
            print(f"    {entry.path} is not the registered file: pyvmaf models fetch {entry.name}")
        elif not entry.builtin:
            print(f"    {entry.path}, verified")
        if entry.builtin:
            _describe(entry)
        print(f"    licence: {entry.licence}")


def _describe(entry: model_files.Entry) -> None:
    """The features of a built-in model, and the reason where it cannot be used."""
    with VmafContext(log_level=LogLevel.NONE) as context, closing(any_builtin(entry.name)) as model:
        print(f"    {', '.join(str(call.pyvmaf_feature_alias(f)) for f in model.features)}")
        try:
            context.use_features_from_model(model)
        except VmafError as error:
            print(f"    not usable: {error}")
