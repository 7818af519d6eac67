# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames on their way into contexts: a queue, and a thread that hands over what is in it.

The thread alone reads, flushes and closes; whoever waits for it waits for `changed`,
so that Ctrl-C is heard. It knows this object only: a stream that nobody has any more
is canceled by its finalizer.
"""

from __future__ import annotations

import enum
import errno
import os
import time
from _thread import start_new_thread
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Event

from ..engine.context import Model, VmafContext
from ..engine.rows import is_inside
from ..errors import (
    VmafBusyError,
    VmafCanceledError,
    VmafOSError,
    VmafTimeoutError,
    VmafValueError,
)
from ..pictures.picture import VmafPicture
from ..results.result import Result, collect, count
from ..results.run import Run
from ..scoring.score import IncompleteError
from .together import StreamsError, read_together

#: The reference, and a picture of each distorted stream.
Pictures = tuple[VmafPicture, ...]
#: Those of one frame, and whether they are a halo.
Item = tuple[Pictures, bool]

PUSHED = "<pushed>"


class StreamError(IncompleteError):
    """A frame of a stream could not be scored, and the stream is over; the cause is ``__cause__``.

    Attributes:
        result: what was scored until then, of the first stream.
        results: likewise of each distorted stream.
    """

    def __init__(self, message: str, results: tuple[Result, ...]) -> None:
        super().__init__(message, results[0])
        self.results = results

    def __reduce__(self) -> tuple[type[StreamError], tuple[str, tuple[Result, ...]]]:  # type: ignore[override]
        return type(self), (str(self), self.results)


class State(enum.Enum):
    """How far a stream is."""

    OPEN = enum.auto()
    ENDING = enum.auto()  # no more frames; what is queued is scored
    CANCELED = enum.auto()


@dataclass(frozen=True)
class Task:
    """What is found out about each frame, in contexts that differ in their distorted stream only."""

    contexts: Sequence[VmafContext]
    models: Sequence[Model]
    first: int
    subsample: int


class Feed:
    """The queue, the thread, and what came of it.

    Attributes:
        settles: frames that the contexts settle now are final: no failure is known, and the end is not near.
        over: the thread is through, and the contexts are closed.
        results: of each stream, when it is over; None when it was canceled.
        error: what stopped it before the end.
        begin: the first frame that is scored; None while there is none.
        scored: how many frames to score were put.
    """

    def __init__(self, task: Task, queue: int) -> None:
        self.task, self.size = task, queue
        self.changed = Condition()
        self.state = State.OPEN
        self.settles, self.over = True, False
        self.results: tuple[Result, ...] | None = None
        self.error: BaseException | None = None
        self.begin: int | None = None
        self.scored = 0
        self._left = False
        self._put = 0  # pairs, halos included
        self._waiting: deque[Item] = deque()
        self._format: tuple[str, int, int, int] | None = None
        self._begun = time.monotonic()
        self._process = os.getpid()
        try:
            start_new_thread(self._run, ())
        except RuntimeError:
            raise VmafOSError("no thread can be started for a stream", errno.EAGAIN) from None

    # For those outside.

    @property
    def is_of_a_parent(self) -> bool:
        """Whether it was made before a fork, which does not copy its threads."""
        return self._process != os.getpid()

    def check(self) -> None:
        """Raise where the stream cannot be used: in a forked process, in an extractor that works for it."""
        if self.is_of_a_parent:
            raise VmafValueError(f"the stream was made in process {self._process}, before a fork; make one here")
        if any(is_inside(context._engine.session) for context in self.task.contexts):
            raise VmafBusyError("an extractor must not call the stream that it works for")

    def wait_for_room(self, end: float | None) -> None:
        """Until a pair can be put; `end` is when to give up, of the monotonic clock, 0 for at once.

        Raises:
            VmafBusyError: the queue is full, and `end` is 0.
            VmafTimeoutError: it is still full.
            VmafCanceledError: the stream was canceled.
            VmafValueError: it was finished.
        """
        with self.changed:
            self._wait_for_room(end)

    def put(self, pictures: Pictures, end: float | None, *, halo: bool) -> None:
        """Queue a pair; see :meth:`wait_for_room`."""
        with self.changed:
            self._wait_for_room(end)
            self._check_format(pictures)
            index = self.task.first + self._put
            if not halo:
                self.begin = index if self.begin is None else self.begin
                if index != self.begin + self.scored:
                    raise VmafValueError(f"frame {index} cannot be scored: the one before it was pushed as a halo")
                self.scored += 1
            if not self._put:
                self._begun = time.monotonic()
            self._put += 1
            self._waiting.append((pictures, halo))
            self.changed.notify_all()

    def _wait_for_room(self, end: float | None) -> None:
        def is_decided() -> bool:
            return self.state is not State.OPEN or self.error is not None or len(self._waiting) < self.size

        left = None if end is None else max(0.0, end - time.monotonic())
        if not self.changed.wait_for(is_decided, left):
            if end == 0:
                raise VmafBusyError(f"the queue is full: {self.size} pairs wait to be scored")
            raise VmafTimeoutError("the queue is still full when the time is over")
        self.check_canceled()
        if self.state is State.ENDING:
            raise VmafValueError("the stream was finished; make another one for more frames")
        if self.error is not None:
            self.raise_failure()

    def _check_format(self, pictures: Pictures) -> None:
        """Refuse what the engine would: then the stream can go on with other pictures."""
        found = [(picture.pix_fmt.name, picture.bpc, picture.width, picture.height) for picture in pictures]
        wanted = self._format or found[0]
        for number, format in enumerate(found):
            if format != wanted:
                side, as_what = ("distorted", "the reference") if number else ("reference", "the frames before")
                raise VmafValueError(f"{side}: {_described(format)}, must be {_described(wanted)} as {as_what}")
        self._format = wanted

    def end(self) -> None:
        """No more frames."""
        with self.changed:
            if self.state is State.OPEN:
                self.state = State.ENDING
                self.changed.notify_all()

    def cancel(self) -> None:
        """Drop what is queued; nothing more is begun. Waits for nothing."""
        with self.changed:
            if not self.over:
                self.state = State.CANCELED
                self._waiting.clear()
                self.changed.notify_all()
        if self.state is State.CANCELED:
            for context in self.task.contexts:
                context._abandon()

    def leave(self) -> None:
        """Cancel it as nobody has the stream any more, or as the process ends."""
        self._left = True
        self.cancel()

    def check_canceled(self) -> None:
        """Raise when it was canceled."""
        if self._left:  # a daemon thread of a process that ends: it has nobody to tell
            Event().wait()
        if self.state is State.CANCELED:
            raise VmafCanceledError("the stream was canceled")

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is over; whether it is."""
        with self.changed:
            return self.changed.wait_for(lambda: self.over, timeout)

    def raise_failure(self) -> None:
        """Raise when a failure ended it, with the results until then; wait for these."""
        self.wait()
        self.check_canceled()
        if self.error is None:
            return
        if self.results is None:
            raise self.error
        frames = min(len(result.frames) for result in self.results)
        raise StreamError(f"{self.error}; {count(frames, 'frame')} scored before", self.results) from self.error

    # The thread.

    def _run(self) -> None:
        try:
            self._read()
            self._finish()
        except BaseException as error:  # such as no memory for the results
            self.error = self.error or error
        finally:
            self._close()
            with self.changed:
                self._waiting.clear()
                self.over = True
                self.changed.notify_all()

    def _next(self) -> Item | None:
        with self.changed:
            self.changed.wait_for(lambda: self._waiting or self.state is not State.OPEN)
            if not self._waiting:
                return None
            self.changed.notify_all()
            return self._waiting.popleft()

    def _read(self) -> None:
        index = self.task.first
        while (item := self._next()) is not None:
            try:
                read(self.task.contexts, item, index)
            except BaseException as error:
                self._fail(error)
                return
            finally:
                del item  # the engine keeps what it needs
            index += 1

    def _fail(self, error: BaseException) -> None:
        _let_go(error)
        with self.changed:
            self.settles = False
            self.error = self.error or error
            self._waiting.clear()
            self.changed.notify_all()

    def _finish(self) -> None:
        """Flush, and make results of the frames before the first failure."""
        self.settles = False
        for context in self.task.contexts:
            if self.state is State.CANCELED:
                return
            try:
                if context.read_count:
                    context.flush()
            except BaseException as error:
                self._fail(error)
        self.results = tuple(self._result(i) for i in range(len(self.task.contexts)))

    def _result(self, stream: int) -> Result:
        task = self.task
        context = task.contexts[stream]
        begin = task.first if self.begin is None else self.begin
        stop, failed = begin + context.read_count, context.failed_frame
        frames = range(begin, stop if failed is None else max(begin, min(stop, failed)))
        name = PUSHED if len(task.contexts) == 1 else f"{PUSHED} {stream}"
        pix_fmt, depth, width, height = self._format or ("YUV420P", 8, 0, 0)
        run = Run(
            PUSHED, name, width, height, pix_fmt[3:6], depth, task.subsample, time.monotonic() - self._begun,
            len(frames), tuple(model.source for model in task.models),
        )  # fmt: skip
        return collect(context, task.models, frames, task.subsample, None, run)

    def _close(self) -> None:
        for context in self.task.contexts:
            try:
                context.close()
            except BaseException as error:  # what an extractor's close() raised
                self.error = self.error or error


def read(contexts: Sequence[VmafContext], item: Item, index: int) -> None:
    """One frame of every stream."""
    (ref, *dists), halo = item
    try:
        read_together(contexts, ref, dists, index, halo=halo)
    except StreamsError as error:
        raise next(one for one in error.errors if one is not None) from None


def _let_go(error: BaseException) -> None:
    """Keep where it was raised, but not the pictures that the functions had in hand."""
    place = error.__traceback__
    while place is not None:
        with suppress(RuntimeError):  # at work still
            place.tb_frame.clear()
        place = place.tb_next


def _described(format: tuple[str, int, int, int]) -> str:
    pix_fmt, bpc, width, height = format
    return f"{width}x{height} {pix_fmt} of {bpc} bits"
