# SPDX-License-Identifier: BSD-2-Clause-Patent
"""SIGTERM and SIGHUP end a command as Ctrl-C does: what was scored is shown and saved."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: The exit status after Ctrl-C; after another signal it is likewise 128 and its number.
EXIT_INTERRUPTED = 128 + signal.SIGINT
SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Ending:
    """Which signal came, if one of them did."""

    def __init__(self) -> None:
        self._number: int = signal.SIGINT

    def heard(self, number: int, _: FrameType | None) -> None:
        """Note the signal and raise what Ctrl-C raises; more of them must not end the saving."""
        self._number = number
        for one in SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    def status(self, status: int) -> int:
        """The exit status of a command that would end with `status` after Ctrl-C."""
        return 128 + self._number if status == EXIT_INTERRUPTED else status


@contextmanager
def as_interrupts() -> Iterator[Ending]:
    """Within the block the signals raise KeyboardInterrupt, unless the caller has them ignored, as nohup does."""
    ending, before = Ending(), {}
    try:
        for one in SIGNALS:
            if signal.getsignal(one) == signal.SIG_DFL:
                before[one] = signal.signal(one, ending.heard)
    except ValueError:
        pass  # not the main thread, which alone hears signals
    try:
        yield ending
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
