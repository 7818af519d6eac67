# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A run that can be gone on with: frames are appended to a file as they settle."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from .._ffi import encoded, lib
from ..engine.context import VmafContext
from ..errors import VmafOSError, VmafTimeoutError, VmafValueError
from ..told import warn
from .extracted import put_in, take_out
from .part import Part, check_same
from .records import ABSENT, state_of
from .store import Stored, Writer

#: A record is written when so many frames have settled, or so much time has passed.
FRAMES, SECONDS = 16, 0.05


class Checkpoint:
    """What a file holds of a part that is being scored, and what is added to it.

    Args:
        path: made if it is not there.
        part: what is being scored, without frames.

    Raises:
        VmafValueError: the file is of another run, or something else, or no name of a file.
        VmafBusyError: another process is at it, or began at the same time.
        VmafOSError: it cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], part: Part) -> None:
        if not encoded(path):
            raise VmafValueError("the path of the checkpoint is empty")
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            raise VmafValueError(f"{os.fsdecode(path)} is a pipe or a device; a checkpoint is a file, to go on from")
        seen = state_of(path)
        stored = Stored(path) if seen != ABSENT else None
        found = stored.part if stored else None
        if found:
            check_same(part.identity, found.identity, f"{os.fsdecode(path)} is the checkpoint of another run")
            frames = {"frames": str(part.plan.frames)}
            check_same(frames, {"frames": str(found.plan.frames)}, f"{os.fsdecode(path)} is of another range")
        if found and found.extracted.stop <= found.extracted.first:
            found = None  # cut off before the first frame: begun anew
        self.found = found
        """The part with the frames that are there; None when there is nothing yet."""
        self.is_complete = stored is not None and stored.is_complete
        self._writer: Writer | None = None
        if not self.is_complete:
            known = (stored.end, stored.series) if stored and found else (0, ())
            self._writer = Writer(path, *known, seen)
        self._format = part.extracted.format
        self._first = part.plan.frames.first
        self._next = found.extracted.stop if found else self._first
        self._due = self._next  # frames that have settled, and are written next
        self._written = time.monotonic()
        self._broken = False
        self._warnings = len(part.run.warnings)
        if self._writer and not found:
            self._writer.head(part)

    @property
    def known(self) -> int:
        """How many frames are there."""
        return self.found.extracted.stop - self.found.extracted.first if self.found else 0

    def put_in(self, context: VmafContext) -> None:
        """Give a context that has read nothing yet the scores that are there."""
        if self.found and self.known:
            put_in(context, self.found.extracted, replays=True)

    def settled(self, context: VmafContext, begin: int) -> None:
        """Write what has settled, now and then; `begin` is the first frame that was read.

        A file that cannot be written, as on a full disk, is no reason to stop scoring:
        a warning says so, once, and the file stays as far as it is.
        """
        try:
            while (index := context.next_settled(0)) is not None:
                self._due = max(self._due, index + 1)
        except VmafTimeoutError:
            pass
        ready = self._due - self._next
        if ready >= FRAMES or (ready and time.monotonic() - self._written > SECONDS):
            self.write(context, begin)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        # After Ctrl-C in the midst of it nobody knows what the file has; another run reads it.
        self._broken = True
        try:
            yield
            self._broken = False
        except VmafOSError as error:
            warn(f"the checkpoint is not written any more: {error}")

    def write(self, context: VmafContext, begin: int) -> None:
        """Write every frame that has settled, up to the first at which an extractor failed."""
        with context._entered() as c:
            due = min(self._due, int(lib.pyvmaf_failed_frame(c)))
        if self._writer and due > self._next and not self._broken:
            low = self._next
            if low == self._first:
                low = min(low, begin)  # with the frames before the range
            piece = take_out(context, self._format, low, due, (self._next - low, 0))
            with self._writing():
                self._writer.frames(replace(piece, aggregates=()))
                self._next = due
        self._written = time.monotonic()

    def warned(self, lines: Sequence[str]) -> None:
        """Write what the run was warned of, if there is more of it: whoever goes on does not see those frames."""
        if self._writer and len(lines) > self._warnings and not self._broken:
            with self._writing():
                self._writer.warnings(lines)
            self._warnings = len(lines)

    def discard(self) -> None:
        """What was scored should not have been: the next run begins anew, and is refused for the same reason."""
        if self._writer:
            self._broken = True
            self._writer.clear()

    def end(self, part: Part) -> None:
        """The run is over; frames after the range go in too."""
        after = part.extracted
        if not self._writer or self._broken:
            return
        with self._writing():
            if after.halo[1] and not (self.found and self.found.extracted.halo[1]):
                self._writer.frames(after.cut(after.stop, after.end))
            self._writer.end(part)

    def close(self) -> None:
        """Twice is fine."""
        if self._writer:
            self._writer.close()
