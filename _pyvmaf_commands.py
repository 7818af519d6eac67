# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where the commands `vmaf` and `pyvmaf` start: outside the package, which takes a while to load.

Ctrl-C ends a command with one line and status 130 at any time, also while
modules load and while the interpreter ends.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT


class _Loading:
    """What Ctrl-C does while modules load, where KeyboardInterrupt may be taken for a module that is missing."""

    def __init__(self, line: str) -> None:
        self._line = line

    def __call__(self, number: int, frame: FrameType | None) -> None:
        os.write(2, self._line.encode())
        os._exit(INTERRUPTED)


def _said(name: str) -> str:
    return f"{name}: interrupted\n"


def heed(name: str) -> bool:
    """Have Ctrl-C end the command that is about to load; False where it is ignored, as behind nohup."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        handler = _Loading(_said(name))
        signal.signal(signal.SIGINT, handler)
    return isinstance(handler, _Loading)


def _run(name: str, module: str) -> int:
    heeded = heed(name)
    try:
        main = import_module(module).main
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return int(main())
    except KeyboardInterrupt:
        sys.stderr.write(_said(name))
        return INTERRUPTED
    finally:
        if heeded:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def vmaf() -> int:
    """The command `vmaf`; returns its exit status."""
    return _run("vmaf", "pyvmaf.cli.vmaf")


def pyvmaf() -> int:
    """The command `pyvmaf`; returns its exit status."""
    return _run("pyvmaf", "pyvmaf.cli.pyvmaf")
