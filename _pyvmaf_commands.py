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


def _run(name: str, module: str) -> int:
    line = f"{name}: interrupted\n"

    def end(number: int, frame: FrameType | None) -> None:
        # Raised within an import, KeyboardInterrupt may be taken for a module that is missing.
        os.write(2, line.encode())
        os._exit(INTERRUPTED)

    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, end)
    try:
        main = import_module(module).main
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return int(main())
    except KeyboardInterrupt:
        sys.stderr.write(line)
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
