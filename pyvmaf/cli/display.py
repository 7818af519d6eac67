# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Progress on a terminal: one line, rewritten in place."""

from __future__ import annotations

import time
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
        self._stream.write(f"\r{frames} {word} {glyphs} {rate:.2f} FPS{CLEAR_TO_END}")
        self._stream.flush()
        self._used = True

    def end(self) -> None:
        """Leave the line of the bar."""
        if self._used:
            self._stream.write("\n")
        self._used = False


class Bar:
    """What `pyvmaf score` shows: how much is done, or how many where nobody knows."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._clock = Clock()
        self._used = False

    def __call__(self, frames: int, total: int | None) -> None:
        rate = f"{self._clock.rate(frames):.1f} frames/s"
        if total and frames <= total:
            full = BAR_WIDTH * frames // total
            bar = "█" * full + "░" * (BAR_WIDTH - full)
            line = f"{bar} {100 * frames // total:3d} %  {frames}/{total}  {rate}"
        else:
            line = f"{SPINNER[frames % len(SPINNER)]} {frames} frames  {rate}"
        self._stream.write(f"\r{line}{CLEAR_TO_END}")
        self._stream.flush()
        self._used = True

    def end(self) -> None:
        """Wipe the line: what follows is the result."""
        if self._used:
            self._stream.write(f"\r{CLEAR_TO_END}")
            self._stream.flush()
        self._used = False
