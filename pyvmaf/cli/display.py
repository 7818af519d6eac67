# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Progress on a terminal: one line, rewritten in place."""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from typing import TextIO

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
CLEAR_TO_END = "\033[K"
BAR_WIDTH = 24


class Clock:
    """Frames a second by the wall, smoothed by asking only now and then."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._shown = 0.0

    def rate(self, frames: int) -> float:
        """Frames per second since the start."""
        if frames % 10 == 0:
            self._shown = frames / max(time.monotonic() - self._start, 1e-9)
        return self._shown


class Spinner:
    """What `vmaf` shows: the frames so far and their rate."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._clock = Clock()
        self._used = False

    def __call__(self, frames: int, total: int | None) -> None:
        word = "frame " if frames == 1 else "frames"
        glyphs = SPINNER[frames % len(SPINNER)] + SPINNER[(frames + 5) % len(SPINNER)]
        rate = self._clock.rate(frames)
        with suppress(OSError):  # the terminal may be gone; the work goes on
            self._stream.write(f"\r{frames} {word} {glyphs} {rate:.2f} FPS{CLEAR_TO_END}")
            self._stream.flush()
        self._used = True

    def end(self) -> None:
        """Leave the line of the bar."""
        if self._used:
            with suppress(OSError):
                self._stream.write("\n")
        self._used = False


def time_left(seconds: float) -> str:
    """
    >>> time_left(5.2), time_left(65), time_left(3700)
    ('0:06', '1:05', '1:01:40')
    """
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Bar:
    """What `pyvmaf score` shows: how much is done and how long the rest takes; how many where nobody knows.

    No line is longer than the terminal is wide, and all is ASCII where the terminal takes no more.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._clock = Clock()
        self._used = False
        self._dumb = os.environ.get("TERM") == "dumb"
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
        plain = self._dumb or encoding != "utf8"
        self._full, self._empty, self._spinner = ("#", ".", "|/-\\") if plain else ("█", "░", SPINNER)

    def __call__(self, frames: int, total: int | None) -> None:
        rate = self._clock.rate(frames)
        if total and frames <= total:
            full = BAR_WIDTH * frames // total
            bar = self._full * full + self._empty * (BAR_WIDTH - full) + " "
            parts = [bar, f"{100 * frames // total:3d} %", f"  {frames}/{total}"]
            parts += [f"  {time_left((total - frames) / rate)} left"] if rate else []
        else:
            parts = [self._spinner[frames % len(self._spinner)], f" {frames} {'frame' if frames == 1 else 'frames'}"]
        parts.append(f"  {rate:.1f} frames/s")
        self._write(self._fit(parts))
        self._used = True

    def _fit(self, parts: list[str]) -> str:
        """As many parts as there is room for; the bar itself goes first."""
        width = self._columns() - 1
        if sum(map(len, parts)) > width and len(parts[0]) > 1:
            parts = parts[1:]
        while len(parts) > 1 and sum(map(len, parts)) > width:
            parts.pop()
        return "".join(parts)[: max(width, 1)].lstrip(" ")

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def end(self) -> None:
        """Wipe the line: what follows is the result."""
        if self._used:
            self._write("")
        self._used = False

    def _write(self, line: str) -> None:
        """The line in the place of the one before; a dumb terminal knows spaces only."""
        blank = " " * (self._columns() - 1 - len(line)) if self._dumb else CLEAR_TO_END
        with suppress(OSError):  # the terminal may be gone; the work goes on
            self._stream.write(f"\r{line}{blank}" + ("\r" if self._dumb else ""))
            self._stream.flush()
