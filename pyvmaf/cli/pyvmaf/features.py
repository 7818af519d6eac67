# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf features`: the extractors, a line each; of those named, what they publish and their options."""

from __future__ import annotations

import argparse

from ..._ffi import call, nearest
from ...engine.extractor import ExtractorInfo, Option, extractors
from ...plugins import load, load_all
from ..grammar import UsageError
from ..streams import say
from .parsers import add_command
from .status import EXIT_OK
from .tables import print_texts, print_wrapped


def add_features(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to the parser."""
    parser = add_command(commands, "features", "list feature extractors, or the options of some")
    parser.add_argument("name", nargs="*", metavar="NAME", help="show all of these: what they publish, options")
    parser.add_argument("--cpu", action="store_true", help="show which instruction set is used")
    parser.set_defaults(run=run_features)


def describe_option(option: Option) -> str:
    """An option's type, default and range in words."""
    default = str(option.default).lower() if option.type is bool else option.default
    what = f"{option.type.__name__}, default {default}"
    if option.min is not None and option.max is not None:
        what += f", {option.min:g} to {option.max:g}"
    if option.feature_param:
        what += f", in names as {option.alias or option.name}"
    return what


def show_extractor(extractor: ExtractorInfo) -> None:
    """Print an extractor, its features and its options."""
    print_wrapped(f"{extractor.name}: {extractor.help}", rest="  ")
    aliases = [str(call.pyvmaf_feature_alias(f)) for f in extractor.features]
    print_wrapped(f"features: {', '.join(aliases) or 'none'}", "  ", "    ")
    for option in extractor.options:
        print_wrapped(f"{option.name} ({describe_option(option)})", "  ", "    ")
        print_wrapped(option.help, "      ", "      ")


def run_features(args: argparse.Namespace) -> int:
    """Run the subcommand; returns its exit status."""
    if args.cpu:
        print(call.pyvmaf_cpu_name(0))
        return EXIT_OK
    if args.name:
        for name in args.name:
            load(name)
    else:
        say(*load_all())
    known = {extractor.name: extractor for extractor in extractors()}
    for name in args.name:
        if name not in known:
            raise UsageError(f"no feature extractor {name!r}{nearest(name, known)}")
    if not args.name:
        print_texts([[e.name, e.help.strip().rstrip(".")] for e in known.values()])
    for extractor in known.values():
        if extractor.name in args.name:
            show_extractor(extractor)
    return EXIT_OK
