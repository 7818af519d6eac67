# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Ctrl-C while a result is made of what was read: it waits until the result is there."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

#: Signals that a program may hear as KeyboardInterrupt; those without a handler in Python end it as ever.
NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Hold:
    """Within the block signals are heard as before until `begin`, and from then on at the end of the block.

    In threads besides the main one, which hear no signals, it does nothing.

    Args:
        at_once: begin with the block.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self._before: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._came: list[int] = []
        self._begun = at_once

    def begin(self) -> None:
        """From here on what comes waits."""
        self._begun = True

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._begun:
            self._came.append(number)
        else:
            self._before[number](number, frame)

    def __enter__(self) -> Hold:
        for number in NUMBERS:
            handler = signal.getsignal(number)
            if callable(handler):
                self._before[number] = handler
                try:
                    signal.signal(number, self._heard)
                except ValueError:  # not the main thread
                    del self._before[number]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            if signal.getsignal(number) == self._heard:  # a handler may have put another in its place
                signal.signal(number, handler)
        if isinstance(error, KeyboardInterrupt):
            return  # one was heard
        for number in self._came[:1]:
            self._before[number](number, None)
