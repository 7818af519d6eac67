# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command `pyvmaf`: score two videos and read the table; see what there is."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence

from ..._ffi import call
from ...errors import VmafError
from ..grammar import UsageError
from ..signals import EXIT_INTERRUPTED, as_interrupts
from ..streams import guarded, say
from .batch import add_merge, add_plan, add_run
from .features import add_features
from .inspect import add_inspect
from .models import add_models
from .parsers import Parser
from .score import add_score
from .status import EXIT_FAILED, EXIT_OK, EXIT_USAGE
from .tables import say_wrapped
from .verify import add_verify

__all__ = ["main"]

# With the list of commands it fits into 24 lines; the rest is in the commands' own help.
EXAMPLES = """\
examples:
  pyvmaf score ref.y4m dist.mp4
  pyvmaf score ref.mp4 small.mp4 --prepare auto -o scores.json
"""


def make_parser() -> argparse.ArgumentParser:
    """The parser with its subcommands."""
    parser: argparse.ArgumentParser = Parser(
        prog="pyvmaf",
        description="Full-reference video quality (VMAF), measured exactly and fast.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=str(call.vmaf_version()))
    parser.set_defaults(run=show_help, parser=parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add_score(commands)
    add_inspect(commands)
    add_plan(commands)
    add_run(commands)
    add_merge(commands)
    add_verify(commands)
    add_models(commands)
    add_features(commands)
    return parser


def show_help(args: argparse.Namespace) -> int:
    """What the command alone prints."""
    args.parser.print_help()
    return EXIT_OK


def command(argv: Sequence[str] | None) -> int:
    """Run the subcommand; errors become one line and a status."""
    args, unknown = make_parser().parse_known_args(argv)
    if unknown:
        args.parser.refuse(unknown)
    with warnings.catch_warnings(), as_interrupts() as ending:
        warnings.showwarning = lambda message, *_, **__: say_wrapped(f"warning: {message}")
        try:
            return ending.status(args.run(args))
        except UsageError as error:
            say(args.parser.format_usage().rstrip(), f"pyvmaf: {error}")
            return EXIT_USAGE
        except VmafError as error:
            say(f"pyvmaf: {error}")
            return EXIT_FAILED
        except KeyboardInterrupt:
            say("pyvmaf: interrupted")
            return ending.status(EXIT_INTERRUPTED)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return guarded("pyvmaf", lambda: command(argv), EXIT_FAILED)
