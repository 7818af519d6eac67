# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The standard streams of a command: any of them may be closed, full, or read by nobody."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from .spelling import in_shell


def say(*lines: object) -> None:
    """Lines on stderr, in the shell's spelling; where nobody can read them, as after a hangup, the work goes on."""
    with suppress(OSError):
        for line in lines:
            print(in_shell(str(line)), file=sys.stderr, flush=True)


def guarded(program: str, command: Callable[[], int], failed: int) -> int:
    """The status of `command`; `failed` when stdout does not take what it prints.

    An OSError about anything else has to be handled by the command itself.
    """
    open_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files need not be UTF-8
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = command()
        sys.stdout.flush()
    except OSError as error:
        # The interpreter flushes once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # as with `| head`: nobody wants to know
            say(f"{program}: standard output: {error.strerror}")
        return failed
    return status


def open_closed() -> None:
    """Else the next file that is opened takes the place, and messages would be written to it."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", closefd=False))
