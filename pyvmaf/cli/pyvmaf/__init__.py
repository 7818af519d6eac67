# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command `pyvmaf`: score two videos and read the table; see what there is."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from ..._ffi import call
from ...errors import VmafError
from ..grammar import UsageError
from ..streams import guarded
from .features import add_features
from .models import add_models
from .score import EXAMPLES, add_score
from .status import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE

__all__ = ["main"]


def make_parser() -> argparse.ArgumentParser:
    """The parser with its subcommands."""
    parser = argparse.ArgumentParser(
        prog="pyvmaf",
        description="Full-reference video quality (VMAF), measured exactly and fast.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=str(call.vmaf_version()))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_score(commands)
    add_models(commands)
    add_features(commands)
    return parser


def command(argv: Sequence[str] | None) -> int:
    """Run the subcommand; errors become one line and a status."""
    args = make_parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: print(f"pyvmaf: {message}", file=sys.stderr)
            status: int = args.run(args)
            return status
    except UsageError as error:
        print(f"pyvmaf: {error}", file=sys.stderr)
        return EXIT_USAGE
    except VmafError as error:
        print(f"pyvmaf: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("pyvmaf: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return guarded("pyvmaf", lambda: command(argv), EXIT_FAILED)
