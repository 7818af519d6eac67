# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Parsers of subcommands: `-h` is help and nothing else, and an error shows the usage of its own command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from ..._ffi import nearest


class Help(argparse.Action):
    """`-h`, which for `vmaf` is the height: with a value it is an error, not a help text and status 0."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs="?", help=help, metavar="")

    def __call__(self, parser: argparse.ArgumentParser, _: object, value: Any, option: str | None = None) -> None:
        if value is not None:
            parser.error(f"{option} is for help and takes no value, not {value!r}; the size is --size WIDTHxHEIGHT")
        parser.print_help()
        parser.exit()


class Parser(argparse.ArgumentParser):
    """Shows `-h` as the flag that it is for people, and the nearest name for a misspelt one."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            problem = f"invalid choice: {value!r} (choose from {', '.join(known)})"
            raise argparse.ArgumentError(action, problem + nearest(str(value), known, listed=False))

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """End with what nobody asked for."""
        first = unknown[0].partition("=")[0]
        hint = nearest(first, self._option_string_actions, listed=False) if first.startswith("--") else ""
        self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")

    def format_usage(self) -> str:
        """The usage alone."""
        return super().format_usage().replace("[-h ]", "[-h]")

    def format_help(self) -> str:
        """The whole text."""
        return super().format_help().replace("[-h ]", "[-h]").replace("-h [], --help []", "-h, --help      ")


def add_command(commands: Any, name: str, help: str, **how: Any) -> argparse.ArgumentParser:
    """The parser of a subcommand, which arguments name as `parser`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=f"{help[0].upper()}{help[1:]}.", allow_abbrev=False, add_help=False, **how
    )
    parser.add_argument("-h", "--help", action=Help, help="show this help message and exit")
    parser.set_defaults(parser=parser)
    return parser
